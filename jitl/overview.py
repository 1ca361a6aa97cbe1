"""Questions about everything that the collections say, or all that they say of a subject: told by their form, answered in chapters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from jitl.types import Passage, Query


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence of an overview with the passages that it rests on, each with its words there."""

    text: str
    sources: Sequence[tuple[Passage, str]]


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    remarks: Sequence[Remark]


class Overviews(Protocol):
    def overview(self, topic: str, query: Query) -> Sequence[Chapter]:
        """What the collections of the query say of the topic, "" for all that they say; the weightiest first.

        Every passage is one that SQL confirms. Empty where the topic is none that an overview is known of. Raises `MissingPart` where
        overviews cannot be made or were not made yet; its hint says what to do.
        """
        ...


_LONGEST: Final = 300
"""Characters of a question that may ask for an overview."""
_THINGS: Final = r"""
    (?: (?:this|these|the|our|your|my|those|all) \s+ )? (?: (?:whole|entire) \s+ )?
    (?: collections? | documents? | docs | archives? | library | corpus | papers | pages | material | files | sources | knowledge \s base )
"""
_SAY: Final = r"(?: say | tell | know | have | hold | contain | cover | discuss | report | write | offer )"
_LEAD: Final = r"(?: (?: please | can \s you | could \s you | would \s you | i \s need | i \s want | i \s would \s like ) \s+ )*"
_ABOUT: Final = r"(?: about | on | of | over | regarding | concerning )"
_ENGLISH: Final = (
    r"(?: summari[sz]e | sum \s up | outline ) \s+ (?P<topic>.+)",
    rf"""(?: (?: give | show | write | provide | make | prepare ) \s+ (?: (?:me|us) \s+ )? )? (?: (?:an?|the) \s+ )?
         (?: (?: brief | short | quick | general | broad | high-level ) \s+ )? (?: overview | summary | survey | outline | synopsis )
         \s+ {_ABOUT} \s+ (?P<topic>.+)""",
    rf"""what \s+ (?: (?:do|does|did) \s+ )? {_THINGS} \s+ {_SAY} (?:s|es)? (?: \s+ (?:us|me) )? (?: \s+ to \s say )?
         (?: \s+ {_ABOUT} \s+ (?P<topic>.+) )?""",
    rf"what \s+ (?:is|are) \s+ (?: said | written | documented ) \s+ (?: here | in \s+ {_THINGS} ) \s+ {_ABOUT} \s+ (?P<topic>.+)",
    rf"what \s+ (?:is|are) \s+ {_THINGS} \s+ about",
    r"""(?: (?:what|which) \s are | list | name | show (?: \s me )? ) \s+ the \s+ (?: main | major | key | central | most \s important ) \s+
        (?: topics | themes | subjects | areas | contents ) (?: \s here | \s+ (?: of | in | covered \s by ) \s+ (?P<topic>.+) )?""",
)
_ALL: Final = rf"(?: what \s+ )? {_THINGS} | everything (?: \s here | \s+ in \s+ {_THINGS} )? | it \s all | all \s of \s (?:it|this)"
_THINGS_ZH: Final = r"""
    (?: 这个 | 这些 | 本 | 该 | 此 | 整个 | 所有 | 全部 | 我们的 )*
    (?: 资料库 | 知识库 | 文档库 | 集合 | 合集 | 文集 | 文档 | 资料 | 文件 | 库 | 网页 | 论文 )
"""
_LEAD_ZH: Final = r"(?: 请问 | 请 | 帮我 | 给我 | 麻烦 | 能否 | 能不能 | 可以 | 想 )*"
_INSIDE_ZH: Final = r"(?: 里面 | 里 | 中 )? (?: 主要 | 大概 | 大致 | 都 )*"
_SAY_ZH: Final = r"(?: 怎么说 | (?: 讲述 | 讲 | 说 | 写 | 介绍 | 提到 | 包含 | 包括 | 涉及 | 涵盖 | 有 | 是关于 ) (?: 了 | 的是 )? )"
_WHAT_ZH: Final = r"(?: 些 )? (?: 什么 | 哪些 | 啥 ) (?: 内容 | 主题 | 方面 )?"
_CHINESE: Final = (
    rf"{_THINGS_ZH} {_INSIDE_ZH} {_SAY_ZH} {_WHAT_ZH}",
    rf"(?: 关于 | 对于 | 对 ) (?P<topic> [^，,]+? ) [，,]? {_THINGS_ZH} {_INSIDE_ZH} {_SAY_ZH} (?: {_WHAT_ZH} )?",
    rf"{_THINGS_ZH} {_INSIDE_ZH} (?: 关于 | 对于 | 对 ) (?P<topic>.+?) (?: 都 )? {_SAY_ZH} (?: {_WHAT_ZH} )?",
    rf"{_THINGS_ZH} (?: 的 )? (?: 主要 | 核心 ) (?: 内容 | 主题 | 话题 ) (?: 是 | 有 | 包括 )? (?: 什么 | 哪些 )?",
    r"(?: 总结 | 概括 | 概述 | 综述 | 归纳 | 总览 ) (?: 一下 | 下 )? (?P<topic>.*)",
    r"(?: 做 | 写 | 来 )? (?: 一个 | 一份 | 个 | 份 )? (?: 关于 )? (?P<topic>.*?) (?: 的 )? (?: 概述 | 综述 | 总览 | 概览 | 总结 | 概况 )",
)
_ALL_ZH: Final = rf"{_THINGS_ZH} (?: 的 )? (?: 全部 | 主要 )? (?: 内容 )? | (?: 全部 | 所有 | 主要 ) 内容"
_FORMS: Final = tuple(
    re.compile(f"{lead} (?: {form} )", re.VERBOSE | re.IGNORECASE)
    for lead, forms in ((_LEAD, _ENGLISH), (_LEAD_ZH, _CHINESE))
    for form in forms
)
_EVERYTHING: Final = re.compile(f"(?: {_ALL} | {_ALL_ZH} )", re.VERBOSE | re.IGNORECASE)
_ASKS: Final = re.compile(r"谁|什么|哪|多少|怎|如何|是否|吗|\b(?:who|whom|whose|which|when|where|why|how)\b", re.IGNORECASE)
_END: Final = re.compile(r"[\s?？!！.。,，;；:：]+$")


def topic(question: str) -> str | None:
    """What an overview is asked of, as said; "" for everything. None: the question asks for something else."""
    asked = _END.sub("", " ".join(question.split()))
    if not asked or len(asked) > _LONGEST:
        return None
    found = next((match for form in _FORMS if (match := form.fullmatch(asked)) is not None), None)
    if found is None:
        return None
    named = (found.groupdict().get("topic") or "").strip(" 的")
    if not named or _EVERYTHING.fullmatch(named):
        return ""
    inner = topic(named)
    if inner is not None:
        return inner
    return None if _ASKS.search(named) else named
