"""What a model says of a passage, held to the passage: nothing stays but spans of its text, kinds, and relations of the schema.

The reply has the form that graphrag's prompt asks for: records parted by `##`, fields by `<|>`, as graphrag's own extractor reads
them (a test holds the two together). That extractor stands behind pandas and a client of its own; nothing of these is needed here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any, Final

from graph.facts import VAGUE, Facts, Kind, Mention
from graph.found import Found
from graph.schema import KINDS, RELATIONS
from graph.words import FUNCTION
from jitl.text import sentences

Span = tuple[int, int]

RECORD: Final = "##"
FIELD: Final = "<|>"
COMPLETE: Final = "<|COMPLETE|>"
LONGEST_NAME: Final = 120
LONGEST_QUOTE: Final = 600
"""Characters of the sentences that a statement may rest on."""
MOST_PLACES: Final = 20
"""Of a name in its passage, that are counted."""
_THOUGHT: Final = re.compile(r"^.*</think>", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_KIND_OF: Final = {kind.value: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Named:
    """A name wherever it stands in the passage."""

    kind: Kind
    places: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """A relation of the schema; `subject` and `object` stand within `said`, whole sentences of the passage."""

    subject: Span
    relation: str
    object: Span
    said: Span


@dataclass(frozen=True, slots=True)
class Claims:
    names: tuple[Named, ...] = ()
    relations: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What of a reply the passage bears out, and how many names and relations it does not."""

    claims: Claims
    dropped: int


@dataclass(frozen=True, slots=True)
class Told:
    """A reply as it was given: names with their kind, and (subject, object, relation and quote)."""

    names: Sequence[tuple[str, str]]
    relations: Sequence[tuple[str, str, str]]


def told(reply: str) -> Told | None:
    """None where the reply holds no record and does not say either that it is complete: it cannot be read."""
    plain = _THOUGHT.sub("", reply)
    names: list[tuple[str, str]] = []
    relations: list[tuple[str, str, str]] = []
    for kind, *fields in _records(plain):
        if kind == "entity" and len(fields) >= 3:
            names.append((fields[0], fields[1]))
        elif kind == "relationship" and len(fields) >= 4:
            relations.append((fields[0], fields[1], fields[2]))
    return Told(names, relations) if names or relations or COMPLETE in plain else None


def _records(reply: str) -> Iterator[list[str]]:
    for record in reply.replace(COMPLETE, RECORD).split(RECORD):
        kind, *fields = record.strip().removeprefix("(").removesuffix(")").split(FIELD)
        if fields:
            yield [kind.strip().strip('"').lower(), *(_CONTROL.sub("", unescape(field.strip())) for field in fields)]


def held(told: Told, text: str) -> Reading:
    """What of it the passage's text bears out. A name stands there; a relation is the schema's, and its quote, widened to whole sentences,
    stands there and holds both names.
    """
    found: dict[str, Named] = {}
    dropped = 0
    for name, kind in told.names:
        places = _places(name, text)
        if not places:
            dropped += 1
        elif _folded(name) not in found:
            found[_folded(name)] = Named(_KIND_OF.get(kind.lower(), Kind.NAME), places)
    spans = sentences(text)
    related = [_related(one, found, text, spans) for one in told.relations]
    kept = tuple(dict.fromkeys(one for one in related if one is not None))
    return Reading(Claims(tuple(found.values()), kept), dropped + sum(one is None for one in related))


def facts(claims: Claims, text: str) -> Facts:
    """Of the passage that the claims were read from."""
    found = Found(text)
    for named in claims.names:
        for start, end in named.places:
            found.add(start, end, named.kind)
    for one in claims.relations:
        found.state(one.subject, one.relation, one.object, one.said)
    return found.facts()


def merged(by_form: Facts, by_model: Facts) -> Facts:
    """Both; what a name's form tells of it goes before what the model says."""
    mentions = {mention.key: mention for mention in by_form.mentions}
    for mention in by_model.mentions:
        mentions[mention.key] = _joined(mentions[mention.key], mention) if mention.key in mentions else mention
    statements = {*by_form.statements, *by_model.statements}
    return Facts(
        tuple(mentions[key] for key in sorted(mentions)),
        by_form.aliases,
        tuple(sorted(statements, key=lambda one: (one.start, one.subject, one.relation, one.object, one.end))),
    )


def packed(claims: Claims) -> list[Any]:
    """As JSON keeps it."""
    names = [[one.kind.value, *map(list, one.places)] for one in claims.names]
    return [names, [[*one.subject, one.relation, *one.object, *one.said] for one in claims.relations]]


def unpacked(value: list[Any]) -> Claims:
    names, relations = value
    return Claims(
        tuple(Named(Kind(kind), tuple((start, end) for start, end in places)) for kind, *places in names),
        tuple(Related((a, b), relation, (c, d), (start, end)) for a, b, relation, c, d, start, end in relations),
    )


def _joined(form: Mention, model: Mention) -> Mention:
    kind = model.kind if form.kind in VAGUE and model.kind not in VAGUE else form.kind
    if form.start < 0:  # it stands in the header by its form, in the text by the model
        return replace(model, kind=kind, titled=form.titled)
    return replace(form, kind=kind)


def _related(said: tuple[str, str, str], found: dict[str, Named], text: str, spans: Sequence[Span]) -> Related | None:
    subject, object_ = (found.get(_folded(name)) for name in said[:2])
    name, _, quote = said[2].partition(":")
    relation = RELATIONS.get(" ".join(name.replace("_", " ").lower().split()))
    if subject is None or object_ is None or relation is None or not relation.joins(subject.kind, object_.kind):
        return None
    where = _sentences(quote.strip().strip("\"'“”‘’"), text, spans)
    if where is None:
        return None
    one, other = _within(subject, where), _within(object_, where)
    return None if one is None or other is None or one == other else Related(one, relation.name, other, where)


def _sentences(quote: str, text: str, spans: Sequence[Span]) -> Span | None:
    """The sentences in which the words of a quote stand, one after the other."""
    match = None if not quote else re.search(_spaced(quote), text, re.IGNORECASE)
    if match is None:
        return None
    first = bisect_right(spans, match.start(), key=lambda span: span[0]) - 1
    last = bisect_left(spans, match.end(), key=lambda span: span[1])
    start, end = spans[first][0], spans[min(last, len(spans) - 1)][1]
    return (start, end) if end - start <= LONGEST_QUOTE else None


def _within(named: Named, where: Span) -> Span | None:
    return next(((start, end) for start, end in named.places if where[0] <= start and end <= where[1]), None)


def _places(name: str, text: str) -> tuple[Span, ...]:
    """Where the name stands in any case and any spacing, not as a part of a word."""
    folded = _folded(name)
    if not folded or len(name) > LONGEST_NAME or folded in FUNCTION or not re.search(r"[^\W\d_]", name):
        return ()
    before = r"(?<![^\W_])" if name[0].isascii() else ""
    after = r"(?![^\W_])" if name[-1].isascii() and name[-1].isalnum() else ""
    found = re.finditer(before + _spaced(name) + after, text, re.IGNORECASE)
    return tuple(match.span() for match, _ in zip(found, range(MOST_PLACES), strict=False) if Found.folded(match.group()))


def _spaced(words: str) -> str:
    return r"\s+".join(map(re.escape, words.split()))


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
