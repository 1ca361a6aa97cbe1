"""Passages read beside a question: their spans, and what of the question each holds.

Done once per question, for the best passages; grounding and quoting both build on it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise

from jitl import text as texts
from jitl.ports import SparseEncoder
from jitl.types import Passage, Query

PASSAGES = 3
"""Passages that are read; quotes come from these."""

_CLAUSE = re.compile(r"[,;:]\s+|\s[–-]\s|[—–]|\s(?=\()|[，；：]|——|\n\s*(?=(?:[-*+•|#]|\d{1,2}[.)])\s)")
_LINE = re.compile(_CLAUSE.pattern + r"|\n")
_ASKS = re.compile(r"[?？][\"'”’」』)）]*$")
_BLANK = re.compile(r"[ \t]*\n[ \t]*\n")
_MAIL_HEADER = re.compile(r"(?:(?:Thread|From|Date|To|Cc|Subject|Reply-To): [^\n]*\n?)+")
_OPEN_END = re.compile(r"[^.!?:;,。！？：；，][\"'”’」』)）]*$")
_HEADING = 60
"""A line of its own up to this length, without a stop, is a heading."""
_SHORTEST = {"en": 30, "zh": 8}  # no clause is shorter
_LONG = {"en": 110, "zh": 30}  # sentences up to this length stay whole
_ENDLESS = {"en": 400, "zh": 160}  # beyond it the text is a table or code: its lines are spans


_ASKING = re.compile(
    "请问|请告诉我|告诉我|什么时候|什么样|为什么|是什么|有什么|什么|怎么样|怎么办|怎么|怎样|如何|为何|是多少|有多少|多少|"
    "有哪些|哪些|哪一?[个位年天种座家所条次]|哪里|哪儿|哪|是谁|谁|何时|何地|何处|是否|是不是|有没有|能不能|可以|"
    "我的|你的|我们|你们|帮我|给我|我想|我要|[吗呢吧啊呀的了我你您]|几(?=[个位年天种座家所条次月岁层])"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence, or a clause of a long one: a slice of the passage's text. `sentence` counts within the passage."""

    passage: int
    sentence: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage, `at` its rank. Shares are of the question's weight in terms that the collections hold, from 0 to 1."""

    at: int
    passage: Passage
    language: str
    spans: Sequence[Span]
    held: Sequence[AbstractSet[int]]  # terms of the question, by span
    new: Sequence[int]  # number of other terms, by span
    sentences: Sequence[range]  # spans of each sentence
    states: Sequence[bool]  # whether the sentence says something: it is no question, heading or mail header
    header: AbstractSet[int]  # terms of the question in the header
    cover: Sequence[float]  # share held, by sentence
    covered: float  # share held by the whole passage, header included
    lexical: float  # as BM25 scores it, within this passage's own length


def content(query: Query, sparse: SparseEncoder) -> Query:
    """The question by what it is about: without the words that only make it a question, with every term's frequency.

    English ones are no terms anyway; Chinese ones are (什么, 怎么), are rare in documents and would count as what is missing.
    """
    about = _ASKING.sub(" ", query.text) if query.language == "zh" else query.text
    terms = sparse.terms(about) or sparse.terms(query.text)
    weights = {term: weight for term, weight in query.terms.items() if term in terms}
    return replace(query, terms=weights, frequencies={term: query.frequencies.get(term, 0) for term in terms})


def read(query: Query, passages: Sequence[Passage], sparse: SparseEncoder) -> list[Reading]:
    """The best few of `passages` (best first), beside the `content` of a question."""
    return [_read(query, at, passage, sparse) for at, passage in enumerate(passages[:PASSAGES])]


def share(query: Query, terms: AbstractSet[int]) -> float:
    if not terms:
        return 0.0
    total = sum(query.terms.values())
    return sum([query.terms[term] for term in sorted(terms)]) / total if total > 0 else 0.0


def _read(query: Query, at: int, passage: Passage, sparse: SparseEncoder) -> Reading:
    asked = query.terms.keys()
    language = texts.language(passage.text)
    spans = cut(at, passage.text, language)
    header = sparse.terms(passage.header)
    counts: Counter[int] = Counter({term: header[term] for term in asked & header.keys()})
    held: list[AbstractSet[int]] = []
    new = []
    for span in spans:
        terms = sparse.terms(passage.text[span.start : span.end])
        mine = asked & terms.keys()
        held.append(mine)
        new.append(len(terms) - len(mine))
        for term in mine:
            counts[term] += terms[term]
    sentences = _sentences(spans)
    length = sum(new) + sum(map(len, held))
    states = [_states(passage.text, spans[group.start].start, spans[group.stop - 1].end) for group in sentences]
    _answer_questions(passage.text, spans, sentences, held)
    saturated = (query.terms[term] * n / (n + 0.4 + 0.6 * length / 150) for term, n in sorted(counts.items()))
    return Reading(
        at=at,
        passage=passage,
        language=language,
        spans=spans,
        held=held,
        new=new,
        sentences=sentences,
        states=states,
        header=asked & header.keys(),
        cover=[share(query, set().union(*held[group.start : group.stop])) for group in sentences],
        covered=share(query, counts.keys()),
        lexical=sum(saturated),
    )


def _states(text: str, start: int, end: int) -> bool:
    tail = text[max(start, end - 4) : end]
    heading = end - start <= _HEADING and _BLANK.match(text, end) is not None and _OPEN_END.search(tail) is not None
    return not heading and _ASKS.search(tail) is None and _MAIL_HEADER.fullmatch(text, start, end) is None


def _answer_questions(text: str, spans: Sequence[Span], sentences: Sequence[range], held: list[AbstractSet[int]]) -> None:
    """A sentence after a question is about what the question asks: it counts as holding the question's terms too."""
    for before, group in pairwise(sentences):
        if _ASKS.search(text, spans[before.start].start, spans[before.stop - 1].end):
            asked = set().union(*held[before.start : before.stop])
            held[group.start] = held[group.start] | asked


def cut(at: int, text: str, language: str | None = None) -> list[Span]:
    """A passage's spans in order: its sentences, long ones cut where clauses end. `language`: the text's, where it is known."""
    language = language or texts.language(text)
    return [
        Span(at, number, a, b) for number, (start, end) in enumerate(texts.sentences(text)) for a, b in _clauses(text, start, end, language)
    ]


def _clauses(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    if end - start <= _LONG[language]:
        return [(start, end)]
    shortest = _SHORTEST[language]
    edges = [start]
    ends = _LINE if end - start > _ENDLESS[language] else _CLAUSE
    for found in ends.finditer(text, start, end):
        if found.end() - edges[-1] >= shortest and end - found.end() >= shortest * 0.6:
            edges.append(found.end())
    edges.append(end)
    return [(a, a + len(text[a:b].rstrip())) for a, b in pairwise(edges)]


def _sentences(spans: Sequence[Span]) -> list[range]:
    groups: list[range] = []
    for at, span in enumerate(spans):
        if at and spans[at - 1].sentence == span.sentence:
            groups[-1] = range(groups[-1].start, at + 1)
        else:
            groups.append(range(at, at + 1))
    return groups
