"""Names and statements of a passage by their form, without a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graph.facts import Facts, Kind, Mention
from graph.keys import key
from graph.names import spans
from graph.words import FUNCTION

_PARENTHESIS = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_REMARK = re.compile(r" ?[(（][^()（）\n]{2,40}[)）]")  # after a name: Excalibur (film)
_WORD = re.compile(r"\S+")
_ASKED = 500  # characters of a question that are read
_PHRASE = 9  # words of a phrase of a question that holds a capital
_PLAIN = 5  # words of one that holds none
_MOST_WORDS = 60


class Extractor:
    """Implements `graph.ports.FactExtractor`."""

    id = "forms-1"

    def extract(self, text: str, header: str, title: str) -> Facts:
        found: dict[str, Mention] = {}
        for name in titles(title):
            _add(found, name, -1, -1, titled=True)
        for start, end in spans(text):
            _add(found, text[start:end], start, end)
        for start, end in spans(header):
            name = header[start:end]
            folded = key(name)
            if folded and folded not in found:
                found[folded] = Mention(folded, name, Kind.NAME)
        return Facts(tuple(found[one] for one in sorted(found)))

    def names(self, question: str) -> Sequence[str]:
        asked = question[:_ASKED]
        found = set()
        for start, end in spans(asked):
            found.add(key(asked[start:end]))
            if remark := _REMARK.match(asked, end):
                found.add(key(asked[start : remark.end()]))
        found.update(_phrases(asked))
        return sorted((name for name in found if name), key=lambda name: (-len(name), name))


def titles(title: str) -> list[str]:
    """A document's title, and what it is called in a text: without a parenthesis at its end."""
    whole = " ".join(title.split())
    short = _PARENTHESIS.sub("", whole)
    return [form for form in dict.fromkeys((whole, short)) if form]


def _add(found: dict[str, Mention], name: str, start: int, end: int, *, titled: bool = False) -> None:
    folded = key(name)
    if not folded:
        return
    known = found.get(folded)
    if known is None:
        found[folded] = Mention(folded, name, Kind.NAME, 1, titled, start, end)
        return
    seen = known.start >= 0
    first = (known.start, known.end) if seen and (start < 0 or known.start <= start) else (start, end)
    found[folded] = Mention(folded, known.name, known.kind, known.count + (1 if seen and start >= 0 else 0), known.titled or titled, *first)


def _phrases(question: str) -> Iterator[str]:
    """Runs of words that a name may be, whatever its form: from a capital or a word with content to another such word."""
    words = [match.span() for match in _WORD.finditer(question)][:_MOST_WORDS]
    capital = [question[start].isupper() for start, _ in words]
    content = [question[start:end].strip("\"'“”?!.,;:()").lower() not in FUNCTION for start, end in words]
    for first in range(len(words)):
        if not (capital[first] or content[first]):
            continue
        named = False
        for last in range(first, min(first + _PHRASE, len(words))):
            named = named or (capital[last] and content[last])
            if (capital[last] or content[last]) and (last > first or content[last]) and (named or last < first + _PLAIN):
                yield key(question[words[first][0] : words[last][1]])
