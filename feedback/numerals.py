"""Numbers written in words, as digits: `four hours`, `二十微安`, `万分之五`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from feedback.units import UNITS

_SMALL: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES: Final = {word: n for n, word in enumerate(_SMALL)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES: Final = {"hundred": 100, "thousand": 1000}
_NUMBER: Final = "|".join((*sorted(_VALUES, key=len, reverse=True), *_SCALES))
_ENGLISH: Final = re.compile(rf"\b(?:{_NUMBER})(?:(?:[\s-]+(?:and\s+)?)(?:{_NUMBER}))*\b(?!-)", re.IGNORECASE)
_MEASURED: Final = re.compile(rf"\s+(?:{'|'.join(unit for unit in UNITS if unit.isalpha() and unit.isascii())})\b")
_SIGNS: Final = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS: Final = {"十": 10, "百": 100, "千": 1000}
_GROUPS: Final = {"万": 10_000, "亿": 100_000_000}
_CHINESE_SIGNS: Final = "".join((*_SIGNS, *_POWERS, *_GROUPS))
_UNIT: Final = "|".join(sorted((re.escape(unit) for unit in UNITS if not unit.isascii()), key=len, reverse=True))
_FRACTION: Final = re.compile(f"([百千万])分之([{_CHINESE_SIGNS}]{{1,20}}(?:点[{_CHINESE_SIGNS}]{{1,20}})?|\\d{{1,20}}(?:\\.\\d{{1,20}})?)")
_POINT: Final = re.compile(f"([{_CHINESE_SIGNS}]{{1,20}})点([{''.join(_SIGNS)}]{{1,20}})(?![钟半])")
_CHINESE: Final = re.compile(f"[{_CHINESE_SIGNS}]{{2,20}}|[{''.join((*_SIGNS, *_POWERS))}](?={_UNIT}|[%A-Za-z])")


def in_digits(text: str) -> str:
    """The text with its numbers in digits. A lone `one` is hardly ever a number, and a lone Chinese sign only before a unit."""
    text = _FRACTION.sub(_share, text)
    text = _POINT.sub(lambda match: f"{_chinese(match[1])}.{''.join(str(_SIGNS[sign]) for sign in match[2])}", text)
    text = _CHINESE.sub(lambda match: str(_chinese(match.group())), text)
    return _ENGLISH.sub(_english, text)


def _english(match: re.Match[str]) -> str:
    words = [word for word in re.split(r"[\s-]+", match.group().lower()) if word != "and"]
    if words == ["one"] and _MEASURED.match(match.string, match.end()) is None:
        return match.group()
    total = current = 0
    for word in words:
        if word == "thousand":
            total, current = total + (current or 1) * 1000, 0
        elif word == "hundred":
            current = (current or 1) * 100
        else:
            current += _VALUES[word]
    return str(total + current)


def _share(match: re.Match[str]) -> str:
    whole, point, rest = match[2].partition("点")
    number = (
        match[2] if match[2][0].isdigit() else f"{_chinese(whole)}{'.' * len(point)}{''.join(str(_SIGNS.get(sign, '')) for sign in rest)}"
    )
    return str(Decimal(number) / (_POWERS | _GROUPS)[match[1]])


def _chinese(signs: str) -> int:
    if all(sign in _SIGNS for sign in signs):  # 二〇一九
        return int("".join(str(_SIGNS[sign]) for sign in signs))
    total = group = digit = 0
    for sign in signs:
        if sign in _SIGNS:
            digit = _SIGNS[sign]
        elif sign in _POWERS:
            group, digit = group + (digit or 1) * _POWERS[sign], 0
        else:
            total, group, digit = total + (group + digit or 1) * _GROUPS[sign], 0, 0
    return total + group + digit
