"""What is found in one passage while it is read: mentions by key, aliases, statements."""

from __future__ import annotations

from graph.facts import VAGUE, Alias, Facts, Kind, Mention, Statement
from graph.keys import key
from graph.terms import singular

_OPENING = 4  # characters before a name that opens a text: an article, a quotation mark


class _Seen:
    """A mention while it is counted; `start` -1 as long as it was seen in no text."""

    __slots__ = ("count", "end", "kind", "name", "start", "titled")

    def __init__(self, name: str, kind: Kind, count: int, *, titled: bool, start: int = -1, end: int = -1) -> None:
        self.name, self.kind, self.count, self.titled, self.start, self.end = name, kind, count, titled, start, end

    def again(self, name: str, kind: Kind, start: int, end: int) -> None:
        if self.kind in VAGUE and kind is not Kind.TERM:
            self.kind = kind
        self.count += 1
        if self.start < 0 or start < self.start:
            self.name = name if self.start >= 0 or not self.titled else self.name
            self.start, self.end = start, end

    def mention(self, folded: str) -> Mention:
        return Mention(folded, self.name, self.kind, max(1, self.count), self.titled, self.start, self.end)


class Found:
    """Collects; equal things are held once. `text` is the passage's."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._mentions: dict[str, _Seen] = {}
        self._spans: set[tuple[str, int]] = set()
        self._aliases: set[Alias] = set()
        self._statements: set[Statement] = set()

    def __contains__(self, folded: str) -> bool:
        return folded in self._mentions

    def keys(self) -> list[str]:
        return list(self._mentions)

    def add(self, start: int, end: int, kind: Kind = Kind.NAME, folded: str = "") -> str:
        """A name in the text; its key, "" where nothing of it is left folded."""
        name = self.text[start:end]
        folded = folded or self.folded(name)
        if folded and (folded, start) not in self._spans:
            self._spans.add((folded, start))
            seen = self._mentions.get(folded)
            if seen is None:
                self._mentions[folded] = _Seen(name, kind, 1, titled=False, start=start, end=end)
            else:
                seen.again(name, kind, start, end)
        return folded

    def title(self, name: str) -> None:
        folded = key(name)
        if folded:
            self._mentions[folded] = _Seen(name, Kind.NAME, 0, titled=True)

    def lead(self) -> None:
        """Where a document has no title, the longest name that its passage opens with stands for one."""
        opening = [one for one in self._mentions.values() if 0 <= one.start <= _OPENING and one.kind is not Kind.TERM]
        if opening:
            max(opening, key=lambda one: one.end - one.start).titled = True

    def headed(self, name: str) -> None:
        """A name in the header alone."""
        folded = key(name)
        if folded and folded not in self._mentions:
            self._mentions[folded] = _Seen(name, Kind.NAME, 0, titled=False)

    def alias(self, one: str, other: str) -> None:
        if one and other and one != other:
            self._aliases.add(Alias(min(one, other), max(one, other)))

    def state(self, subject: tuple[int, int], relation: str, object_: tuple[int, int], sentence: tuple[int, int]) -> None:
        """A statement; its ends become mentions where they are none."""
        one, other = self._end(subject), self._end(object_)
        if one and other and one != other:
            self._statements.add(Statement(one, relation, other, *sentence))

    @staticmethod
    def folded(name: str) -> str:
        """A name's key; words in lower case are counted under their singular."""
        return key(singular(name) if name.islower() else name)

    def facts(self) -> Facts:
        return Facts(
            tuple(self._mentions[one].mention(one) for one in sorted(self._mentions)),
            tuple(sorted(self._aliases, key=lambda alias: (alias.key, alias.other))),
            tuple(sorted(self._statements, key=lambda one: (one.start, one.subject, one.relation, one.object))),
        )

    def _end(self, span: tuple[int, int]) -> str:
        name = self.text[slice(*span)]
        folded = self.folded(name)
        if folded in self._mentions:
            return folded
        return self.add(*span, Kind.NAME if name[:1].isupper() and name[1:] != name[1:].lower() else Kind.TERM, folded)
