"""Names and statements of a passage by their form, without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graph.facts import Facts, Kind, Mention
from graph.keys import key
from graph.names import spans
from graph.words import FUNCTION

_PARENTHESIS = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_REMARK = re.compile(r" ?[(（][^()（）\n]{2,40}[)）]")  # after a name: Excalibur (film)
_LOWER_WORD = re.compile(r"[^\W_]+(?:['’./+&-][^\W_]+)*")
_ASKED = 500  # characters of a question that are read
_PHRASE = 6  # words of a phrase of a question without capitals
_MOST_WORDS = 60


class Extractor:
    """Implements `graph.ports.FactExtractor`."""

    id = "forms-1"

    def extract(self, text: str, header: str, title: str) -> Facts:
        found: dict[str, Mention] = {}
        for name in titles(title):
            _add(found, name, -1, -1, titled=True)
        for span in spans(text):
            _add(found, span.name, span.start, span.end)
        for span in spans(header):
            folded = key(span.name)
            if folded and folded not in found:
                found[folded] = Mention(folded, span.name, Kind.NAME)
        return Facts(tuple(found[one] for one in sorted(found)))

    def names(self, question: str) -> Sequence[str]:
        asked = question[:_ASKED]
        found = set()
        for span in spans(asked):
            found.add(key(span.name))
            if remark := _REMARK.match(asked, span.end):
                found.add(key(asked[span.start : remark.end()]))
        if not any(sign.isupper() for sign in asked[1:]):
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


def _phrases(question: str) -> list[str]:
    """Runs of words of a question that begin and end with none of the function words."""
    words = [match.span() for match in _LOWER_WORD.finditer(question)][:_MOST_WORDS]
    plain = [question[start:end].lower() not in FUNCTION for start, end in words]
    found: list[str] = []
    for first, opens in enumerate(plain):
        lasts = range(first, min(first + _PHRASE, len(words))) if opens else ()
        found += [key(question[words[first][0] : words[last][1]]) for last in lasts if plain[last]]
    return found
