"""A collection's communities computed anew: read, clustered, described and switched to, beside whatever else goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from graph import gist
from graph.communities import keep_ids
from graph.community import Community, Member, Sentence
from graph.occurrences import Occurrences, read
from graph.survey import Drawn, chosen, survey
from jitl.sql.staging import chunk_id

if TYPE_CHECKING:
    from graph.editions import Editions
    from graph.facts import Mention
    from graph.ports import GraphStore
    from jitl.ports import Reporter
    from jitl.types import Passage


LONGEST_REST_S: Final = 0.2


class Catalogue(Protocol):
    """What SQL is asked here (`jitl.sql.catalogue`)."""

    def passages(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> Mapping[str, Passage]: ...


Describe = Callable[[Community, Sequence["Passage"]], Community]
"""Words a community anew, from passages that speak of it; gives it back as it is where there is nothing to say."""


class Refresh:
    """Safe to call from several threads; one collection is refreshed once at a time."""

    def __init__(self, editions: Editions, store: GraphStore, catalogue: Catalogue) -> None:
        self._editions = editions
        self._store = store
        self._catalogue = catalogue

    def run(self, collection_id: str, reporter: Reporter, describe: Describe | None = None) -> int | None:
        """How many communities there are now; None where it was told to stop, and readers see what they saw before.

        Raises `MissingPart`, `NotFound` (the collection is gone) and what the store and `describe` raise.
        """
        with self._editions.alone(collection_id):
            base = self._editions.base(collection_id)
            documents = [[chunk_id(version, ordinal) for ordinal in range(passages)] for version, passages in base.versions]

            rest = _Rest()

            def advance(done: int) -> bool:
                reporter.advance(done, base.passages)
                rest.take()
                return not reporter.cancelled()

            found = read(self._store, collection_id, documents, advance, headers=False)
            if found is None:
                return None
            edition = self._editions.begin(collection_id, base)
            written = self._write(collection_id, edition, found, reporter, describe)
            if written is not None:
                self._editions.switch(collection_id, edition)
                self._editions.sweep(collection_id)
            return written

    def _write(self, collection_id: str, edition: str, found: Occurrences, reporter: Reporter, describe: Describe | None) -> int | None:
        drawn = survey(found)
        ids = keep_ids(collection_id, [one.cluster for one in drawn], self._editions.memberships(collection_id))
        kept = chosen(drawn)
        ranks = _ranks(drawn, kept)
        total = len(found.passages) + len(kept)
        rest = _Rest()
        for done, at in enumerate(sorted(kept, key=lambda at: (drawn[at].cluster.level, ranks[at]))):
            reporter.advance(len(found.passages) + done, total)
            if reporter.cancelled():
                return None
            parent = drawn[at].cluster.parent
            one, passages = self._described(collection_id, found, drawn[at])
            named = Community(
                ids[at],
                collection_id,
                drawn[at].cluster.level,
                None if parent is None else ids[parent],
                ranks[at],
                _members(found, drawn[at]),
                one,
            )
            rest.take()
            self._editions.add(edition, named if describe is None else describe(named, passages))
        reporter.advance(total, total)
        return len(kept)

    def _described(self, collection_id: str, found: Occurrences, drawn: Drawn) -> tuple[list[Sentence], list[Passage]]:
        """The sentences that say most of the community, and the passages that they were chosen from."""
        chunks = [found.passages[place] for place in drawn.passages]
        texts = self._catalogue.passages(chunks, [collection_id])
        passages = [texts[chunk] for chunk in chunks if chunk in texts]
        held = {chunk: _held(found, drawn, said) for chunk, said in self._store.mentions(chunks).items()}
        weights = {found.names[name].key: weight**0.5 for name, weight in drawn.weights.items()}  # no name outweighs all others
        return [Sentence(None, [span]) for span in gist.sentences(passages, held, weights)], passages


class _Rest:
    """Leaves half of the time to questions and to what is being read in: Python computes for one at a time."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def take(self) -> None:
        time.sleep(min(time.monotonic() - self._since, LONGEST_REST_S))
        self._since = time.monotonic()


def _held(found: Occurrences, drawn: Drawn, said: Sequence[Mention]) -> list[gist.Held]:
    """The community's names in a passage."""
    numbered = ((found.numbers.get(one.key), one) for one in said)
    return [gist.Held(found.names[at].key, one.key, one.start) for at, one in numbered if at is not None and at in drawn.weights]


def _members(found: Occurrences, drawn: Drawn) -> list[Member]:
    some = (found.names[name] for name in drawn.members)
    return [Member(one.key, one.name, one.kind, [found.passages[place] for place in one.spelled]) for one in some]


def _ranks(drawn: Sequence[Drawn], kept: Sequence[int]) -> dict[int, int]:
    """Of the kept ones, within their level: what most passages speak of first."""
    ranks: dict[int, int] = {}
    for level in {drawn[at].cluster.level for at in kept}:
        here = sorted((at for at in kept if drawn[at].cluster.level == level), key=lambda at: (-drawn[at].weight, at))
        ranks |= {at: rank for rank, at in enumerate(here)}
    return ranks
