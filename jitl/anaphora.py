"""Whether a question leans on what was asked before, and what it is about then: by its words alone, in English and Chinese.

Made to be sure rather than complete. A question that names what it asks about is left as it is; so is one whose pronoun may mean
something that the question itself names before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from jitl import text as texts

LONGEST_ELLIPSIS: Final = 8
"""Words of a question that says only what is new in it."""
LONGEST_SUBJECT: Final = 12
MOST_BEFORE: Final = 2
"""Words of content before a pronoun beyond which one of them may be what it means."""

_DUMMY: Final = re.compile(
    r"\b(?:is|was|does|did|would|will|can|could|should|may|might) it (?:\w+ly )?(?:possible|true|safe|necessary|ok|okay|enough|better|"
    r"recommended|allowed|required|advisable|useful|correct|normal|take|make|mean|matter|cost|hurt|help|make sense)\b|\bit takes?\b|"
    r"\b(?:is|was) it (?:that|when|where|because|\w+ to)\b|\btime is it\b|"
    r"\bit(?:'s| is| was) (?:possible|true|safe|necessary|recommended|allowed|required|\w+ (?:to|that))\b|\bmake it\b",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers)\b(?!-)", re.IGNORECASE)
_POINTING: Final = re.compile(
    r"\b(?:this|that|these|those)\b(?=\s*(?:[?.!,;]|$))|\b(?:this|these|those)(?: \w+)?(?=\s*(?:[?.!,;]|$))|"
    r"\b(?:this|that|these|those) (?:one|ones|release|version|detector|run|runs|experiment|paper|talk|note|page|code|package|tool|method|"
    r"value|number|case|year|period|sample|data|machine|result|measurement|figure|person|name|error|option|file|job|part)\b",
    re.IGNORECASE,
)
_NAMED_BEFORE: Final = re.compile(
    r"(?<!^)\b(?:[A-Z][\w/+.-]+|\w*\d\w*)|^(?:[A-Z]{2,}|\w+[a-z][A-Z]\w*)\b|\b(?:the|an?|our|my|your|each|every|any|some) \w+(?! of\W*$)"
)
_BARE: Final = re.compile(
    r"^\W*(?:(?:and|but|so|then|ok(?:ay)?)\W+)?(?:why|how|when|where|who|since when|by whom|how (?:so|come|many|much|often|long)|why not|"
    r"what else|who else|where else|which ones?)\W*$",
    re.IGNORECASE,
)
_OPENER: Final = re.compile(
    r"^\W*(?:(?:and|but|so|then|ok(?:ay)?|well)\b\W*)?(?:what|how) about\b\s*|^\W*(?:and|but)\b\W*(?:then\b\W*)?",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"^(?:(?:in|for|to|by|with|on|at|from|of) )?"
    r"(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|should|would|will|has|have|had|may|must)\b",
    re.IGNORECASE,
)
_STOP: Final = frozenset(
    re.findall(
        r"\S+",
        "who whom whose what which when where why how is are was were be been being do does did can could should would will has "
        "have had may must many much long often far of for in on at to by from with about into and or but if than as not no "
        "please tell me show explain describe give there here i we you us my your our it its they them their he his him she her "
        "this that these those so then also now still use used using need needed needs take takes run runs work works make made "
        "makes recommended called get got set find found say says known happen happens happened mean means cover covers contain "
        "contains built build measured consist consists look looks",
    )
)
_DETERMINERS: Final = frozenset({"the", "a", "an"})
_WORD: Final = re.compile(r"[A-Za-z0-9][\w./+'’()-]*[\w)]|[A-Za-z0-9]|[?.!,;:]")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
_PERSON: Final = re.compile(r"^(?:he|him|his|she|her|hers)$", re.IGNORECASE)

_ZH_PRONOUN: Final = re.compile(
    r"它们?|(?:^|[，,。 在对与和由用])其(?![他它中实余次])|(?<![吉其])[他她]们?|"
    r"[这那](?:个|些|种|款)(?!月|星期|礼拜|意思|时候)(?:版本|探测器|实验|软件|方法|装置|数据)?"
)
_ZH_ELLIPSIS: Final = re.compile(
    r"^\W*(?:那么?|还有|而)?\W*(?:如果|要是|换成|换作)?(?P<new>[^，。？?！!]{1,20}?)(?:呢|又如何|又怎么样)\W*$"
)
_ZH_SUBJECT: Final = re.compile(
    r"^(?:请问|我想知道|那么?|关于)?(?P<subject>.{2,20}?)"
    r"(?=是|有|的|在|由|用|为|需|应|怎|如何|多少|多大|多长|什么|谁|哪|几|能|可以|会|何)"
)
_SIGN: Final = re.compile(f"[{texts.CJK}]")


def takes_up(question: str) -> bool:
    """Whether the question cannot be understood without the one before it."""
    if _chinese(question):
        return _ZH_ELLIPSIS.match(question) is not None or _zh_pronoun(question) is not None
    return _BARE.match(question) is not None or _new_in(question) is not None or _pronoun(question) is not None


def resolve(question: str, history: Sequence[str]) -> str:
    """The question with what it leans on put in, from the earlier questions, oldest first; the question itself where it leans on none."""
    before = ""
    for earlier in history:
        before = _joined(earlier, before)
    return _joined(question, before)


def _joined(question: str, before: str) -> str:
    if not before or not takes_up(question):
        return question
    if _chinese(question) != _chinese(before):
        return f"{question.rstrip()} ({_subject(before, whole=True)})"
    return _joined_zh(question, before) if _chinese(question) else _joined_en(question, before)


def _joined_en(question: str, before: str) -> str:
    new = _new_in(question)
    if new is not None:
        return _exchanged(new, before)
    found = _pronoun(question)
    if found is None:  # Why?
        return f"{question.rstrip(' ?.!')}: {_subject(before, whole=True)}?"
    meant = _subject(before, whole=_PERSON.match(found.group()) is not None)
    own = re.match(r"(?:its|theirs?|his|hers)\b|her \w", question[found.start() :], re.IGNORECASE)
    return f"{question[: found.start()]}{meant}{'’s' if own else ''}{question[found.end() :]}"


def _joined_zh(question: str, before: str) -> str:
    old = _ZH_SUBJECT.match(before)
    subject = old["subject"] if old else re.sub(r"[？?。！!]|什么|多少|吗|呢|怎么|如何|为什么", "", before)
    found, pronoun = _ZH_ELLIPSIS.match(question), _zh_pronoun(question)
    if pronoun is not None:
        return question.replace(pronoun.lstrip("，,。 "), subject, 1)
    assert found is not None
    new = found["new"]
    year = _YEAR.search(before)
    if _YEAR.search(new) and year:
        return before.replace(year.group(), _YEAR.findall(new)[0], 1)
    return new + before[old.end("subject") :] if old and not _YEAR.search(new) else f"{before.rstrip('？?。 ')}，{new}？"


def _exchanged(new: str, before: str) -> str:
    """The question before, about something else: a year for a year, a phrase for one with the same head, a name for the only name."""
    years = _YEAR.findall(before)
    if _YEAR.search(new) and len(years) == 1:
        before = before.replace(years[0], _YEAR.findall(new)[0], 1)
        if len(re.findall(r"\w+", re.sub(r"^(?:for|in|of|from|the|year|data|\W)+", "", new))) <= 1:
            return before
    fresh, old = _chunks(new), _chunks(before)
    if len(fresh) == 1 and not _YEAR.fullmatch(fresh[0]):
        head = fresh[0].split()[-1].lower()
        alike = _named if _named(fresh[0]) else lambda one: _definite(fresh[0], new) and _definite(one, before)
        same = [one for one in old if one.split()[-1].lower() == head] or [one for one in old if alike(one)]
        if len(same) == 1:
            return before.replace(same[0], fresh[0], 1)
    return f"{before.rstrip(' ?.!')}, {new.strip(' ?.!')}?"


def _new_in(question: str) -> str | None:
    """What a question without a verb of its own asks about anew: `the 2019 data` of `And for the 2019 data?`."""
    found = _OPENER.match(question)
    rest = question[found.end() :] if found else ""
    if not rest.strip(" ?.!") or _ASKS.match(rest) or _pronoun(rest) is not None or len(rest.split()) > LONGEST_ELLIPSIS:
        return None
    return rest


def _pronoun(question: str) -> re.Match[str] | None:
    plain = _DUMMY.sub(lambda found: " " * len(found.group()), question)
    for found in sorted((*_PRONOUN.finditer(plain), *_POINTING.finditer(plain)), key=lambda one: one.start()):
        before = plain[: found.start()]
        topic, parted, _ = re.sub(_OPENER, "", before).rpartition(next((sign for sign in ",:;?" if sign in before), "\0"))
        if (parted and _chunks(topic)) or len(" ".join(_chunks(before)).split()) > MOST_BEFORE:
            return None
        part = re.search(r"\b(?:the|an?) \w+ (?:of|for|in|on|to|with) $", before)
        return found if part or _NAMED_BEFORE.search(before) is None else None
    return None


def _zh_pronoun(question: str) -> str | None:
    found = _ZH_PRONOUN.search(question)
    if found is None or re.search(r"[A-Za-z]{2,}", question[: found.start()]) or found.start() > 6:
        return None
    return found.group()


def _subject(question: str, *, whole: bool) -> str:
    """What a question is about: what it names; else what it speaks of as known; else (or `whole`) all that it says."""
    if _chinese(question):
        found = _ZH_SUBJECT.match(question)
        return question.rstrip("？?。 ") if whole or found is None else found["subject"]
    chunks = _chunks(question)
    named = [one for one in chunks if _named(one)]
    known = [one for one in chunks if _definite(one, question)]
    chosen = chunks if whole else named or known[-1:] or chunks
    said = " ".join(" ".join(chosen or [question.rstrip(" ?.!")]).split()[:LONGEST_SUBJECT])
    return f"the {said}" if chosen == known[-1:] and not named else said


def _chunks(question: str) -> list[str]:
    """Runs of words that are neither function words nor the commonest verbs, as they stand in the question."""
    runs: list[str] = []
    end = -1
    for at, found in enumerate(_WORD.finditer(question)):
        word = found.group()
        if word.lower() in _STOP or word.lower() in _DETERMINERS or not word[0].isalnum():
            end = -1
            continue
        if end >= 0 and question[end : found.start()].isspace():
            runs[-1] = f"{runs[-1]}{question[end : found.start()]}{word}"
        elif not (at == 0 and _ASKS.match(word)):
            runs.append(word)
        end = found.end()
    return runs


def _chinese(question: str) -> bool:
    return _SIGN.search(question) is not None


def _definite(chunk: str, question: str) -> bool:
    return re.search(rf"\b(?:the|an?) {re.escape(chunk)}", question, re.IGNORECASE) is not None


def _named(chunk: str) -> bool:
    """Whether it has capitals or numbers as names do."""
    return re.search(r"[A-Z]|\d", chunk) is not None
