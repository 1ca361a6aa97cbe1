"""The sentences of some passages that say most of a community's names; each is a span of its passage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.keys import key
from jitl import text as texts

if TYPE_CHECKING:
    from graph.community import Span
    from jitl.types import Passage

SENTENCES: Final = 6
"""Of a community."""
A_DOCUMENT: Final = 2
"""Of these, from one document."""
LEAST: Final = 0.1
"""Share of the first sentence's worth below which a further one adds nothing."""
_LENGTH: Final = {"en": (40, 320), "zh": (14, 120)}
"""Characters of a sentence that can stand by itself, at least and at most."""
_SPENT: Final = 0.2
"""What a name is still worth in the next sentence, once one has said it."""
_ASKS: Final = re.compile(r"[?？][\"'”’」』)）]*$")
_BULLET: Final = re.compile(r"(?:[-*•–]|\d{1,2}[.)])\s+")
_REFERENCE: Final = re.compile(r"\[?\[\w+\]")
_MAIL_HEADER: Final = re.compile(r"(?:Thread|From|Date|To|Cc|Subject|Reply-To): ")
_CLOSED: Final = re.compile(r"[.!。！；][\"'”’」』)）\]]*$")
_LOOSE: Final = re.compile(r"[|{}\\<>=_~^#*]|https?:|doi:|arXiv:|\bpp?\. ?\d|\s{3,}")
_BACK: Final = re.compile(
    r"\W*(?:this|that|these|those|it|they|he|she|however|thus|therefore|hence|here|also|such|see)\b|[其该此这那它他她]|因此|但",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A name in a passage: what it counts as, its key there, and where it begins (-1: unknown)."""

    name: str
    key: str
    start: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    span: Span
    document: str
    names: tuple[str, ...]
    fit: float  # how well it stands by itself, from 0 to 1


def sentences(passages: Sequence[Passage], held: Mapping[str, Sequence[Held]], weights: Mapping[str, float]) -> list[Span]:
    """Up to `SENTENCES` spans, the most telling first. `held`: passage -> the community's names in it; `weights`: of the names.

    Greedy: a sentence is worth the names in it that no chosen one has said; ties by the order of the passages and of their text.
    """
    open_ones = [one for passage in passages for one in _candidates(passage, held.get(passage.id, ()))]
    left = dict(weights)
    taken: dict[str, int] = {}
    chosen: list[Span] = []
    words: set[str] = set()
    first = max((_worth(one, left) for one in open_ones), default=0.0)
    while open_ones and len(chosen) < SENTENCES:
        best = max(range(len(open_ones)), key=lambda at: (_worth(open_ones[at], left), -at))
        one = open_ones.pop(best)
        if _worth(one, left) <= LEAST * first:
            break
        text = " ".join(_text(passages, one.span).split())
        if taken.get(one.document, 0) == A_DOCUMENT or text in words:
            continue
        words.add(text)
        taken[one.document] = taken.get(one.document, 0) + 1
        chosen.append(one.span)
        for name in one.names:
            left[name] = left.get(name, 0.0) * _SPENT
    return chosen


def holding(passages: Sequence[Passage], held: Mapping[str, Sequence[Held]], most: int) -> list[Span]:
    """Sentences that hold one of the names, from as many documents as there are; the best of each first."""
    best: dict[str, _Candidate] = {}
    for passage in passages:
        for one in _candidates(passage, held.get(passage.id, ())):
            if one.document not in best or best[one.document].fit < one.fit:
                best[one.document] = one
    return [one.span for one in sorted(best.values(), key=lambda one: -one.fit)[:most]]


def _candidates(passage: Passage, held: Sequence[Held]) -> Iterator[_Candidate]:
    for begin, end in texts.sentences(passage.text):
        bullet = _BULLET.match(passage.text, begin, end)
        start = begin if bullet is None else bullet.end()
        sentence = passage.text[start:end]
        fit = _fit(sentence)
        if fit:
            folded = f" {key.__wrapped__(sentence)} "
            names = tuple(dict.fromkeys(one.name for one in held if start <= one.start < end or _holds(folded, one.key)))
            if names:
                yield _Candidate((passage.id, start, end), passage.document_id, names, fit)


def _holds(folded: str, name: str) -> bool:
    return name in folded if texts.language(name) == "zh" else f" {name} " in folded


def _fit(sentence: str) -> float:
    """0 for what is no statement by itself."""
    least, most = _LENGTH[texts.language(sentence)]
    if not least <= len(sentence) <= most or _ASKS.search(sentence) or _MAIL_HEADER.match(sentence) or "\n\n" in sentence:
        return 0.0
    fit = 1.0 if _CLOSED.search(sentence) else 0.4
    fit *= 0.6 if _BACK.match(sentence) else 1.0
    fit *= 0.3 if _REFERENCE.match(sentence) else 1.0
    return fit * 0.5 ** len(_LOOSE.findall(sentence))


def _worth(one: _Candidate, left: Mapping[str, float]) -> float:
    return one.fit * sum(left.get(name, 0.0) for name in one.names)


def _text(passages: Sequence[Passage], span: Span) -> str:
    return next(passage.text[span[1] : span[2]] for passage in passages if passage.id == span[0])
