"""The units of the field, in English and Chinese: what each is of, and its size in that dimension's own unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_PREFIXES: Final = {"f": -15, "p": -12, "n": -9, "μ": -6, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15}
_PREFIXED: Final = {  # symbol -> dimension, prefixes it takes
    "eV": ("energy", ("m", "", "k", "M", "G", "T", "P")),
    "m": ("length", ("f", "p", "n", "μ", "u", "m", "", "k")),
    "s": ("time", ("f", "p", "n", "μ", "u", "m", "")),
    "Hz": ("frequency", ("m", "", "k", "M", "G", "T")),
    "T": ("field", ("μ", "u", "m", "")),
    "K": ("temperature", ("μ", "u", "m", "")),
    "A": ("current", ("n", "μ", "u", "m", "", "k")),
    "V": ("voltage", ("μ", "u", "m", "", "k", "M")),
    "W": ("power", ("n", "μ", "u", "m", "", "k", "M", "G")),
    "g": ("mass", ("n", "μ", "u", "m", "", "k")),
    "rad": ("angle", ("n", "μ", "u", "m", "")),
    "Pa": ("pressure", ("m", "", "k", "M")),
    "Gy": ("dose", ("μ", "u", "m", "", "k", "M")),
    "B": ("data", ("", "k", "M", "G", "T", "P")),
    "bit/s": ("bit rate", ("", "k", "M", "G", "T")),
    "B/s": ("data rate", ("", "k", "M", "G", "T")),
    "b": ("cross section", ("f", "p", "n", "μ", "u", "m", "")),
}
_OTHER: Final[dict[str, tuple[str, str]]] = {
    "%": ("share", "0.01"),
    "percent": ("share", "0.01"),
    "per cent": ("share", "0.01"),
    "‰": ("share", "0.001"),
    "ppm": ("share", "0.000001"),
    "cm": ("length", "0.01"),
    "Å": ("length", "1e-10"),
    "G": ("field", "0.0001"),
    "kG": ("field", "0.1"),
    "min": ("time", "60"),
    "h": ("time", "3600"),
    "d": ("time", "86400"),
    "week": ("time", "604800"),
    "year": ("time", "31557600"),
    "°C": ("celsius", "1"),
    "°": ("angle", "0.017453292519943295"),
    "deg": ("angle", "0.017453292519943295"),
    "bar": ("pressure", "100000"),
    "mbar": ("pressure", "100"),
    "t": ("mass", "1000000"),
    "Mbps": ("bit rate", "1000000"),
    "Gbps": ("bit rate", "1000000000"),
}
_WORDS: Final = {  # what a symbol is called
    "meter meters metre metres 米": "m",
    "kilometer kilometers kilometre kilometres 公里 千米": "km",
    "centimeter centimeters centimetre centimetres 厘米": "cm",
    "millimeter millimeters millimetre millimetres 毫米": "mm",
    "micrometer micrometers micrometre micrometres micron microns 微米": "μm",
    "second seconds sec 秒": "s",
    "millisecond milliseconds 毫秒": "ms",
    "microsecond microseconds 微秒": "μs",
    "nanosecond nanoseconds 纳秒": "ns",
    "picosecond picoseconds 皮秒": "ps",
    "minute minutes 分钟": "min",
    "hour hours 小时": "h",
    "day days 天": "d",
    "week weeks 周 星期": "week",
    "year years": "year",
    "hertz 赫兹": "Hz",
    "kilohertz 千赫": "kHz",
    "megahertz 兆赫": "MHz",
    "tesla 特斯拉 特": "T",
    "gauss 高斯": "G",
    "kelvin 开尔文 开": "K",
    "ampere amperes amps 安培 安": "A",
    "milliampere milliamperes 毫安": "mA",
    "microampere microamperes 微安": "μA",
    "百万电子伏 兆电子伏": "MeV",
    "吉电子伏": "GeV",
    "太字节": "TB",
    "吉字节": "GB",
    "吉比特每秒": "Gbit/s",
    "volt volts 伏特 伏": "V",
    "kilovolt kilovolts 千伏": "kV",
    "watt watts 瓦": "W",
    "kilowatt kilowatts 千瓦": "kW",
    "megawatt megawatts 兆瓦": "MW",
    "gram grams 克": "g",
    "kilogram kilograms 千克 公斤": "kg",
    "ton tons tonne tonnes 吨": "t",
    "degree degrees 度": "°",
}


def _table() -> dict[str, tuple[str, Decimal]]:
    found = {
        prefix + symbol: (dimension, Decimal(10) ** _PREFIXES[prefix])
        for symbol, (dimension, prefixes) in _PREFIXED.items()
        for prefix in prefixes
    }
    for prefix in _PREFIXED["b"][1]:
        found[f"{prefix}b^-1"] = ("luminosity", Decimal(10) ** -_PREFIXES[prefix])
    found["ab^-1"] = ("luminosity", Decimal(10) ** 18)
    found |= {symbol: (dimension, Decimal(factor)) for symbol, (dimension, factor) in _OTHER.items()}
    return found | {word: found[symbol] for words, symbol in _WORDS.items() for word in words.split()}


UNITS: Final = _table()
"""Symbol or name -> dimension, factor."""
