"""Noun phrases in running text, by the words that end them."""

from __future__ import annotations

import re

from graph.verbs import FORMS, PARTICIPLES
from graph.words import FUNCTION

DETERMINER = re.compile(
    r"(?:the|an?|one of the|one of|its own|its|their|some|several|many|various|all|multiple|numerous|two|three|four|both) ", re.IGNORECASE
)
_WORD = re.compile(r"(?:[A-Z]\.)+(?=[ ][A-Z])|(?:St|Dr|Mr|Mrs|Ms|Mt)\.(?=[ ])|[^\W_](?:[\w’'/+&.:–-]*[\w+])?")
FORBIDDEN = re.compile(r"[|%<>{}=\\#*\n]|\"\"")
_TAKES = re.compile(r" (?:the|an?|its|their|this|[A-Z]\w+)\b")  # after a participle: its object
OF = re.compile(r" (of|for|in) ")
_GOING_ON = frozenset(
    """
    implementing teaching meaning leading covering running working needed governing specialising specializing wide such best known
    """.split()  # noqa: SIM905
)
_DEICTIC = frozenset(
    """
    this these that those such it he she they we you i there here who which what each every any other another same one some few
    several many first use let bit
    """.split()  # noqa: SIM905
)
STOPPERS = (FUNCTION - frozenset({"two", "three", "first", "second", "full", "general", "open", "last", "further", "former"})) | frozenset(
    """
    using including allowing providing containing having being consisting involving making taking giving enabling requiring
    depending following starting according regarding concerning showing describing called named dubbed titled entitled located
    situated known whose that via per i.e e.g ie eg etc
    """.split()  # noqa: SIM905
)
VAGUE = frozenset(
    """
    way ways thing things lot number following case cases example examples time times part kind type sort set series range variety
    result results aspect aspects issue issues need fact use order one ones addition ability possibility amount point name list
    step concept increase decrease choice solution version reference target combination cornerstone tool piece source means
    measure form basis subject method role degree level majority group share advantage access support lack amounts kinds
    definition snap development work
    """.split()  # noqa: SIM905
)
_WORDS = 7  # of a noun phrase
_OBJECT = 80  # characters of an object with what follows `of`


def phrase(text: str, at: int, end: int) -> tuple[int, int] | None:
    """A noun phrase from here: words parted by single blanks, up to a function word, a verb or a stop; None where it is none."""
    start, last = at, at
    count = 0
    while at < end:
        word = _WORD.match(text, at, end)
        if not word:
            break
        lowered = word.group().lower()
        if lowered in STOPPERS or (lowered in FORMS and lowered not in PARTICIPLES and word.group().islower()):
            break
        count += 1
        last = word.end()
        if not text.startswith(" ", last):
            break
        at = last + 1
    if not count or count > _WORDS:
        return None
    return _trimmed(text, start, last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Without participles and adverbs at its end."""
    words = text[start:end].split(" ")
    while words and (_hangs(words) or (len(words) > 1 and words[-1].endswith("ing") and _TAKES.match(text, end))):
        end -= len(words.pop()) + 1
    if not words or words[0].lower().removesuffix("'s").removesuffix("’s") in _DEICTIC:
        return None
    return start, max(end, start)


def _hangs(words: list[str]) -> bool:
    """Whether the last word goes on to what follows the phrase."""
    last = words[-1]
    if not last.islower():
        return False
    return (last in PARTICIPLES and last not in {"read", "set"}) or last.endswith("ly") or last in _GOING_ON


def extended(text: str, found: tuple[int, int], end: int) -> tuple[int, int]:
    """With what follows `of`, and for words that say little alone also `for` and `in`."""
    words = text[found[0] : found[1]].lower().split(" ")
    vague = words[-1] in VAGUE
    after = OF.match(text, found[1], end)
    if not after or (after.group(1) != "of" and not vague):
        return found
    determiner = DETERMINER.match(text, after.end(), end)
    tail = phrase(text, determiner.end() if determiner else after.end(), end)
    return (found[0], tail[1]) if tail and tail[1] - found[0] <= _OBJECT else found
