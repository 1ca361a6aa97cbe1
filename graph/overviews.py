"""Overview questions answered from communities: chapters of sentences, each with the passage it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from graph import communities, gist
from graph.keys import key
from graph.words import FUNCTION
from jitl import text as texts
from jitl.errors import MissingPart
from jitl.overview import Chapter, Remark

if TYPE_CHECKING:
    from graph.ports import GraphStore
    from graph.shelf import Catalogue, Shelf, Shown
    from jitl.types import Passage, Query

CHAPTERS: Final = 6
"""Of an overview of everything."""
BESIDE: Final = 2
"""Communities that an overview of a subject quotes."""
REMARKS: Final = 2
"""Sentences of a chapter."""
OF_SUBJECT: Final = 4
"""Sentences about the subject itself."""
LOOKED_AT: Final = 60
"""Passages in which the subject's sentences are looked for."""
COVERED: Final = 0.6
"""Share of a topic's words that names of communities must make up: less of it asks for something more special than a name."""
WORDS: Final = 6
"""Of a name in a topic, at most; signs, where it is Chinese: twice as many."""
LONGEST: Final = 120
"""Characters of a topic that are read."""
NOT_COMPUTED: Final = "No overview has been computed yet."
WHAT_TO_DO: Final = "Run: jitl graph refresh (or wait: it is done by itself once enough has changed)."


class GraphOverviews:
    """Implements `jitl.overview.Overviews`. Safe to call from several threads."""

    def __init__(self, shelf: Shelf, store: GraphStore, catalogue: Catalogue) -> None:
        self._shelf = shelf
        self._store = store
        self._catalogue = catalogue

    def overview(self, topic: str, query: Query) -> Sequence[Chapter]:
        """As the port says."""
        if not self._shelf.computed(query.collections):
            communities.require()
            raise MissingPart(NOT_COMPUTED, hint=WHAT_TO_DO)
        if topic:
            return self._of(topic, query)
        chapters = [_chapter(one, frozenset()) for one in self._shelf.first(query.collections, 2 * CHAPTERS)]
        return [one for one in chapters if one.remarks][:CHAPTERS]

    def _of(self, topic: str, query: Query) -> list[Chapter]:
        """First what is said of the subject itself, then of what stands together with it."""
        keys = self._subject(topic, query.collections)
        around = self._shelf.holding(query.collections, keys, 2 * BESIDE) if keys else []
        own = self._about(keys, query.collections) if keys else []
        if not around:  # either rare, or in so many passages that it tells no community from another
            return [Chapter(topic, own)] if len(own) == OF_SUBJECT else []
        used = frozenset(quote for remark in own for _, quote in remark.sources)
        beside = [_chapter(one, used) for one in around]
        first = [Chapter(topic, own)] if own else []
        return [*first, *[one for one in beside if one.remarks][:BESIDE]]

    def _subject(self, topic: str, places: Sequence[str]) -> list[str]:
        """Keys of the names that make up the topic, with those of the same class; none where they leave too much of it out."""
        folded = key(topic[:LONGEST])
        names = {one: _parts(one) for one in _candidates(folded)}
        known = self._store.postings(list(names), places, 1)
        left = set(_parts(folded))
        whole, found = len(left), []
        for name in sorted(known, key=lambda one: (-len(names[one]), one)):
            if left & set(names[name]):
                left -= set(names[name])
                found.append(name)
        if not found or len(left) > (1 - COVERED) * whole:
            return []
        others = self._store.aliases(found, places)
        return sorted({*found, *(other for aliases in others.values() for other in aliases)})

    def _about(self, keys: Sequence[str], places: Sequence[str]) -> list[Remark]:
        chunks = [chunk for one in self._store.postings(keys, places, LOOKED_AT).values() for chunk, _ in one.chunks]
        passages: Mapping[str, Passage] = self._catalogue.passages(chunks, places)
        ordered = [passages[chunk] for chunk in dict.fromkeys(chunks) if chunk in passages]
        wanted = frozenset(keys)
        held = {
            chunk: [gist.Held(one.key, one.key, one.start) for one in said if one.key in wanted]
            for chunk, said in self._store.mentions(list(passages)).items()
        }
        spans = gist.holding(ordered, held, OF_SUBJECT)
        return [_remark(passages[chunk], start, end) for chunk, start, end in spans]


def _chapter(one: Shown, used: frozenset[str]) -> Chapter:
    fresh = [said for said in one.said if not used & {quote for _, quote in said.sources}]
    return Chapter(one.title, [Remark(said.text, said.sources) for said in fresh[:REMARKS]])


def _remark(passage: Passage, start: int, end: int) -> Remark:
    quote = passage.text[start:end]
    return Remark(quote, [(passage, quote)])


def _parts(folded: str) -> list[str]:
    """Words that say something, or pairs of Chinese signs."""
    if texts.language(folded) == "zh":
        return [folded[at : at + 2] for at in range(max(1, len(folded) - 1))]
    return [word for word in folded.split() if word not in FUNCTION]


def _candidates(folded: str) -> Iterator[str]:
    """What in the topic may be a name, in its folded form."""
    yield folded
    chinese = texts.language(folded) == "zh"
    parts, most = (list(folded), 2 * WORDS) if chinese else (folded.split(), WORDS)
    for start in range(len(parts)):
        for end in range(start + 1, min(len(parts), start + most) + 1):
            name = ("" if chinese else " ").join(parts[start:end])
            if len(name) > 1 and name not in FUNCTION:
                yield name
