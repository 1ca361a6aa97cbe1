"""Words of a question that may say of when, of which release or of which runs it asks: `as of 2021`, `for BOSS 7.0.3`, `in run 10000`.

Read off the text alone. Whether they are meant so is decided where a correction is known that is asked the same without them: the
year of `the 2018 data` belongs to what is asked. So bare years are not read here, only years that something points to.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from feedback.validity import BEGINNING, Period, Runs

_MONTHS: Final = tuple(name.casefold() for name in calendar.month_abbr)[1:]
_YEAR: Final = r"(?:19|20)\d\d(?![\d.]*\d)"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_NO_SAMPLE: Final = (  # "in 2018 J/psi data" asks about the sample, whenever
    r"(?!\s+(?:(?!for|of|at|the|with|on|in|by|was|were|is|are)[^\s?]+\s+)?(?:data|datasets?|samples?|runs?)\b)"
)
_DATES: Final = (
    rf"(?P<iso>{_YEAR[:-12]}-\d\d(?:-\d\d)?)(?![\d-])",
    rf"(?P<day>{_DAY})\s+(?:of\s+)?(?P<month>{_MONTH}),?\s+(?P<year>{_YEAR})",
    rf"(?P<month>{_MONTH})\s+(?P<day>{_DAY}),?\s+(?P<year>{_YEAR})",
    rf"(?P<month>{_MONTH}),?\s+(?:of\s+)?(?P<year>{_YEAR})",
    rf"(?:q(?P<quarter>[1-4])|(?P<season>spring|summer|autumn|fall|winter))\s+(?:of\s+)?(?P<year>{_YEAR})",
    rf"(?P<part>early|mid|late|(?:beginning|start|first\s+half|middle|second\s+half|end)\s+of)[\s-]+(?P<year>{_YEAR})",
    rf"(?:year\s+)?(?P<year>{_YEAR}){_NO_SAMPLE}",
)
_POINTS: Final = (
    r"(?P<lead>as\s+(?:of|at|it\s+was\s+in)|back\s+in|in|during|on|at|for|by|until|till|up\s+to|since|from|before|prior\s+to|after|around"
    r"|throughout|within)\s+(?:the\s+)?"
)
_ENGLISH: Final = tuple(re.compile(rf"(?<![A-Za-z0-9]){_POINTS}{date}(?:\s+on(?:wards?)?\b)?", re.IGNORECASE) for date in _DATES)
_BETWEEN: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?:between|from|in|during)\s+(?P<first>{_YEAR[:-12]})\s*(?:and|to|through|until|-|\u2013)\s*(?P<year>{_YEAR})",
    re.IGNORECASE,
)
_CHINESE: Final = re.compile(
    r"(?P<lead>\u622a\u81f3|\u622a\u6b62\u5230?|\u76f4\u5230|\u5230|\u5728|\u4e8e|\u81ea\u4ece?|\u4ece)?\s*"
    r"(?:(?P<first>(?:19|20)\d\d)\s*\u5e74?\s*(?:-|\u2013|~|\u81f3|\u5230)\s*)?"
    r"(?P<year>(?:19|20)\d\d)\s*\u5e74(?:\s*(?P<month>\d{1,2})\s*\u6708\u4efd?(?:\s*(?P<day>\d{1,2})\s*[\u65e5\u53f7])?)?"
    r"(?P<part>\u521d|\u5e95|\u672b|\u4e2d\u671f?|\u4e0a\u534a\u5e74|\u4e0b\u534a\u5e74)?"
    r"(?P<tail>\u4ee5\u524d|\u4e4b\u524d|\u524d|\u4ee5\u540e|\u4e4b\u540e|\u540e|\u4ee5\u6765|\u8d77|\u7684\u65f6\u5019|\u65f6|\u671f\u95f4|\u95f4)?"
    r"(?!\u7684?[^\u3002\uff0c,?\uff1f]{0,8}\u6570\u636e)\u7684?"
)
_NOW: Final = re.compile(
    r"(?<![A-Za-z])(?:as\s+of\s+(?:now|today)|currently|now|nowadays|today|at\s+present|at\s+the\s+moment)(?![A-Za-z'])"
    r"|\u76ee\u524d|\u73b0\u5728|\u5f53\u524d|\u5982\u4eca",
    re.IGNORECASE,
)
_AGO: Final = re.compile(
    r"(?<![A-Za-z])(?:(?:in\s+)?(?P<last>last\s+year)|(?P<count>\d+|one|two|three|four|five|ten|a)\s+years?\s+ago)(?![A-Za-z])"
    r"|(?P<zh>\u53bb\u5e74|\u524d\u5e74)",
    re.IGNORECASE,
)
_COUNTS: Final = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "\u53bb\u5e74": 1, "\u524d\u5e74": 2}

_VERSION: Final = r"[vr]?\d+(?:[._-]\d+)*(?:\.?[a-z]\d+)*(?:[._-]x)?"
_SOFTWARE: Final = (
    r"(?P<name>(?!(?:in|for|with|under|using|on|at|since|from)\b)"
    r"(?-i:[A-Z][a-z]*[A-Z][A-Za-z]*(?![a-z])|[A-Za-z]+\d(?=[\s_-])|[A-Z][A-Za-z]+(?=\s+v\d)))"
)
_WHEN: Final = r"(?:\u7684\u65f6\u5019|\u65f6|\u4e2d|\u91cc|\u4e0b|\u671f\u95f4)?\u7684?"
_FOR: Final = r"(?:(?<![A-Za-z])(?P<lead>as\s+of|for|in|with|under|using|on|at|since|from)\s+(?:the\s+)?)?"
_RELEASES: Final = tuple(
    re.compile(rf"{_FOR}{core}(?!(?a:\w)|\.\d)(?:\s*\u7248\u672c?)?{_WHEN}", re.IGNORECASE)
    for core in (
        rf"(?:(?<![A-Za-z0-9]){_SOFTWARE}[\s-]+)?(?<![A-Za-z])(?:release|version|rel\.|ver\.)[\s_-]*(?P<version>{_VERSION}|\w+-\d{{4}}-\w+)",
        rf"(?<![A-Za-z0-9]){_SOFTWARE}[\s_-]*(?P<version>v?\d+[._]\d+(?:[._-](?a:\w)+)*|v\d+r\d+(?:p\d+)?)",
        r"(?<![\w.-])(?P<version>\d+\.\d+\.\d+(?:\.(?a:\w)+)*|v\d+r\d+(?:p\d+)?)",
        rf"{_SOFTWARE}?\s*(?P<version>{_VERSION})\s*\u7248\u672c?",
        rf"(?:\u4f7f?\u7528|\u5728)?\u7248\u672c\u53f7?\s*\u4e3a?\s*(?P<version>{_VERSION})",
    )
)
_RUN: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?![\d]|\.\d)"
_TO_RUN: Final = rf"(?P<first>{_RUN})(?:\s*(?:-|\u2013|~|to|through|and|\u81f3|\u5230)\s*(?P<last>{_RUN}))?"
_RUN_WORDS: Final = (
    (
        r"(?:(?<![A-Za-z])(?P<lead>as\s+of|for|in|at|of|during|from|on|with)\s+(?:the\s+)?)?(?<![A-Za-z0-9])runs?(?![A-Za-z])"
        r"\s*(?:numbers?|no\.?|period|range|\u53f7)?\s*#?\s*(?:between\s+|from\s+)?"
    ),
    r"(?:\u5bf9\u4e8e?|\u5728|\u4e8e)?\s*\u8fd0\u884c\s*(?:\u7f16?\u53f7|\u5e8f\u53f7|\u6bb5)?\s*[\u4e3a\u662f]?\s*",
)
_RUNS: Final = tuple(re.compile(rf"{words}{_TO_RUN}(?:\s*{_WHEN})", re.IGNORECASE) for words in _RUN_WORDS)
_SPACES: Final = re.compile(r"\s+")
_DIGITS: Final = re.compile(r"\d+(?:\.\d+)*")
_YEARS: Final = re.compile(r"\d{4}")
_SURE: Final = frozenset(("as of", "as at", "as it was in", "back in", "\u622a\u81f3", "\u622a\u6b62", "\u622a\u6b62\u5230"))
_SEASONS: Final = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 12)}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the text. `sure`: it can mean nothing else. `name`: the software's, which may belong to what is asked."""

    kind: str  # time, release, runs: as `validity.limits` names them
    start: int
    end: int
    period: Period | None = None
    release: str | None = None
    runs: Runs | None = None
    sure: bool = False
    name: str | None = None

    def numbers(self, text: str) -> frozenset[str]:
        """Those by which the fact asked about may be known; of a date its years alone."""
        pattern = _YEARS if self.kind == "time" else _DIGITS
        said = text[self.start : self.end] if self.release is None else self.release.removeprefix(self.name or "")
        return frozenset(pattern.findall(said))


def find(text: str, now: datetime, releases: Iterable[str] = ()) -> tuple[Phrase, ...]:
    """At most one of each kind, in the order of the text; of several, those that are sure, then the last, then the longest.

    `releases` are names to look for beside what looks like one.
    """
    taken: list[Phrase] = []
    for several in (_runs(text), _releases(text, releases), _times(text, now)):
        found = [phrase for phrase in several if not any(_meet(phrase, other) for other in taken)]
        if found:
            taken.append(max(found, key=lambda phrase: (phrase.sure, phrase.end, phrase.end - phrase.start)))
    return tuple(sorted(taken, key=lambda phrase: phrase.start))


def _meet(one: Phrase, other: Phrase) -> bool:
    return one.start < other.end and other.start < one.end


def _runs(text: str) -> Iterator[Phrase]:
    for pattern in _RUNS:
        for match in pattern.finditer(text):
            first = int(match["first"].replace(",", ""))
            last = int((match["last"] or match["first"]).replace(",", ""))
            yield Phrase("runs", *match.span(), runs=(min(first, last), max(first, last)), sure=_lead(match) in _SURE)


def _releases(text: str, known: Iterable[str]) -> Iterator[Phrase]:
    """What is known by name, and elsewhere what looks like a release."""
    found: list[Phrase] = []
    for pattern in (*_named(text, known), *_RELEASES):
        for match in pattern.finditer(text):
            name = match.groupdict().get("name")
            version = match["version"].rstrip("-_.")
            phrase = Phrase(
                "release", *match.span(), release=f"{name} {version}" if name else version, sure=_lead(match) in _SURE, name=name
            )
            if not (pattern in _RELEASES and any(_meet(phrase, other) for other in found)):
                found.append(phrase)
    yield from found


def _named(text: str, releases: Iterable[str]) -> Iterator[re.Pattern[str]]:
    """Those that stand in the text, each as the patterns of releases are."""
    folded = text.casefold()
    for release in sorted({release.strip() for names in releases for release in names.split(",")}):
        if len(release) > 1 and any(sign.isdigit() for sign in release) and release.casefold() in folded:
            words = rf"(?<![A-Za-z0-9.]){_SOFTWARE}?[\s-]*(?:(?:release|version)\s+)?(?<![A-Za-z0-9.])(?P<version>{re.escape(release)})"
            yield re.compile(rf"{_FOR}{words}(?!(?a:\w)|\.\d)(?:\s*\u7248\u672c?)?{_WHEN}", re.IGNORECASE)


def _times(text: str, now: datetime) -> Iterator[Phrase]:
    for match in _BETWEEN.finditer(text):
        yield Phrase("time", *match.span(), period=_capped(_span(int(match["first"])).start, _span(int(match["year"])).end, now), sure=True)
    for pattern in (*_ENGLISH, _CHINESE):
        for match in pattern.finditer(text):
            period = _period(match, now)
            if period is not None:
                yield Phrase("time", *match.span(), period=period, sure=_lead(match) in _SURE)
    for match in _AGO.finditer(text):
        year = now.year - (1 if match["last"] else _COUNTS.get(match["zh"] or (match["count"] or "").lower()) or int(match["count"]))
        yield Phrase("time", *match.span(), period=(_span(year).start, _span(year).end))
    for match in _NOW.finditer(text):
        yield Phrase("time", *match.span(), period=(now, now))


def _lead(match: re.Match[str]) -> str:
    return _SPACES.sub(" ", match.groupdict().get("lead") or "").casefold()


@dataclass(frozen=True, slots=True)
class _Months:
    """Whole months, `first` to `last`, or one day of them."""

    year: int
    first: int = 1
    last: int = 12
    day: int | None = None

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.first, self.day or 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        last = self.day or calendar.monthrange(self.year, self.last)[1]
        return datetime(self.year, self.last, last, tzinfo=UTC) + timedelta(days=1, microseconds=-1)


def _span(year: int) -> _Months:
    return _Months(year)


def _period(match: re.Match[str], now: datetime) -> Period | None:
    """None where the numbers are no date."""
    said = match.groupdict()
    try:
        months = _months(said)
        start, end = (_span(int(said["first"])).start if said.get("first") else months.start), months.end
    except ValueError:
        return None
    lead, tail = _lead(match), said.get("tail") or ""
    if lead in ("before", "prior to") or tail.endswith("\u524d"):
        return BEGINNING, start - timedelta(microseconds=1)
    if lead == "after" or tail in ("\u4ee5\u540e", "\u4e4b\u540e", "\u540e"):
        return end, max(end, now)
    if lead in ("since", "from", "\u81ea", "\u81ea\u4ece", "\u4ece") or tail in ("\u4ee5\u6765", "\u8d77"):
        return start, max(start, now)
    return _capped(start, end, now)


def _capped(start: datetime, end: datetime, now: datetime) -> Period:
    """What is not over yet is asked about up to now."""
    return start, now if start <= now < end else end


def _months(said: dict[str, str | None]) -> _Months:
    if said.get("iso"):
        year, month, *day = (int(digits) for digits in str(said["iso"]).split("-"))
        return _checked(_Months(year, month, month, day[0] if day else None))
    year = int(said["year"] or 0)
    if said.get("month"):
        named = str(said["month"])
        month = int(named) if named.isdigit() else _MONTHS.index(named[:3].casefold()) + 1
        return _checked(_Months(year, month, month, _day(said.get("day"))))
    if said.get("quarter"):
        last = 3 * int(said["quarter"] or 0)
        return _Months(year, last - 2, last)
    if said.get("season"):
        return _Months(year, *_SEASONS[str(said["season"]).casefold()])
    return _Months(year, *_part(_SPACES.sub(" ", said.get("part") or "").casefold()))


def _day(said: str | None) -> int | None:
    return int(_DIGITS.findall(said)[0]) if said else None


def _checked(months: _Months) -> _Months:
    """Raises `ValueError` for a thirteenth month or a day that the month lacks."""
    datetime(months.year, months.first, months.day or 1, tzinfo=UTC)
    return months


def _part(part: str) -> tuple[int, int]:
    if part.startswith(("early", "beginning", "start", "\u521d")):
        return 1, 4
    if part.startswith(("first", "\u4e0a")):
        return 1, 6
    if part.startswith(("mid", "\u4e2d")):
        return 5, 8
    if part.startswith(("second", "\u4e0b")):
        return 7, 12
    if part.startswith(("late", "end", "\u5e95", "\u672b")):
        return 9, 12
    return 1, 12
