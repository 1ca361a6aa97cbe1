"""A question beside what was found, in its own language and in the other one: quotes and grounding judge passages by the words they use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from jitl import text as texts
from jitl.legs import DENSE, REWRITTEN_DENSE
from jitl.ports import SparseEncoder
from jitl.reading import content
from jitl.types import Query, RankedHit

View = tuple[Query, Sequence[RankedHit]]
"""A question by its content, and the passages it is held against."""


def views(query: Query, hits: Sequence[RankedHit], sparse: SparseEncoder) -> Iterator[View]:
    """The question beside all passages; a rewritten one beside those of its own language first, then its rewrite beside the others."""
    own = content(query, sparse)
    said = rewritten(query, sparse)
    others = [_seen(hit) for hit in hits if said is not None and _language(hit) == said.language]
    if said is not None and others:
        if len(others) < len(hits):
            yield own, [hit for hit in hits if _language(hit) != said.language]
        yield said, others
    yield own, hits


def rewritten(query: Query, sparse: SparseEncoder) -> Query | None:
    """The content of the rewritten question, as if it had been asked; what has no name in that language counts as unknown words."""
    if query.rewritten is None:
        return None
    said = replace(
        query,
        text=query.rewritten,
        language="en" if query.language == "zh" else "zh",
        vector=query.rewritten_vector,
        terms=sparse.question(query.rewritten, query.frequencies, query.passages),
    )
    about = content(said, sparse)
    unnamed = {term: 0 for term in query.frequencies if term < 0}
    return replace(about, frequencies={**about.frequencies, **unnamed})


def _language(hit: RankedHit) -> str:
    return texts.language(hit.passage.text) if hit.passage is not None else ""


def _seen(hit: RankedHit) -> RankedHit:
    """The hit as the rewritten question's own legs would have found it."""
    cosine = hit.legs.get(REWRITTEN_DENSE)
    return replace(hit, legs={} if cosine is None else {DENSE: cosine})
