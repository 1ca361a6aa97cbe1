"""What faces show of the documents' graph: names, neighbours, ways and statements of passages that SQL confirms, and of no others.

A store may hold passages that are not published yet or any more, so nothing it says by itself is shown: every name, spelling and
number here is of passages that were confirmed. `places` are ids of collections that the caller may read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from graph.facts import Kind, Mention, usual_kind, usual_name
from graph.keys import key
from graph.paths import shortest
from jitl import text as texts
from jitl.errors import NotFound

if TYPE_CHECKING:
    from graph.facts import Statement
    from graph.ports import GraphStore
    from graph.shelf import Catalogue
    from jitl.types import Passage

LOOKED_AT: Final = 1000
"""Passages of a name that are looked at; of more it is told that there are more."""
LISTED: Final = 4000
"""The same of all names that are listed together, shared among them."""
FEWEST: Final = 20
"""Of each of them, however many they are."""
BREADTH: Final = 200
"""Names at one distance from which a way is looked for further."""
SPELLED: Final = 20
"""Passages by which a listed name's spelling is chosen."""
CLASS: Final = 3
"""Spellings of a name from which ways are looked for."""
PROOFS: Final = 3
"""Passages shown for each step of a way."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in one collection. `passages` hold it; `more`: only the first of them were counted."""

    key: str
    name: str
    kind: Kind
    collection_id: str
    passages: int
    more: bool
    aliases: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """A name beside another one, in so many of its passages; phrases of what is stated between them, the most frequent first."""

    name: Name
    relations: Sequence[str]


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement with the sentence that says so."""

    subject: str
    relation: str
    object: str
    sentence: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Step:
    """From one name to the next, with some passages that hold both and their sentence about it ("" where none holds both)."""

    first: str
    second: str
    proofs: Sequence[tuple[Passage, str]]


@dataclass(slots=True)
class _Seen:
    """What confirmed passages say of one name."""

    spellings: Counter[str] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)

    def add(self, mention: Mention) -> None:
        self.spellings[mention.name] += 1
        self.kinds[mention.kind] += 1

    @property
    def name(self) -> str:
        return usual_name(self.spellings)

    @property
    def kind(self) -> Kind:
        return usual_kind(self.kinds)


class Explorer:
    """Safe to call from several threads."""

    def __init__(self, store: GraphStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue

    def entities(self, prefix: str, places: Sequence[str], most: int) -> list[Name]:
        """Names of which a word begins so, the most frequent first; ties by (key, collection)."""
        found = self._store.entities(key(prefix), places, most)
        names: list[Name] = []
        for place in dict.fromkeys(one.collection_id for one in found):
            wanted = [one for one in found if one.collection_id == place]
            every = {*(one.key for one in wanted), *(other for one in wanted for other in one.aliases)}
            names += self._names(sorted(every), place, {one.key: one.aliases for one in wanted})
        return sorted(names, key=lambda one: (-one.passages, one.key, one.collection_id))

    def neighbours(self, name: str, places: Sequence[str], most: int) -> tuple[list[Name], list[Near]]:
        """The name itself, in every collection that has it, and those beside it: the most shared first, ties by (key, collection).

        Raises `NotFound` for a name that no passage holds.
        """
        own: list[Name] = []
        near: list[Near] = []
        for place in places:
            keys = self.keys_of(name, [place])
            held = self.held(keys, [place])
            if not held:
                continue
            own += self._names(keys, place, {keys[0]: keys[1:]})
            seen, counts = _together(self._store.mentions(held), frozenset(keys))
            phrases = self._phrases(keys, place, held)
            more = len(held) >= LOOKED_AT
            near += [
                Near(Name(one, seen[one].name, seen[one].kind, place, counts[one], more), _ordered(phrases.get(one, Counter())))
                for one in sorted(counts, key=lambda one: (-counts[one], one))[:most]
            ]
        if not own:
            raise unknown(name)
        return own, sorted(near, key=lambda one: (-one.name.passages, one.name.key, one.name.collection_id))[:most]

    def facts(self, name: str, places: Sequence[str], most: int) -> list[Fact]:
        """What is stated about a name, by passage; [] where nothing is. Raises `NotFound` for a name that no passage holds."""
        keys = self.keys_of(name, places)
        if not self.held(keys, places):
            raise unknown(name)
        stated = self._store.statements(keys, places, 4 * most)
        passages = self._catalogue.passages({one.chunk_id for one in stated}, places)
        shown = [one for one in stated if one.chunk_id in passages][:most]
        written = self._store.mentions(sorted({one.chunk_id for one in shown}))
        spelled = {chunk: {mention.key: mention.name for mention in mentions} for chunk, mentions in written.items()}
        return [_fact(one.statement, passages[one.chunk_id], spelled.get(one.chunk_id, {})) for one in shown]

    def path(self, first: str, second: str, places: Sequence[str], most_steps: int) -> list[Step]:
        """A shortest way from one name to the other; [] where there is none so short. Raises `NotFound` for an unknown name."""
        ends = [self.keys_of(name, places) for name in (first, second)]
        for name, keys in zip((first, second), ends, strict=True):
            if not self.held(keys, places):
                raise unknown(name)
        pairs = [(one, other) for one in ends[0][:CLASS] for other in ends[1][:CLASS]]
        steps = self._steps((self._store.path(*pair, places, most_steps) for pair in pairs), places)
        if any(not step.proofs for step in steps):  # the store went over a passage that SQL does not know: go without it

            def expand(keys: set[str]) -> list[frozenset[str]]:
                return self.beside(keys, places)

            steps = self._steps((shortest(*pair, most_steps, expand) for pair in pairs), places)
        return steps

    def _steps(self, ways: Iterable[Sequence[str]], places: Sequence[str]) -> list[Step]:
        """Of the shortest of these ways, the first by the alphabet."""
        way = min((way for way in ways if way), key=lambda way: (len(way), way), default=())
        return [self.step(one, other, places) for one, other in pairwise(way)]

    def beside(self, keys: set[str], places: Sequence[str]) -> list[frozenset[str]]:
        """The names of each of the first confirmed passages that hold one of these."""
        chunks = self.held(sorted(keys)[:BREADTH], places)
        return [frozenset(mention.key for mention in said) for said in self._store.mentions(chunks).values()]

    def keys_of(self, name: str, places: Sequence[str]) -> list[str]:
        """The name's key, and those of its aliases."""
        folded = key(name)
        return [folded, *self._store.aliases([folded], places).get(folded, ())]

    def held(self, keys: Sequence[str], places: Sequence[str]) -> list[str]:
        """Passages that hold one of these names, as SQL confirms them; the first of too many."""
        postings = self._store.postings(keys, places, LOOKED_AT).values()
        chunks = list(dict.fromkeys(chunk for one in postings for chunk, _ in one.chunks))
        known = self._catalogue.confirm(chunks, places)
        return [chunk for chunk in chunks if chunk in known][:LOOKED_AT]

    def _names(self, keys: Sequence[str], place: str, wanted: Mapping[str, Sequence[str]]) -> list[Name]:
        """Of the `wanted` keys (with their aliases) those that stand in published passages; `keys`: of all of them."""
        most = max(FEWEST, LISTED // max(1, len(keys)))
        postings = self._store.postings(keys, [place], most)
        known = self._catalogue.confirm({chunk for one in postings.values() for chunk, _ in one.chunks}, [place])
        held = {one: [chunk for chunk, _ in posting.chunks if chunk in known] for one, posting in postings.items()}
        read = {one: held.get(one, [])[:SPELLED] for one in wanted}
        written = self._store.mentions(sorted({chunk for chunks in read.values() for chunk in chunks}))
        seen: defaultdict[str, _Seen] = defaultdict(_Seen)
        for one, chunks in read.items():
            for chunk in chunks:
                for mention in written.get(chunk, ()):
                    if mention.key == one:
                        seen[one].add(mention)
        return [
            Name(
                one, seen[one].name, seen[one].kind, place, len(held[one]), postings[one].passages > most,
                [other for other in aliases if held.get(other)],
            )
            for one, aliases in wanted.items()
            if one in seen
        ]  # fmt: skip

    def _phrases(self, keys: Sequence[str], place: str, held: Iterable[str]) -> dict[str, Counter[str]]:
        """Other key -> relation phrases between it and the name, in passages that SQL confirmed."""
        ours, confirmed = frozenset(keys), frozenset(held)
        phrases: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in self._store.statements(keys, [place], LOOKED_AT):
            if one.chunk_id in confirmed:
                said = one.statement
                phrases[said.object if said.subject in ours else said.subject][said.relation] += 1
        return phrases

    def step(self, first: str, second: str, places: Sequence[str]) -> Step:
        postings = self._store.postings([first, second], places, LOOKED_AT)
        rarer = min(postings.values(), key=lambda one: one.passages, default=None)
        chunks = [] if rarer is None else [chunk for chunk, _ in rarer.chunks]
        keys = {chunk: {mention.key: mention.name for mention in said} for chunk, said in self._store.mentions(chunks).items()}
        both = [chunk for chunk in chunks if first in keys.get(chunk, ()) and second in keys[chunk]]
        passages = self._catalogue.passages(both, places)
        shown = [chunk for chunk in both if chunk in passages]
        proofs = [(passages[chunk], _sentence(passages[chunk].text, first, second)) for chunk in shown]
        best = sorted(proofs, key=lambda proof: not proof[1])[:PROOFS]
        names = keys[shown[0]] if shown else {}
        return Step(names.get(first, first), names.get(second, second), best)


def _together(mentions: Mapping[str, Sequence[Mention]], ours: frozenset[str]) -> tuple[dict[str, _Seen], Counter[str]]:
    """What stands beside a name, and in how many of these passages."""
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    counts: Counter[str] = Counter()
    for said in mentions.values():
        for mention in said:
            if mention.key not in ours:
                seen[mention.key].add(mention)
                counts[mention.key] += 1
    return seen, counts


def _ordered(phrases: Counter[str]) -> list[str]:
    return sorted(phrases, key=lambda phrase: (-phrases[phrase], phrase))


def _fact(one: Statement, passage: Passage, spelled: Mapping[str, str]) -> Fact:
    names = (spelled.get(one.subject, one.subject), spelled.get(one.object, one.object))
    return Fact(names[0], one.relation, names[1], passage.text[one.start : one.end], passage)


def _sentence(text: str, first: str, second: str) -> str:
    for start, end in texts.sentences(text):
        folded = key.__wrapped__(text[start:end])
        if first in folded and second in folded:
            return text[start:end]
    return ""


def unknown(name: str) -> NotFound:
    return NotFound(f"No passage names {name!r}.", hint="`jitl graph entities` (GET /v1/graph/entities?q=...) finds names.")
