"""What kind of thing a question asks for, and the signs of such a thing in a text; English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

KINDS = ("who", "when", "where", "number", "why", "name")
"""Kinds that have a sign of their own, in the order of the scorer's features."""

_ASKS = {
    "who": r"\bwho(?:m|se)?\b|谁|哪位|哪个人|什么人|何人|哪一位|哪些人|人物",
    "when": (
        r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time|era|period)\b|\bhow long\b|"
        r"何时|什么时候|哪一?年|几年|几月|何年|哪一?天|时间|日期|多久|多长时间|年代|时期|世纪"
    ),
    "where": (
        r"\bwhere\b|\b(?:what|which) (?:city|country|state|place|region|location|town|county|area|continent|river|"
        r"lab(?:oratory)?|hall|building)\b|"
        r"哪里|何处|哪儿|何地|什么地方|哪个(?:城市|国家|地区|地方|省|州|县|市)|位于|地点|地方"
    ),
    "number": (
        r"\bhow (?:many|much|old|far|tall|large|big|high|fast|often|deep|wide|heavy|thick)\b|"
        r"\bwhat (?:is the )?(?:percent|percentage|number|population|amount|age|temperature|distance|energy|mass|rate|size|length|"
        r"radius|resolution|efficiency|fraction|value|limit)\b|"
        r"多少|几|多大|多高|多长|百分|人口|面积|数量|多远|多重|比例|能量|质量是|精度|效率|分辨率"
    ),
    "why": r"\bwhy\b|\bwhat (?:caused?|reasons?)\b|为什么|为何|原因|怎么会|何以",
    "how": r"\bhow\b|怎么|怎样|如何",
    "name": r"\b(?:what|which)\b|什么|哪|何",
}
_KIND = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ASKS.items())

_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)*|"
    r"[一二三四五六七八九十百千万亿两]+(?=[个名位次年月日天种人岁米公里只座家所部届])|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|"
    r"thousand|million|billion|dozen|half|third|quarter|several|once|twice)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b1\d{3}s?\b|\b20[0-4]\ds?\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b|"
    r"\bcentur(?:y|ies)\b|\bdecades?\b|[0-9一二三四五六七八九十〇零]+[年月日]|世纪|年代|时期|朝"
)
_NAME = re.compile(r"(?<=[\w,;'’)\]] )[A-Z][\w’'-]+|[·《》“”「」]")
_REASON = re.compile(
    r"\b(?:because|due to|in order|since|as a result|so that|therefore|caused?|causes|leads? to|led to)\b|"
    r"因为|由于|因此|所以|为了|原因|导致",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\b(?:in|at|near|from|to|of) (?:the )?[A-Z]|位于|[省市县区州国镇村路街岛山]")
_SIGNS = {"who": _NAME, "when": _DATE, "where": _PLACE, "number": _NUMBER, "why": _REASON, "name": _NAME}


def kind(question: str) -> str:
    """One of KINDS, `how` or `other`; the first that fits."""
    return next((name for name, pattern in _KIND if pattern.search(question)), "other")


def signs(asked: str, text: str, known: AbstractSet[str]) -> int:
    """How many signs of the kind asked for stand in the text, words of the question (`known`, lower case) left out."""
    pattern = _SIGNS.get(asked)
    if pattern is None:
        return 0
    return sum(found.lower() not in known for found in pattern.findall(text))
