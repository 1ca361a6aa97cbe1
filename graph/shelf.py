"""Communities as somebody may see them now: names and sentences whose passages SQL still shows, and none of what was deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from jitl import text as texts
from jitl.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from graph.community import Community, Edition, Member, Sentence
    from graph.editions import Editions
    from jitl.types import Passage

FIRST: Final = 12
"""Members that are read where not all are needed."""
TITLE: Final = 3
"""Names in a title, at most."""


class Catalogue(Protocol):
    """What SQL is asked here (`jitl.sql.catalogue`)."""

    def passages(self, chunk_ids: Iterable[str], collections: Sequence[str]) -> Mapping[str, Passage]: ...
    def confirm(self, chunk_ids: Iterable[str], collections: Sequence[str]) -> Mapping[str, tuple[str, int]]: ...
    def epoch(self, collections: Sequence[str]) -> int: ...


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with what it rests on, verbatim. `worded`: by a model."""

    text: str
    sources: Sequence[tuple[Passage, str]]
    worded: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A community of which something is left. `names` are the most central first."""

    id: str
    collection_id: str
    level: int
    parent: str | None
    rank: int
    title: str
    names: Sequence[Member]  # at least the first ones
    said: Sequence[Said]
    size: int  # how many names there are


class Shelf:
    """Safe to call from several threads. `places` are ids of collections that the caller may read."""

    def __init__(self, editions: Editions, catalogue: Catalogue) -> None:
        self._editions = editions
        self._catalogue = catalogue

    def computed(self, places: Sequence[str]) -> dict[str, datetime]:
        """When the communities of these collections were computed; those without any are left out."""
        return {place: edition.at for place, edition in self._editions.current(places).items()}

    def listed(self, places: Sequence[str], *, level: int = 0, after: int = -1, limit: int = 20) -> tuple[list[Shown], int | None]:
        """By (rank, collection), those of a rank above `after`, as many as `limit` or a few more; those of which nothing is left are left
        out. With the `after` of the next ones, None at the end.
        """
        some = self._some(places)
        found, following = self._editions.listed(places, level=level, after=after, limit=limit, most=some)
        return self._shown(places, found), following

    def one(self, places: Sequence[str], community: str) -> Shown:
        """Raises `NotFound`."""
        found = self._shown(places, self._editions.named(places, [community]))
        if not found:
            raise NotFound("There is no such community.", hint="`jitl graph communities` (GET /v1/graph/communities) lists them.")
        return found[0]

    def below(self, places: Sequence[str], community: str) -> list[Shown]:
        """Those that it divides into."""
        return self._shown(places, self._editions.below(places, community, self._some(places)))

    def holding(self, places: Sequence[str], keys: Sequence[str], limit: int) -> list[Shown]:
        """Those with one of these names, the most special ones first."""
        return self._shown(places, self._editions.holding(places, keys, limit, FIRST))

    def first(self, places: Sequence[str], limit: int) -> list[Shown]:
        """The top ones that most passages speak of; their `size` may be that of when they were computed."""
        return self._shown(places, self._editions.listed(places, level=0, limit=limit, most=FIRST)[0])

    def lost(self, collection_id: str) -> float:
        """Share of the top communities' sentences that stand in no published passage any more."""
        chunks = [
            chunk
            for one in self._editions.listed([collection_id], level=0, limit=1000, most=0)[0]
            for sentence in one.sentences
            for chunk, _, _ in sentence.sources
        ]
        return 1 - len(self._catalogue.confirm(chunks, [collection_id])) / len(set(chunks)) if chunks else 0.0

    def _shown(self, places: Sequence[str], found: Sequence[Community]) -> list[Shown]:
        if not found:
            return []
        spans = [span for one in found for sentence in one.sentences for span in sentence.sources]
        passages = self._catalogue.passages({chunk for chunk, _, _ in spans}, places)
        standing = self._standing(found)
        return [shown for one in found if (shown := _shown(one, standing, passages)) is not None]

    def _standing(self, found: Sequence[Community]) -> set[tuple[str, str]]:
        """(community, key) of the members that a published passage still holds, spelled as shown."""
        editions = self._editions.current([one.collection_id for one in found])
        unmoved = {place for place, edition in editions.items() if self._unmoved(edition)}
        standing = {(one.id, each.key) for one in found if one.collection_id in unmoved for each in one.members}
        left = [(one, each) for one in found if one.collection_id not in unmoved for each in one.members]
        turn = 0
        while left := [(one, each) for one, each in left if (one.id, each.key) not in standing and turn < len(each.chunks)]:
            chunks = {each.chunks[turn] for _, each in left}
            known = self._catalogue.confirm(chunks, sorted({one.collection_id for one, _ in left}))
            standing |= {(one.id, each.key) for one, each in left if each.chunks[turn] in known}
            turn += 1
        return standing

    def _some(self, places: Sequence[str]) -> int | None:
        """How many members tell how many there are: all of them where documents came or went since."""
        return FIRST if all(self._unmoved(edition) for edition in self._editions.current(places).values()) else None

    def _unmoved(self, edition: Edition) -> bool:
        """Whether no document of the collection came, went or changed since the edition."""
        return self._catalogue.epoch([edition.collection_id]) == edition.epoch


def titled(names: Sequence[Member]) -> str:
    """The most central names, none that holds another one."""
    chosen: list[Member] = []
    for one in names:
        if not any(_within(one.key, other.key) or _within(other.key, one.key) for other in chosen):
            chosen.append(one)
        if len(chosen) == TITLE:
            break
    chinese = all(texts.language(one.name) == "zh" for one in chosen)
    return ("、" if chinese else ", ").join(one.name for one in chosen)


def _within(name: str, other: str) -> bool:
    return name in other if texts.language(name) == "zh" else f" {name} " in f" {other} "


def _shown(one: Community, standing: set[tuple[str, str]], passages: Mapping[str, Passage]) -> Shown | None:
    names = [each for each in one.members if (one.id, each.key) in standing]
    said = [told for sentence in one.sentences if (told := _said(sentence, passages)) is not None]
    if not names:
        return None
    whole = len(said) == len(one.sentences)
    title = one.title if one.title and whole and said else titled(names)
    size = len(names) if one.size is None else one.size
    return Shown(one.id, one.collection_id, one.level, one.parent, one.rank, title, names, said, size)


def _said(sentence: Sentence, passages: Mapping[str, Passage]) -> Said | None:
    """None where one of the passages that it rests on is gone."""
    if any(chunk not in passages for chunk, _, _ in sentence.sources):
        return None
    sources = [(passages[chunk], passages[chunk].text[start:end]) for chunk, start, end in sentence.sources]
    return Said(sentence.said or sources[0][1], sources, worded=sentence.said is not None)
