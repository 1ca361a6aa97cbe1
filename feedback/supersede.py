"""Wrong sentences: a passage is superseded while it contains one that an authoritative correction marked.

Marks hold by content alone, so they survive new chunks, new versions and other documents that copy the sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from jitl import text as texts

MIN_WORDS: Final = 4
"""A shorter sentence within a longer quote ("See below.") would mark passages that nobody meant."""

_LINK: Final = re.compile(r"\[\[[^\]\[]*\]\[([^\]\[]*)\]\]|\[\[([^\]\[]*)\]\]|!?\[([^\]\[]*)\]\([^()\s]*\)")
_TAG: Final = re.compile(r"</?[a-z][^<>]*>|%[a-z]+%", re.IGNORECASE)
_EMPHASIS: Final = re.compile(r"(?<![^\W_])[*_`=~]+|[*_`=~]+(?![^\W_])")
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACE: Final = re.compile(r"\s+")
_SAME: Final = str.maketrans(
    dict.fromkeys("\u2018\u2019", "'") | dict.fromkeys("\u201c\u201d", '"') | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
_STOPS: Final = (".", "!", "?", "\u3002", "\uff01", "\uff1f")
_OPENS, _CLOSES = "^", "$"  # before the first and the last words of a sentence, as keys
_ENDS: Final = " \t\"'.,;:!?\u3002\uff0c\uff1b\uff1a\uff01\uff1f\u3001()[]"
_WORD: Final = re.compile(f"[{texts.CJK}]|[^\\W_{texts.CJK}]+")


def normalise(text: str) -> str:
    """The form in which sentences are compared: without markup, case, white space or the many signs for one dash or quote."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    text = _LINK.sub(lambda match: next(group for group in match.groups() if group is not None), text)
    text = _EMPHASIS.sub("", _TAG.sub(" ", text)).translate(_SAME)
    return _SPACE.sub(" ", text.casefold()).strip()


def words(normalised: str) -> list[str]:
    """Of a normalised text; every Chinese sign is one."""
    return _WORD.findall(normalised)


def marked_sentences(quote: str) -> tuple[str, ...]:
    """The sentences of a quote as marks, normalised, each once. A quote without one long enough is marked whole."""
    found = [normalise(quote[start:end]).strip(_ENDS) for start, end in texts.sentences(quote)]
    long = [sentence for sentence in found if len(_WORD.findall(sentence)) >= MIN_WORDS]
    whole = normalise(quote).strip(_ENDS)
    return tuple(dict.fromkeys(long)) or ((whole,) if whole else ())


@dataclass(frozen=True, slots=True)
class WrongSentence:
    """`seq` orders marks on one sentence: the later correction is named."""

    sentence: str
    correction_id: str
    seq: int


class MarkedSentences:
    """The marks of one collection; immutable, safe to read from several threads."""

    def __init__(self, by_anchor: Mapping[str, tuple[WrongSentence, ...]] | None = None) -> None:
        self._by_anchor = dict(by_anchor or {})

    def changed(self, removed: Iterable[WrongSentence], added: Iterable[WrongSentence]) -> MarkedSentences:
        marks = dict(self._by_anchor)
        for mark in removed:
            for anchor in _places(mark.sentence):
                left = tuple(other for other in marks.get(anchor, ()) if other != mark)
                marks[anchor] = left
                if not left:
                    del marks[anchor]
        for mark in added:
            for anchor in _places(mark.sentence):
                marks[anchor] = (*marks.get(anchor, ()), mark)
        return MarkedSentences(marks)

    def find(self, passage: str) -> str | None:
        """Id of the latest correction that marked a sentence of the passage."""
        if not self._by_anchor:
            return None
        text = normalise(passage)
        held = list(_WORD.finditer(text))
        anchors = {"", *(word.group() for word in held), *_anchors([word.group() for word in held])}
        near = {mark for anchor in anchors for mark in self._by_anchor.get(anchor, ())}
        found = [mark for mark in near if _contains(text, mark.sentence)]
        found += [*self._begun(passage, text, held), *self._ended(passage, text, held)]
        return max(found, key=lambda mark: (mark.seq, mark.correction_id)).correction_id if found else None

    def _begun(self, passage: str, text: str, held: Sequence[re.Match[str]]) -> Iterator[WrongSentence]:
        """Marks within whose sentence the passage ends: chunks of another size cut long ones. After a stop nothing was cut."""
        if passage.rstrip().endswith(_STOPS):
            return
        for at in range(len(held) - MIN_WORDS + 1):
            marks = self._by_anchor.get(_OPENS + _run(held[at : at + MIN_WORDS]), ())
            rest = text[held[at].start() :].rstrip(_ENDS) if marks else ""
            yield from (mark for mark in marks if mark.sentence.startswith(rest) and _apart(mark.sentence, len(rest)))

    def _ended(self, passage: str, text: str, held: Sequence[re.Match[str]]) -> Iterator[WrongSentence]:
        """Marks within whose sentence the passage begins: not as a sentence does."""
        if passage.lstrip()[:1].isupper():
            return
        for at in range(len(held) - MIN_WORDS + 1):
            run = held[at : at + MIN_WORDS]
            marks = self._by_anchor.get(_CLOSES + _run(run), ())
            head = text[: run[-1].end()].lstrip(_ENDS) if marks else ""
            yield from (mark for mark in marks if mark.sentence.endswith(head) and _apart(mark.sentence, len(mark.sentence) - len(head)))


NO_MARKS: Final = MarkedSentences()


def contains(passage: str, sentence: str) -> bool:
    """Whether a passage holds a marked sentence, whole or cut at the passage's own edge."""
    return NO_MARKS.changed((), [WrongSentence(sentence, "", 0)]).find(passage) is not None


def _places(sentence: str) -> set[str]:
    """What a passage must hold to be looked at closely: the longest pair of words, as the likely rarest; or how it begins or ends."""
    held = list(_WORD.finditer(sentence))
    plain = [word.group() for word in held]
    whole = max((*_anchors(plain),) or plain, key=lambda anchor: (len(anchor), anchor), default="")
    if len(held) < 2 * MIN_WORDS:
        return {whole}
    return {whole, _OPENS + _run(held[:MIN_WORDS]), _CLOSES + _run(held[-MIN_WORDS:])}


def _anchors(held: Sequence[str]) -> Iterator[str]:
    """Neighbouring words: whatever contains a sentence contains all of its pairs."""
    for first, second in pairwise(held):
        yield f"{first} {second}"


def _run(held: Sequence[re.Match[str]]) -> str:
    return " ".join(word.group() for word in held)


def _contains(text: str, sentence: str) -> bool:
    """Whether the sentence stands there as it is: not as a part of longer words or numbers."""
    at = text.find(sentence)
    while at >= 0:
        if _apart(text, at) and _apart(text, at + len(sentence)):
            return True
        at = text.find(sentence, at + 1)
    return False


def _apart(text: str, at: int) -> bool:
    """Whether words end at this place; `4.5` holds no `4`."""
    if at in (0, len(text)):
        return True
    before, after = text[at - 1], text[at]
    if re.match(f"[{texts.CJK}]", before) or re.match(f"[{texts.CJK}]", after):
        return True
    if before.isalnum() and after.isalnum():
        return False
    point = text[max(0, at - 2) : at + 2]
    return re.search(r"\d[.,]\d", point) is None
