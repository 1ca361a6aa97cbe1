"""Hits that say the same thing are shown once: a mirror's page, last year's edition of the same manual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jitl.likeness import resemblance, shingles
from jitl.types import RankedHit

ALIKE = 0.85
"""Share of common shingles from which two passages say the same; a changed number in 150 words leaves .96."""
NEAR = 0.75
"""Share of common words below which two passages cannot be so much alike."""


def once(hits: Sequence[RankedHit], k: int) -> list[RankedHit]:
    """The first k of the hits. Of passages of different documents that say the same, the one of the latest date stands in the place
    of the best, and its `also` names the others. Passages of one document all stay.
    """
    kept: list[RankedHit] = []
    words: list[frozenset[str]] = []
    for hit in hits:
        if len(kept) == k:
            break
        own = frozenset(hit.passage.text.lower().split()) if hit.passage is not None else frozenset[str]()
        twin = next((at for at, there in enumerate(kept) if own and _same(there, words[at], hit, own)), None)
        if twin is None:
            kept.append(hit)
            words.append(own)
        else:
            kept[twin] = _merged(kept[twin], hit)
    return kept


def _same(there: RankedHit, words: frozenset[str], hit: RankedHit, own: frozenset[str]) -> bool:
    """Their words tell nearly all pairs apart, at a tenth of the cost of their shingles."""
    if there.passage is None or hit.passage is None or there.passage.document_id == hit.passage.document_id:
        return False
    if not NEAR * len(own) <= len(words) <= len(own) / NEAR or len(own & words) < NEAR * max(len(own), len(words)):
        return False
    return resemblance(shingles(there.passage.text), shingles(hit.passage.text)) >= ALIKE


def _merged(best: RankedHit, other: RankedHit) -> RankedHit:
    """One hit in the place of both."""
    assert best.passage is not None
    assert other.passage is not None
    newer = _date(other) > _date(best) > ""
    shown, hidden = (other, best) if newer else (best, other)
    assert hidden.passage is not None
    also = dict.fromkeys((*best.also, *other.also, hidden.passage.document))
    return replace(shown, score=best.score, legs=best.legs, path=best.path, kind=best.kind, also=tuple(also))


def _date(hit: RankedHit) -> str:
    """ISO 8601, which sorts; "" where it is not known."""
    return str(hit.passage.metadata.get("date", "")) if hit.passage is not None else ""
