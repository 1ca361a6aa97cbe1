"""Verbatim quotes that answer a question: the likeliest stretches of the best passages, within a budget of characters.

A small fitted model (`jitl/spans.py`) gives each span of the passages read the probability that it holds the answer, and
spans are taken by probability and length until the budget is full. Spans that stand together become one quote, so a
quote is always a slice of its passage's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jitl import text as texts
from jitl.reading import Reading, Span
from jitl.spans import SpanModel, describe
from jitl.types import Passage, Query

BUDGET = {"en": 400, "zh": 160}
"""Characters that the quotes of one answer may fill, by the language of the likeliest span."""

LENGTH_POWER = 0.5  # a span's value is its probability over its length to this power
TOGETHER = 0.5  # what a span gains by standing next to a chosen one
LEAST = 0.02  # spans less likely than this share of the likeliest are never quoted


@dataclass(frozen=True, slots=True)
class Quote:
    """`passage` is the index among the passages given; `text` is the slice `start:end` of its text."""

    passage: int
    start: int
    end: int
    text: str
    probability: float


class Extractor:
    """Chooses quotes; deterministic for the same question and passages."""

    def __init__(self, model: SpanModel | None = None) -> None:
        self._model = model or SpanModel.shipped()

    def quotes(self, query: Query, readings: Sequence[Reading]) -> list[Quote]:
        """Best quotes for the question: best passage first, reading order within one."""
        spans = [span for reading in readings for span in reading.spans]
        if not spans:
            return []
        chances = stated(readings, self._model.probabilities(describe(query, readings), readings[0].language))
        passages = [reading.passage for reading in readings]
        return joined(spans, chances, choose(spans, chances, passages), passages)


def stated(readings: Sequence[Reading], chances: Sequence[float]) -> list[float]:
    """The chances, with none for questions and headings, unless there is nothing else."""
    states = [reading.states[n] for reading in readings for n, group in enumerate(reading.sentences) for _ in group]
    if not any(states):
        return list(chances)
    return [chance if says else 0.0 for chance, says in zip(chances, states, strict=True)]


def opening(text: str) -> str:
    """The first sentence of a passage that was found but not quoted."""
    spans = texts.sentences(text)
    return text[spans[0][0] : spans[0][1]] if spans else ""


def choose(spans: Sequence[Span], chances: Sequence[float], passages: Sequence[Passage]) -> list[int]:
    """Indices of the spans to quote, greedily by value, in order of the text."""
    best = max(range(len(spans)), key=lambda i: chances[i])
    left = BUDGET[texts.language(passages[spans[best].passage].text)]
    value = [chance / max(len(span), 8) ** LENGTH_POWER for span, chance in zip(spans, chances, strict=True)]
    open_spans = {i for i, chance in enumerate(chances) if chance > 0 and chance >= LEAST * chances[best]}
    chosen: set[int] = set()
    said: set[str] = set()
    while open_spans:
        at = max(open_spans, key=lambda i: (value[i], -i))
        open_spans.discard(at)
        span = spans[at]
        words = passages[span.passage].text[span.start : span.end]
        if words in said or (chosen and len(span) + 1 > left):
            continue
        said.add(words)
        chosen.add(at)
        left -= len(span) + 1
        for beside in (at - 1, at + 1):
            if beside in open_spans and spans[beside].passage == span.passage and spans[beside].sentence == span.sentence:
                value[beside] *= 1 + TOGETHER
    return sorted(_rounded_off(spans, chances, chosen, passages, left))


def _rounded_off(spans: Sequence[Span], chances: Sequence[float], chosen: set[int], passages: Sequence[Passage], left: int) -> set[int]:
    """What room is left goes to the rest of the sentences begun, likeliest first, then to what follows the likeliest."""
    sentences: dict[tuple[int, int], list[int]] = {}
    for at, span in enumerate(spans):
        sentences.setdefault((span.passage, span.sentence), []).append(at)
    begun = sorted(chosen, key=lambda at: (-chances[at], at))
    for at in begun:
        rest = [one for one in sentences[spans[at].passage, spans[at].sentence] if one not in chosen]
        left -= _add(rest, spans, chosen, left)
    first = spans[begun[0]]
    for key in _following(first, list(sentences), passages):
        rest = [one for one in sentences[key] if one not in chosen]
        if any(chances[one] == 0 for one in rest):
            break
        cost = _add(rest, spans, chosen, left)
        if rest and cost == 0:
            break
        left -= cost
    return chosen


def _add(rest: Sequence[int], spans: Sequence[Span], chosen: set[int], left: int) -> int:
    """Choose these too if they fit; the characters that took."""
    cost = sum(len(spans[at]) + 1 for at in rest)
    if cost > left:
        return 0
    chosen.update(rest)
    return cost


def _following(first: Span, sentences: Sequence[tuple[int, int]], passages: Sequence[Passage]) -> list[tuple[int, int]]:
    """The sentences after this one, on into the document's next passage where that was read too."""
    here = passages[first.passage]
    after = [at for at, each in enumerate(passages) if (each.document_id, each.ordinal) == (here.document_id, here.ordinal + 1)]
    rest = [key for key in sentences if key[0] == first.passage and key[1] > first.sentence]
    return rest + [key for key in sentences if key[0] in after]


def joined(spans: Sequence[Span], chances: Sequence[float], chosen: Sequence[int], passages: Sequence[Passage]) -> list[Quote]:
    quotes: list[Quote] = []
    last = -2
    for at in chosen:
        span = spans[at]
        if quotes and last == at - 1 and quotes[-1].passage == span.passage:
            before = quotes.pop()
            quotes.append(_quote(span.passage, before.start, span.end, passages, max(before.probability, chances[at])))
        else:
            quotes.append(_quote(span.passage, span.start, span.end, passages, chances[at]))
        last = at
    best: dict[int, float] = {}
    for quote in quotes:
        best[quote.passage] = max(best.get(quote.passage, 0.0), quote.probability)
    return sorted(quotes, key=lambda quote: (-best[quote.passage], quote.passage, quote.start))


def _quote(passage: int, start: int, end: int, passages: Sequence[Passage], probability: float) -> Quote:
    return Quote(passage, start, end, passages[passage].text[start:end], probability)
