"""What an astronomical alert reports, drawn from its words by rules: source, type, position, error, time, instruments.

Positions are of J2000 in degrees, errors are radii in degrees, times are UTC in ISO 8601. What the words do not say plainly stays out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

# A kind of event, and how its sources are named. The first kind that a text names is its type.
_SOURCES = (
    ("gamma-ray burst", r"GRB ?\d{6}[A-Z]?(?:\.\d{2})?"),
    ("gravitational wave", r"GW ?\d{6}(?:_\d{6})?|S\d{6}[a-z]{1,3}"),
    ("neutrino", r"IceCube[- ]?\d{6}[A-Z]|IC ?\d{6}[A-Z]|KM3[- ]?\d{6}[A-Z]"),
    ("fast radio burst", r"FRB ?\d{6,8}[A-Z]*"),
    ("magnetar", r"SGR ?(?:J)?\d{4}[-+.]\d{2,4}"),
    ("supernova", r"SN ?(?:19|20)\d{2}[A-Za-z]{1,5}"),
    ("X-ray transient", r"EP ?\d{6}[a-z]|(?:MAXI|Swift|IGR|XTE|GX|EP) ?J\d{4}(?:\.\d)?[-+]\d{2,4}"),
    ("transient", r"AT ?20\d{2}[a-z]{2,5}|ZTF\d{2}[a-z]{7}|ASASSN-\d{2}[a-z]{1,3}|Gaia\d{2}[a-z]{3}"),
    (
        "active galaxy",
        r"(?:TXS|PKS|PG|1ES|B2|S5|OJ|3C|RGB|GB6|4FGL|3FGL|NVSS)[ _]?J?\d{3,4}(?:\.\d)?(?:[-+]\d{2,4}(?:\.\d)?)?|Mr?kn? ?\d{3}",
    ),
)
_NAMED = re.compile("|".join(rf"(?P<k{number}>\b(?:{pattern})(?!\w))" for number, (_, pattern) in enumerate(_SOURCES)))
_INSTRUMENTS = """
Swift-BAT Swift-XRT Swift-UVOT Fermi-GBM Fermi-LAT Konus-Wind INTEGRAL AGILE MAXI NICER NuSTAR XMM-Newton Chandra Insight-HXMT GECAM SVOM
AstroSat CALET HAWC LHAASO MAGIC VERITAS H.E.S.S. IceCube ANTARES KM3NeT Baikal-GVD Super-Kamiokande LIGO Virgo KAGRA ZTF ATLAS ASAS-SN
Pan-STARRS MASTER GROND VLT Keck Gemini GTC Lick LCO VLA ATCA MeerKAT ASKAP CHIME Subaru
"""
INSTRUMENTS = (*_INSTRUMENTS.split(), "Einstein Probe")
_SPELT = {name: re.compile(r"(?<![\w-])" + "[-/ ]".join(map(re.escape, name.split("-"))) + r"(?!\w)") for name in INSTRUMENTS}

_NUMBER = r"([+-]?\d{1,3}(?:\.\d+)?)"
_EPOCH = r"(?:\s*\(?\s*J?2000(?:\.0)?\s*\)?)?"
_IS = r"\s*[:=]?\s*"
_RA_NAME, _DEC_NAME = r"(?:R\.?\s?A\.?|alpha)", r"(?:Dec(?:l|lination)?\.?|delta)"
_HOURS = re.compile(
    rf"(?i){_RA_NAME}{_EPOCH}{_IS}(\d{{1,2}})[\s:h]+(\d{{1,2}})[\s:m']+(\d{{1,2}}(?:\.\d+)?)[s\s]?.{{0,40}}?"
    rf"{_DEC_NAME}{_EPOCH}{_IS}([+-−]?)\s?(\d{{1,2}})[\s:d°]+(\d{{1,2}})[\s:m']+(\d{{1,2}}(?:\.\d+)?)",
    re.DOTALL,
)
_PAIR = re.compile(rf"(?i){_RA_NAME}\s*[,/]\s*{_DEC_NAME}{_EPOCH}{_IS}\(?{_NUMBER}\s*(?:d|deg\w*|°)?\s*[,;]?\s*{_NUMBER}(?![\d:h])")
_DEGREES = re.compile(
    rf"(?i){_RA_NAME}{_EPOCH}{_IS}{_NUMBER}\s*(?:d\b|deg\w*|°)?(?![\d:h]).{{0,60}}?{_DEC_NAME}{_EPOCH}{_IS}([+-−]?\d{{1,2}}(?:\.\d+)?)(?![\d:])",
    re.DOTALL,
)
_UNIT = r"(deg(?:ree)?s?\b|arc[- ]?min(?:ute)?s?\b|arc[- ]?sec(?:ond)?s?\b|°|\"|')"
_ERROR = re.compile(rf"(?i)\b(?:uncertainty|error|radius|containment|localis?z?ation)\b[^.\n\d]{{0,60}}?(\d{{1,3}}(?:\.\d+)?)\s*-?{_UNIT}")
_PER_DEGREE = {"d": 1.0, "°": 1.0, "m": 60.0, "'": 60.0, "s": 3600.0, '"': 3600.0}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?"
_ISO_TIME = re.compile(rf"\b((?:19|20)\d{{2}})[-/](\d{{2}})[-/](\d{{2}})(?:T|\s+(?:at\s+)?){_CLOCK}")
_CLOCK_UT = re.compile(rf"(?<![\d:]){_CLOCK}\s*(?:UTC?\b|Z\b)")
_WORDY = re.compile(r"(?i)\b(\d{1,2})\s+([a-z]{3})[a-z]*\.?,?\s+((?:19|20)\d{2})|\b([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+((?:19|20)\d{2})")
_NAME_DATE = re.compile(r"(\d{2})(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class Facts:
    """`ra`, `dec`, `error` in degrees; "" and None where the alert does not say."""

    source: str = ""
    type: str = ""
    ra: float | None = None
    dec: float | None = None
    error: float | None = None
    time: str = ""
    instrument: Sequence[str] = field(default_factory=tuple)

    @property
    def metadata(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in ("source", "type", "ra", "dec", "error", "time")}
        values["instrument"] = list(self.instrument)
        return {name: value for name, value in values.items() if value not in ("", None, [])}

    @property
    def sentence(self) -> str:
        """The facts for readers and for search; "" where there are none."""
        lines = [
            f"Source: {self.source}" + (f" ({self.type})" if self.type else "") if self.source else "",
            f"Instrument: {', '.join(self.instrument)}" if self.instrument else "",
            f"Time: {self.time}" if self.time else "",
            f"Position (J2000): RA {self.ra:g}, Dec {self.dec:+g} degrees" if self.ra is not None and self.dec is not None else "",
            f"Position error: {self.error:g} degrees" if self.error is not None else "",
        ]
        return "\n".join(line for line in lines if line)


def facts_of(subject: str, body: str, published: datetime | None = None) -> Facts:
    """The subject's word goes first; a time without its day takes that of the source's name, or the day before `published`."""
    source, kind = _source(subject) or _source(body) or ("", "")
    ra, dec = _position(body) or (None, None)
    return Facts(
        source=source,
        type=kind,
        ra=ra,
        dec=dec,
        error=_error(body) if ra is not None else None,
        time=_time(body, source, published),
        instrument=instruments(f"{subject}\n{body}"),
    )


def instruments(text: str) -> tuple[str, ...]:
    """Those that the text names, in its order."""
    places = {name: match.start() for name, pattern in _SPELT.items() if (match := pattern.search(text))}
    return tuple(sorted(places, key=lambda name: places[name]))[:10]


def _source(text: str) -> tuple[str, str] | None:
    match = _NAMED.search(text)
    if match is None or match.lastgroup is None:
        return None
    name = re.sub(r"^([A-Z]{2,3}) ?(?=\d{4,})", r"\1 ", match[0]) if match[0].startswith(("GRB", "FRB", "SN", "AT")) else match[0]
    return " ".join(name.split()), _SOURCES[int(match.lastgroup[1:])][0]


def _position(text: str) -> tuple[float, float] | None:
    for ra, dec in _positions(text):
        if 0 <= ra < 360 and -90 <= dec <= 90:
            return round(ra, 6), round(dec, 6)
    return None


def _positions(text: str) -> Iterator[tuple[float, float]]:
    if match := _HOURS.search(text):
        hours, minutes, seconds = (float(match[at]) for at in (1, 2, 3))
        degrees, arcminutes, arcseconds = (float(match[at]) for at in (5, 6, 7))
        sign = -1.0 if match[4] in {"-", "−"} else 1.0
        yield 15 * (hours + minutes / 60 + seconds / 3600), sign * (degrees + arcminutes / 60 + arcseconds / 3600)
    for pattern in (_PAIR, _DEGREES):
        if match := pattern.search(text):
            yield float(match[1]), float(match[2].replace("−", "-"))


def _error(text: str) -> float | None:
    match = _ERROR.search(text)
    if match is None:
        return None
    unit = match[2].lower().replace("arc", "").lstrip("- ")[0]
    return round(float(match[1]) / _PER_DEGREE[unit], 8)


def _time(text: str, source: str, published: datetime | None) -> str:
    """The first moment that the text gives with its clock time."""
    iso, clock = _ISO_TIME.search(text), _CLOCK_UT.search(text)
    if iso is not None and (clock is None or iso.start() <= clock.start()):
        return _moment(date(int(iso[1]), int(iso[2]), int(iso[3])), iso.groups()[3:]) if _is_date(iso) else ""
    if clock is None:
        return ""
    day = _day_near(text, clock) or _day_of(source) or _day_before(published, clock)
    return "" if day is None else _moment(day, clock.groups())


def _is_date(match: re.Match[str]) -> bool:
    return 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 28 + 3 * (int(match[2]) != 2)


def _moment(day: date, clock: Sequence[str | None]) -> str:
    hour, minute, second = (int(part or 0) for part in clock[:3])
    if hour > 23 or minute > 59 or second > 60:
        return ""
    return f"{day:%Y-%m-%d}T{hour:02d}:{minute:02d}:{min(second, 59):02d}Z"


def _day_near(text: str, clock: re.Match[str]) -> date | None:
    """A date in words in the same sentence as the clock time."""
    near = text[max(0, clock.start() - 60) : clock.end() + 60]
    match = _WORDY.search(near)
    if match is None:
        return None
    day, month, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    return _date(int(year), month.lower(), int(day))


def _date(year: int, month: str, day: int) -> date | None:
    try:
        return date(year, _MONTHS.index(month) + 1, day)
    except ValueError:
        return None


def _day_of(source: str) -> date | None:
    """Bursts and neutrinos are named by their day."""
    match = _NAME_DATE.search(source) if source.startswith(("GRB", "GW", "S", "Ice", "IC", "EP", "FRB")) else None
    try:
        return None if match is None else date(2000 + int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _day_before(published: datetime | None, clock: re.Match[str]) -> date | None:
    """A clock time alone is the last one before the alert was sent."""
    if published is None:
        return None
    published = published.astimezone(UTC)
    earlier = (int(clock[1]), int(clock[2])) > (published.hour, published.minute)
    return (published - timedelta(days=int(earlier))).date()


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without what is not known."""
    return {key: value for key, value in values.items() if value not in ("", None, [], ())}
