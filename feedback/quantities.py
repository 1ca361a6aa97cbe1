"""Do two answers say the same? Numbers are compared with their units: 3.097 GeV is 3097 MeV, 4 kHz is not 40 kHz.

The table of the field's own units (`feedback/units.py`) stands in for a units library: what has to be found are quantities in
running text, English and Chinese, with natural units (a mass in GeV is one in GeV/c²), inverse barns and multiples like 万.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from feedback.numerals import in_digits
from feedback.units import UNITS
from jitl import text as texts

LITTLE: Final = 3
"""Words that an answer may hold beside its quantities."""
_MULTIPLES: Final = {"万": 4, "亿": 8, "thousand": 3, "million": 6, "billion": 9}
_UNIT: Final = "|".join(sorted((re.escape(unit) for unit in UNITS), key=len, reverse=True))
_MULTIPLE: Final = "|".join(_MULTIPLES)
_QUANTITY: Final = re.compile(
    r"(?<![A-Za-z0-9_.])(?P<sign>-?)(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\d]|\.\d)"
    r"(?:\s*[x*×]\s*10\s*\^?\s*(?P<power>-?\d{1,3})|[eE](?P<e>[+-]?\d{1,3})(?![\w]))?"
    r"(?:\s*(?:±|\+/-|\+-)\s*[\d.]+)?"
    rf"(?:\s*(?P<multiple>{_MULTIPLE}))?"
    rf"(?:[\s-]*(?P<unit>{_UNIT})(?:/c\^?2?)?(?![A-Za-z0-9^/μ]))?"
)
_INVERSE: Final = re.compile(
    r"\b(?:inverse|反)\s*-?(?:(femto|pico|nano|atto)barns?|(?:飞|皮|纳|阿)靶)|/\s*([fpna])b\b|\b([fpna])b\s*\^?\s*-\s*1\b"
)
_FIRST: Final = {"femto": "f", "pico": "p", "nano": "n", "atto": "a"}
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_POINTED: Final = re.compile(r"(?<=\d),(?=\d{3}\b)")
_WORD: Final = re.compile(f"[{texts.CJK}]|[^\\W_{texts.CJK}]+(?:[.'’-][^\\W_{texts.CJK}]+)*")
_EMPTY: Final = frozenset(
    re.findall(
        r"\S+",
        "a about an and approximately are around as at be been by for from has have in is it its of on or since that the their they this "
        "to was were which with 是 为 的 在 有 了 约 它 这 那 该 其 由 于",
    )
)
_NEGATES: Final = frozenset(re.findall(r"\S+", "no not never none without isn't aren't cannot 不 没 非 无 未"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it stands in a text. `value` is in the dimension's own unit; `unit` is "" for a plain number."""

    value: Decimal
    dimension: str
    digits: int  # significant ones
    step: Decimal  # of the last digit
    start: int = 0
    end: int = 0

    def equals(self, other: Quantity) -> bool:
        """The same amount: exactly, or as the shorter number is rounded where both tell three digits or more."""
        if self.dimension != other.dimension and self.dimension and other.dimension:
            return False
        if self.value == other.value:
            return True
        if min(self.digits, other.digits) < 3 or self.dimension != other.dimension or not self.dimension:
            return False
        return abs(self.value - other.value) * 2 <= max(self.step, other.step)


def plain(text: str) -> str:
    """The form in which quantities are read: one sign for each thing, powers written with ^, numbers in digits."""
    text = _SUPERSCRIPT.sub(lambda match: "^" + match.group().translate(_SUPERSCRIPTS), text)
    text = unicodedata.normalize("NFKC", text).translate(dict.fromkeys(map(ord, "‐‑‒–−"), "-"))
    text = in_digits(text)
    return _INVERSE.sub(lambda match: f" {_FIRST.get(match[1] or '') or match[2] or match[3] or 'f'}b^-1", text)


def quantities(text: str) -> tuple[Quantity, ...]:
    """Those of a `plain` text, in order. What has two points (a version) or letters in it (a name) is none."""
    return tuple(found for match in _QUANTITY.finditer(text) if (found := _read(match)) is not None)


def _read(match: re.Match[str]) -> Quantity | None:
    number = match["number"].replace(",", "")
    try:
        mantissa = Decimal(match["sign"] + number)
    except InvalidOperation:  # pragma: no cover  # the pattern lets numbers alone through
        return None
    power = int(match["power"] or match["e"] or 0) + _MULTIPLES.get(match["multiple"] or "", 0)
    if abs(power) > 60:
        return None
    dimension, factor = UNITS[match["unit"]] if match["unit"] else ("", Decimal(1))
    scale = factor.scaleb(power)
    places = len(number.partition(".")[2])
    digits = len(number.replace(".", "").lstrip("0"))
    return Quantity(mantissa * scale, dimension, digits, Decimal(1).scaleb(-places) * scale, match.start(), match.end())


def agree(one: str, other: str, question: str = "") -> bool:
    """Whether two answers to a question say the same, as far as numbers, units and words tell.

    Words of the question and words that say nothing do not count; where the words differ they are taken to disagree.
    """
    if texts.fold(one) == texts.fold(other):
        return True
    one, other = plain(one), plain(other)
    here, there = quantities(one), quantities(other)
    if not _matched(here, there):
        return False
    asked = frozenset(_words(plain(question)))
    mine, theirs = _said(one, here, asked), _said(other, there, asked)
    return mine == theirs or (bool(here) and bool(there) and not (mine and theirs) and not _NEGATES & {*mine, *theirs})


def states(text: str, answer: str, question: str = "") -> bool:
    """Whether a text says what the answer says: all its quantities and all its words that tell something."""
    text, answer = plain(text), plain(answer)
    held = quantities(text)
    wanted = quantities(answer)
    if not all(any(want.equals(have) for have in held) for want in wanted):
        return False
    said = frozenset(_words(text))
    asked = frozenset(_words(plain(question)))
    missing = [word for word in _said(answer, wanted, asked) if word not in said]
    return not missing if not wanted else len(missing) <= len(_said(answer, wanted, asked)) // 2


def measures(answer: str, question: str = "") -> bool:
    """Whether an answer tells a quantity and little else."""
    answer = plain(answer)
    told = quantities(answer)
    others = len(_said(answer, told, frozenset(_words(plain(question)))))
    return others <= (LITTLE if any(quantity.dimension for quantity in told) else 1) if told else False


def rivals(text: str, answer: str, question: str = "") -> tuple[Quantity, ...]:
    """Quantities of the text of a kind that the answer tells, with another value, and none that the question names."""
    wanted, asked = quantities(plain(answer)), quantities(plain(question))
    kinds = {want.dimension for want in wanted}
    known = (*wanted, *asked)
    return tuple(q for q in quantities(plain(text)) if q.dimension in kinds and not any(q.equals(other) for other in known))


def _matched(here: Sequence[Quantity], there: Sequence[Quantity]) -> bool:
    """Every quantity of the one that tells fewer is in the other; none where only one tells any."""
    if not here or not there:
        return not here and not there
    few, many = sorted((here, there), key=len)
    left = list(many)
    for quantity in few:
        found = next((other for other in left if quantity.equals(other)), None)
        if found is None:
            return False
        left.remove(found)
    return len(few) == len(many)


def _said(text: str, numbers: Sequence[Quantity], asked: frozenset[str]) -> list[str]:
    """The words that tell something, quantities left out."""
    pieces, at = [], 0
    for quantity in numbers:
        pieces.append(text[at : quantity.start])
        at = quantity.end
    pieces.append(text[at:])
    return [word for word in _words(" ".join(pieces)) if word not in asked and word not in _EMPTY]


def _words(text: str) -> Iterator[str]:
    return (match.group().casefold() for match in _WORD.finditer(text))
