"""Names and statements of a passage by their form, without a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graph import acronyms, apposition, chinese, kinds, names, particles, statements, terms
from graph.facts import Facts, Kind
from graph.found import Found
from graph.keys import key
from graph.words import FUNCTION
from jitl.text import sentences

_PARENTHESIS = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_FORM = re.compile(r",? (?:A?\.?F\.?C\.?|Inc\.?|Ltd\.?|Corp\.?|LLC|plc|S\.A\.|Jr\.?)$")
_REMARK = re.compile(r" ?[(（][^()（）\n]{2,40}[)）]")  # after a name: Excalibur (film)
_KNOWN_AS = re.compile(
    r"[,(]? ?\(?(?:also|formerly|originally|previously|commonly|better|otherwise|often) "
    r"(?:known|called|referred to|abbreviated|named)(?: as)?"
    r" (?:the |an? )?[\"“'‘]?(?=[^\W_])"
)
_WORD = re.compile(r"\S+")
_ASKED = 500  # characters of a question that are read
_PHRASE = 9  # words of a phrase of a question that holds a capital
_PLAIN = 5  # words of one that holds none
_MOST_WORDS = 60


class Extractor:
    """Implements `graph.ports.FactExtractor`."""

    id = "forms-1"

    def extract(self, text: str, header: str, title: str) -> Facts:
        found = Found(text)
        called = titles(title)
        for name in called:
            found.title(name)
        modes = _particles(found)
        spans = [span for span in names.spans(text) if not _within(span, modes)]
        for start, end in spans:
            _name(found, start, end)
        for start, end, kind in kinds.forms(text):
            if not _within((start, end), modes):
                _coded(found, start, end, kind)
        for start, end in terms.phrases(text):
            found.add(start, end, Kind.TERM)
        if not text.isascii() and chinese.HAN.search(text):
            for one in chinese.names(text):
                found.add(*one)
        _aliases(found, spans)
        _statements(found)
        if not called:
            found.lead()
        for start, end in names.spans(header):
            found.headed(header[start:end])
        return found.facts()

    def names(self, question: str) -> Sequence[str]:
        asked = question[:_ASKED]
        found = {form for _, _, form in particles.spans(asked)}
        for start, end in names.spans(asked):
            found.add(key(asked[start:end]))
            if remark := _REMARK.match(asked, end):
                found.add(key(asked[start : remark.end()]))
        for start, end, _ in kinds.forms(asked):
            found.add(key(asked[start:end]))
        found.update(_phrases(asked))
        if chinese.HAN.search(asked):
            found.update(map(key, chinese.asked(asked)))
        return sorted((name for name in found if name), key=lambda name: (-len(name), name))


def titles(title: str) -> list[str]:
    """A document's title, and what it is called in a text: without a parenthesis at its end, and without the form of a company or club."""
    whole = " ".join(title.split())
    short = _PARENTHESIS.sub("", whole)
    return [form for form in dict.fromkeys((whole, short, _FORM.sub("", short))) if form]


def _particles(found: Found) -> list[tuple[int, int]]:
    spans = []
    for start, end, form in particles.spans(found.text):
        found.add(start, end, Kind.DECAY if particles.is_mode(form) else Kind.PARTICLE, form)
        spans.append((start, end))
    return spans


def _within(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _name(found: Found, start: int, end: int) -> None:
    name = found.text[start:end]
    folded = found.folded(name)
    if folded:
        kind = Kind.NAME if folded in found else kinds.kind_of(folded, name, found.text, end)
        found.add(start, end, kind, folded)


def _coded(found: Found, start: int, end: int, kind: Kind) -> None:
    folded = found.add(start, end, kind)
    words = kinds.spaced(found.text[start:end])
    if words:
        found.alias(folded, key(words))


def _aliases(found: Found, spans: Sequence[tuple[int, int]]) -> None:
    """What the passage defines, says to be known by another name, or names as the glossary and the list do."""
    text = found.text
    for short, long in acronyms.definitions(text):
        long_key = found.add(*long, Kind.TERM if text[slice(*long)].islower() else Kind.NAME)
        name = text[slice(*short)]
        short_key = found.add(*short, Kind.NAME, key(name.removesuffix("s") if name[-2:-1].isupper() else name))
        if short_key not in FUNCTION:
            found.alias(short_key, long_key)
    if "known" in text or "called" in text or "referred" in text:
        _known_as(found, spans)
    glossed, listed = terms.glossed(), kinds.listed()
    for one in found.keys():  # noqa: SIM118
        for other in glossed.aliases.get(one, ()):
            if one not in glossed.doubtful or other in found:
                found.alias(one, other)
        if one in listed:
            found.alias(one, listed[one][1])


def _known_as(found: Found, spans: Sequence[tuple[int, int]]) -> None:
    for match in _KNOWN_AS.finditer(found.text):
        before = min((span for span in spans if span[1] == match.start()), default=None)
        after = max((span for span in spans if span[0] == match.end()), default=None)
        if before and after:
            found.alias(found.folded(found.text[slice(*before)]), found.folded(found.text[slice(*after)]))


def _statements(found: Found) -> None:
    text = found.text
    signs = any(sign in text for sign in apposition.SIGNS)
    for start, end in sentences(text):
        if not text[start].isascii() and chinese.HAN.match(text, start):
            for subject, relation, object_ in chinese.statements(text, start, end):
                if relation in chinese.LIVES or found.folded(text[slice(*subject)]) in found:
                    found.state(subject, relation, object_, (start, end))
            continue
        for one in statements.statements(text, start, end):
            found.state(one.subject, one.relation, one.object, (start, end))
        for one in apposition.beside(text, start, end) if signs else ():
            found.state(one.subject, one.relation, one.object, (start, end))


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
                phrase = question[words[first][0] : words[last][1]]
                yield key(phrase)
                if phrase.islower():
                    yield Found.folded(phrase.strip("?!.,;:"))
