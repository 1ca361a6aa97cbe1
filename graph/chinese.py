"""Names, terms and statements in Chinese text, without a word segmenter: by quotation, by the glossary, and by how names end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from graph.facts import Kind
from graph.terms import glossed
from jitl.wordforms import plain

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{2,}")
_EMPTY = "的是在和与由于了为从到被对将向及或并而之其这那也都就不我你他她它们个把让使得着过吗呢吧啊呀很以等如若但且则乃即"
_VERBS = (
    "位于|连接|跨越|加盟|加入|进入|构成|横贯|合称|简称|包括|包含|成为|担任|效力|转会|途经|经过|前往|来自|属于|隶属|毕业|出生|称为|发现|建立|举行|使用|采用|"
    "支持|提供|获得|参加|开始|结束|出任|就读|设有|拥有|达到|超过|由于|因为|如果|虽然|此外|目前|可以|需要|主要|重要|曾经|先后|再度|辗转|通过|根据|关于|最终|"
    "有(?!限)|[经至因曾年月日时后前座条所名位个支场队]"
)
_BETWEEN = re.compile(rf"{_VERBS}|[{_EMPTY}]")
_ENDS = re.compile(
    r"(?:大学|学院|中学|小学|研究所|研究院|实验室|实验|合作组|探测器|谱仪|对撞机|加速器|望远镜|卫星|公司|集团|委员会|协会|中心|软件|框架|系统|平台|算法|"
    r"理论|模型|方法|粒子|介子|玻色子|夸克|轻子|省|市|县|州|江|河|湖|山|岛|半岛|群岛|海峡|铁路|机场|车站|战争|战役|王朝|帝国|共和国|银行|医院|博物馆|"
    r"图书馆|教堂|寺|电视台|球队|俱乐部|联赛|奖|大桥|语)"
)
_PART = rf"(?:(?![{_EMPTY}]|{_VERBS}|[转担赢获])[\u4e00-\u9fff])"
_FOREIGN = re.compile(rf"{_PART}{{1,7}}(?:[·・•‧]{_PART}{{1,8}}|[·・•‧][A-Z]\.?)+")
_LIVED = re.compile(r"(?:^|[。\n])([\u4e00-\u9fff·]{2,10})[（(][^（）()\n]{0,40}\d{3,4}年?[^（）()\n]{0,12}[-—–－~～至]")
_STATED = re.compile(
    r"(?P<subject>[^，。；：！？、（）()\n的]{2,24})(?:[（(][^（）()\n]{1,60}[）)])?(?P<relation>是由|是|位于|属于|隶属于|毕业于|出生于|建于|成立于|采用|使用|"
    r"基于|支持|包括|由(?=[^，。；\n]{2,20}(?:开发|研制|建造|负责|主办|导演|创作|创建|创立)))(?P<object>[^，。；：！？\n]{2,40})"
)
LIVES = frozenset({"毕业于", "出生于"})
"""Relations that only a person has, however the name looks."""
_MAKER = re.compile(r"(?:开发|研制|建造|负责|主办|导演|创作|创建|创立)(?:$|的)")
_LEADING = re.compile(r"(?:一个|一种|一款|一座|一位|一名|一部|一所|一家|一条|中国的?|著名的?)+")
_NOT_SUBJECT = re.compile(rf"[{_EMPTY[:30]}]|因为|如果|虽然|此外|目前|可以|需要|主要|本|该|此|某|什么|哪")
_NOT_OBJECT = re.compile(rf"[{_EMPTY}]|[0-9]|一|因|作")
_LONGEST = 16
_MOST = 200
_SUBSTRING = 8


class Named(NamedTuple):
    start: int
    end: int
    kind: Kind


def names(text: str) -> Iterator[Named]:
    """Terms of the glossary, foreign names, people with their years, and short pieces that end as names do."""
    for run in _RUN.finditer(text):
        yield from _terms(text, run.start(), run.end())
        for start, piece in _pieces(text, run.start(), run.end()):
            ends = [end.end() for end in _ENDS.finditer(piece, 1)]
            if ends and 2 < ends[-1] <= _LONGEST:
                yield Named(start, start + ends[-1], Kind.NAME)
    for match in _FOREIGN.finditer(text):
        yield Named(match.start(), match.end(), Kind.PERSON)
    for match in _LIVED.finditer(text):
        yield Named(match.start(1), match.end(1), Kind.PERSON)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """What stands between empty words and common verbs, with its place."""
    for parting in _BETWEEN.finditer(text, start, end):
        if parting.start() - start > 1:
            yield start, text[start : parting.start()]
        start = parting.end()
    if end - start > 1:
        yield start, text[start:end]


def _terms(text: str, start: int, end: int) -> Iterator[Named]:
    """The longest terms of the glossary, one after the other."""
    known = glossed().chinese
    at = start
    while at < end - 1:
        for length in known.get(text[at], ()):
            if length <= end - at and text[at : at + length] in known[text[at]][length]:
                yield Named(at, at + length, Kind.TERM)
                at += length - 1
                break
        at += 1


def asked(question: str) -> Iterator[str]:
    """Strings of a question that may be names: pieces between empty words, and parts of them."""
    left = _MOST
    text = plain(question)
    for run in _RUN.finditer(text):
        yield run.group()
        for _, word in _pieces(text, run.start(), run.end()):
            yield word
            for length in range(min(_SUBSTRING, len(word) - 1), 1, -1):
                for at in range(len(word) - length + 1):
                    left -= 1
                    if left < 0:
                        return
                    yield word[at : at + length]


def statements(text: str, start: int, end: int) -> Iterator[tuple[tuple[int, int], str, tuple[int, int]]]:
    """Spans of subject and object with the relation word, of a sentence that begins with its subject."""
    match = _STATED.match(text, start, end)
    if not match or text[end - 1] in "？?" or _NOT_SUBJECT.match(match["subject"]):
        return
    subject = match.span("subject")
    if match["relation"] == "由" and (maker := _MAKER.search(text, match.start("object"), match.end("object"))):
        yield subject, "由" + maker.group().removesuffix("的"), (match.start("object"), maker.start())
        return
    at, stop = match.span("object")
    last = text.rfind("的", at, stop)
    at = last + 1 if last >= 0 and match["relation"] in {"是", "位于"} else at
    leading = _LEADING.match(text, at, stop)
    at = leading.end() if leading else at
    if 2 <= stop - at <= _LONGEST and not _NOT_OBJECT.match(text, at, stop) and not text.endswith("之一", at, stop):
        yield subject, match["relation"], (at, stop)
