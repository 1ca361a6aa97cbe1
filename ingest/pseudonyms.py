"""People in mail, chat and issues under stable tokens: who can no longer be told, that it is the same person still can.

A token is keyed (HMAC-SHA-256), so that nobody without the service's key can find out whose it is by trying names.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from jitl.types import Block, BlockKind, ParsedDocument

VERSION = "1"
KINDS = frozenset({"mail", "chat", "issue"})
SIGNATURE = "[signature]"
MOST_KNOWN = 50_000
_IDS = ("message_id", "in_reply_to", "thread")
_PEOPLE = ("author", "to", "people", "reporter", "assignee", "attachments")

_AT = r"(?:@|\s?[\[({<]\s?(?:at|AT|@)\s?[\])}>]\s?| (?:at|AT) (?=[\w-]+(?:\.| dot )))"
_DOT = r"(?:\.|\s?[\[({]\s?(?:dot|DOT)\s?[\])}]\s?| (?:dot|DOT) )"
_PLACE = (
    r"(?!(?:meetings?|works?|working|available|found|hosted|pages?|see|is|are|was|talks?|servers?|sites?|wiki|running|docs|look|files?)"
    r" (?:at|AT) )"
)
_ADDRESS = re.compile(
    rf"(?<![\w.+-]){_PLACE}[A-Za-z0-9_][\w.+'=-]{{0,80}}{_AT}[A-Za-z0-9][\w-]{{0,62}}(?:{_DOT}[A-Za-z0-9][\w-]{{0,62}}){{0,5}}{_DOT}[A-Za-z]{{2,18}}(?![\w-])"
)
_PHONE = re.compile(
    r"(?<![\w.+/-])\+\d{1,3}[\s./-]?(?:\(\d{1,5}\)[\s./-]?)?(?:\d[\s./-]?){5,12}\d(?![\w/])"
    r"|(?i:(?:\b(?:tel(?:ephone|efon)?|phone|fax|mob(?:ile)?|cell|office|gsm)\b|电话|手机|传真|電話)\.?\s{0,2}[:：]?\s{0,2})\(?[+\d](?:[\d()\s./-]{4,20})\d"
    r"|(?<![\w.+/-])\(\d{2,5}\)\s?\d{3,4}[\s.-]\d{4}(?!\w)|(?<![\w.+/-])1[3-9]\d{9}(?!\w)"
)
_NAME = r"[^\W\d_a-z][\w'’-]*\.?(?:[ \t]+(?:(?:de|da|di|du|van|von|der|den|del|la|le|bin|al)[ \t]+){0,2}[^\W\d_a-z][\w'’-]*\.?){0,3}"
_SAID = re.compile(
    rf"(?m)(?:^|(?<=[,;] )|(?<=[>:] ))(?P<who>(?:[^\W\d_a-z][\w'’-]+, )?{_NAME})"
    rf"(?= ?(?:<[^>\n]{{1,100}}>|\([^)\n]{{1,100}}\)|\[[^\]\n]{{1,100}}\])? (?:wrote|writes|said|schrieb|a écrit)\b| ?写道| ?[:：]? ?写道)"
)
_FIELD = re.compile(
    r"(?im)^(?:[>*\s]{0,6})(?:from|to|cc|bcc|sender|reply-to|von|an|de|发件人|收件人|抄送)\*?\s*[:：]\s*(?P<who>[^\n]{2,300})$"
)
_GREETING = re.compile(
    rf"(?m)^(?:[Dd]ear|Hi|Hello|Hallo|Hey|Ciao|Cher|Chère|Liebe[r]?|Salut)[ \t]+(?P<who>{_NAME})(?=[ \t]*(?:[,!:.]|$|and\b|&))"
)
_MENTION = re.compile(r"(?<![\w@.])@(?P<who>[A-Za-z][\w.-]{1,40}\w)")
_CLOSING = re.compile(
    r"(?im)^(?:(?:with )?(?:best|kind|warm|many|viele|liebe|beste|mit freundlichen|meilleures?|bien)?[ \t]*"
    r"(?:regards|wishes|greetings|grüßen?|gruesse|salutations|cordialement)|best|cheers|thanks|thank you|many thanks|thx"
    r"|sincerely|yours(?: \w+)?"
    r"|ciao|saludos|saluti|此致|敬礼|祝好|谢谢|顺颂)(?: a lot| in advance| again| very much)?[ \t]*[,.!;]*[ \t]*[\w-]{0,24}[ \t]*$"
)
_INITIALS = re.compile(r"(?:\b[A-Z]\.[ -]?){1,3}(?=person-[0-9a-f]{10})")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SPLIT = re.compile(r"[,;]\s*|\s+(?:and|und|et|&)\s+")
_ORDINARY = """
all and any best both can dear everyone everybody folks friend friends from group hello here list mails maintainer members team the there
they this user users colleague colleagues experts admin support service software reco offline trigger
"""
_COMMON = frozenset(_ORDINARY.split())


class Pseudonyms:
    """For the documents of one file, in their order: who was named in one is known in the next."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._names: dict[tuple[str, ...], str] = {}
        self._single: dict[str, str] = {}

    def token(self, kind: str, value: str) -> str:
        """The same for the same value, always; nothing of the value is in it."""
        digest = hmac.new(self._key, f"{kind}\n{value}".encode(), hashlib.sha256).hexdigest()
        return f"{kind}-{digest[:10]}"

    def applied(self, document: ParsedDocument) -> ParsedDocument:
        """The document without its people; one of another kind comes back as it is."""
        if document.kind not in KINDS:
            return document
        for name in self._identities(document):
            self._learn(name)
        blocks = tuple(
            replace(block, text=text, section=tuple(map(self.text, block.section)), message=self._id(block.message))
            for block, text in self._signed_off(document.blocks)
        )
        member = self.token("message", document.member) if document.kind == "mail" else self.text(document.member)
        metadata = {key: self._value(key, value) for key, value in document.metadata.items()}
        return replace(document, title=self.text(document.title), blocks=blocks, member=member, metadata=metadata)

    def text(self, text: str) -> str:
        """The text with tokens for addresses, phones, and everybody who is known or whom it names as a writer."""
        for pattern in (_SAID, _GREETING):
            for match in pattern.finditer(text):
                self._learn(match["who"])
        for match in _FIELD.finditer(text):
            for name in _SPLIT.split(_ADDRESS.sub("", match["who"])):
                self._learn(name.strip("<>\"' ()[]"))
        text = _ADDRESS.sub(lambda match: self.token("address", _plain_address(match[0])), text)
        text = _PHONE.sub("[phone]", text)
        text = _MENTION.sub(lambda match: "@" + self._of_word(match["who"]), text)
        return _INITIALS.sub("", self._renamed(text))

    def _identities(self, document: ParsedDocument) -> Iterator[str]:
        for key in _PEOPLE[:-1]:
            value = document.metadata.get(key)
            names = [value, *value.split(", ")] if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
            yield from (str(name) for name in names if name)

    def _learn(self, name: str) -> None:
        """A name in all the ways that people write it: whole, turned round, each part alone."""
        if len(self._names) > MOST_KNOWN:
            return
        bare = re.sub(r"\([^)]*\)|\"[^\"]*\"", " ", _ADDRESS.sub(" ", name))
        words = [word for word in _WORD.findall(bare) if len(word) > 1 or not word.isascii()]
        plain = tuple(word.casefold() for word in words)
        if not plain or len(plain) > 6 or all(word in _COMMON for word in plain):
            return
        token = self._names.get(plain) or self.token("person", " ".join(sorted(plain)))
        self._names.setdefault(plain, token)
        self._names.setdefault(plain[::-1], token)
        if len(plain) > 2:
            self._names.setdefault((plain[0], plain[-1]), token)
            self._names.setdefault((plain[-1], plain[0]), token)
        for word in plain:
            if (len(word) >= 3 or not word.isascii()) and word not in _COMMON:
                self._single.setdefault(word, token)

    def _renamed(self, text: str) -> str:
        """Longest names first; a part alone only where it is written like a name."""
        if not self._names:
            return text
        out: list[str] = []
        at = 0
        words = list(_WORD.finditer(text))
        number = 0
        while number < len(words):
            count, token = self._at(words, number, text)
            if token is not None:
                out += [text[at : words[number].start()], token]
                at = words[number + count - 1].end()
            number += count
        return "".join([*out, text[at:]])

    def _at(self, words: list[re.Match[str]], number: int, text: str) -> tuple[int, str | None]:
        for count in range(min(6, len(words) - number), 1, -1):
            run = words[number : number + count]
            gaps = all(len(text[a.end() : b.start()].strip(" .,\t\n")) <= 2 and b.start() - a.end() <= 5 for a, b in pairwise(run))
            token = self._names.get(tuple(word[0].casefold() for word in run)) if gaps else None
            if token is not None:
                return count, token
        word = words[number][0]
        return 1, self._single.get(word.casefold()) if not word.islower() or not word.isascii() else self._login(word)

    def _login(self, word: str) -> str | None:
        """A lower-case word that is a whole name of one word: the login names of chats."""
        return self._names.get((word,))

    def _of_word(self, word: str) -> str:
        return self._names.get((word.casefold(),)) or self.token("person", word.casefold())

    def _signed_off(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, str]]:
        """Blocks with their new text; what follows a closing formula is a signature until a quotation begins."""
        signing = 0
        for block in blocks:
            text = self.text(block.text)
            quoted = block.kind in {BlockKind.QUOTE, BlockKind.CODE}
            if signing and not quoted and _is_signature(text):
                signing -= 1
                continue
            signing = 0
            closing = None if quoted else next(iter(list(_CLOSING.finditer(text))[-1:]), None)
            if closing is not None and _is_signature(text[closing.end() :].strip("\n") or "x"):
                text = f"{text[: closing.start()].rstrip()}\n{SIGNATURE}".strip()
                signing = 3
            yield block, text

    def _id(self, value: str | None) -> str | None:
        return None if value is None else self.token("message", value)

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, str):
            if key in _IDS and not value.startswith("subject:"):
                return self.token("message", value)
            return self.text(value)
        if isinstance(value, list | tuple):
            return list(dict.fromkeys(self._value(key, item) for item in value))
        return {name: self._value(name, inner) for name, inner in value.items()} if isinstance(value, Mapping) else value


def _is_signature(text: str) -> bool:
    """A few short lines."""
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) <= 8 and all(len(line) <= 90 for line in lines)


def _plain_address(text: str) -> str:
    text = re.sub(r"\s?[\[({<]\s?(?:at|AT|@)\s?[\])}>]\s?| (?:at|AT) ", "@", text)
    return re.sub(r"\s?[\[({]\s?(?:dot|DOT)\s?[\])}]\s?| (?:dot|DOT) ", ".", text).casefold()
