"""A question without the words that say when: how a correction that holds for a time, a release or some runs may have been asked.

Who asks of a past time says `was` where a correction says `is`, and names a run where a correction says `in the data`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from feedback.moments import Phrase
from jitl.text import CJK, language

_SPACES: Final = re.compile(r"\s+")
_LOOSE: Final = re.compile(r"^[\s,;:\uff0c\u3001\u7684]+|[,\uff0c](?=\s*[?.!\uff1f\u3002]?$)")
_BLANK_STOP: Final = re.compile(r"\s+(?=[,.;:?!\uff0c\u3002\uff1f])")
_BETWEEN_SIGNS: Final = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
_DATA: Final = " in the data "
_PRESENT: Final = {"was": "is", "were": "are", "had": "has", "did": "does"}
_AUXILIARY: Final = re.compile(r"\b(?:was|were|had|did)\b", re.IGNORECASE)
_PAST: Final = re.compile(
    r"(?P<begins>^\W*(?:and\s+)?(?:who|(?:which|what)(?:\s+[\w-]+){0,3}))\s+(?P<stem>[a-z]{2,}?)(?P<end>ed|ied)\s", re.IGNORECASE
)
_MUTE_E: Final = re.compile(r"(?:[^aeiouy][aeiou][^aeiouywxl]|[vsczgu])$")
_HISSES: Final = re.compile(r"(?:[sc]h|ss|x|zz)$")
_IRREGULAR: Final = {
    "ran": "runs", "held": "holds", "led": "leads", "gave": "gives", "took": "takes", "kept": "keeps", "wrote": "writes",
    "chose": "chooses",
}  # fmt: skip
_STRONG: Final = re.compile(rf"\b(?:{'|'.join(_IRREGULAR)})\b")


def stripped(text: str, phrases: Sequence[Phrase]) -> list[str]:
    """The text without the phrases; where one names software, also with the name left: it may belong to what is asked."""
    return list(dict.fromkeys(_without(text, phrases, names=names) for names in (False, True))) if phrases else []


def _without(text: str, phrases: Sequence[Phrase], *, names: bool) -> str:
    for phrase in sorted(phrases, key=lambda phrase: -phrase.start):
        kept = f" {_link(text, phrase)}{phrase.name} " if names and phrase.name else " "
        text = text[: phrase.start] + kept + text[phrase.end :]
    return _tidy(text)


def _tidy(text: str) -> str:
    return _BETWEEN_SIGNS.sub("", _LOOSE.sub("", _BLANK_STOP.sub("", _SPACES.sub(" ", text))).strip())


def _link(text: str, phrase: Phrase) -> str:
    """`in BOSS` where the phrase had a word of its own before the name."""
    return "for " if text[phrase.start : phrase.end].split(maxsplit=1)[0] != phrase.name and language(text) == "en" else ""


def readings(text: str, phrases: Sequence[Phrase]) -> list[str]:
    """`stripped`, and in English the other forms that a correction of many times may have."""
    plain = stripped(text, phrases)
    return list(dict.fromkeys([*plain, *_forms(text, phrases)])) if plain and language(text) == "en" else plain


def _forms(text: str, phrases: Sequence[Phrase]) -> Iterator[str]:
    yield present(_without(text, phrases, names=False))
    if any(phrase.kind == "runs" for phrase in phrases):
        said = text
        for phrase in sorted(phrases, key=lambda phrase: -phrase.start):
            said = said[: phrase.start] + (_DATA if phrase.kind == "runs" else " ") + said[phrase.end :]
        yield present(_tidy(said))


def present(text: str) -> str:
    """The question in the present tense, as far as its first verb tells."""
    for pattern, put in ((_AUXILIARY, lambda found: _PRESENT[found[0].lower()]), (_STRONG, lambda found: _IRREGULAR[found[0]])):
        said, changed = pattern.subn(put, text, count=1)
        if changed:
            return said
    return _PAST.sub(_now, text, count=1)


def _now(found: re.Match[str]) -> str:
    stem = found["stem"]
    if found["end"] == "ied":
        ending = "ies"
    elif _HISSES.search(stem) or _MUTE_E.search(stem):
        ending = "es"
    else:
        ending = "s"
    return f"{found['begins']} {stem}{ending} "
