"""What every part must see alike in a text: its language by script, its folded form, its sentences, its defects."""

from __future__ import annotations

import re
import unicodedata

from jitl.errors import BadInput

# Han with its extensions, kana, bopomofo, hangul.
CJK = "\u2e80-\u2fdf\u3005\u3007\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_CJK = re.compile(f"[{CJK}]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u1e00-\u1eff]")  # with Greek: symbols of physics
_LETTER = re.compile(r"[^\W\d_]")
_LETTERS_A_SIGN = 3  # one Chinese sign says about as much as three Latin letters

_SPACE = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")

_END = re.compile(r"[.!?]+[\"'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f\uff1b]+[\"'\u201d\u2019\u300d\u300f\uff09)]*|\n[ \t]*\n\s*")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'\u201c]+$")
# A capital letter or a number after these continues the sentence.
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "a.k.a al appl approx apr aug ca cf ch chap co cols corp dec dept dr e.g ed eds eq eqn eqns eqs est etc ex feb figs gen gov i.e "
        "inc jan jr jul lett lhs lt ltd maj math mr mrs ms mt nov nucl oct para ph.d phys pp prof proc ref refs rep rev rhs sci sec sect "
        "sen sep sept sgt sr st suppl trans u.k u.s univ viz vol vols vs",
    )
)
_BEFORE_NUMBER = frozenset({"art", "col", "fig", "jun", "mar", "no", "nos", "op", "p", "tab"})  # words otherwise
_MAY_CLOSE = frozenset({"etc", "al", "inc", "ltd", "co", "corp", "jr", "sr", "u.s", "u.k", "ph.d"})  # these end sentences too
_INITIAL = re.compile(r"(?:[A-Za-z]\.)*[A-Z]")  # J. J. Thomson, U.S.
_STARTERS = re.compile(
    r"[\"'\u201c(\[]*(?:The|This|That|These|Those|It|In|On|At|He|She|They|We|His|Her|Their|Its|There|Then|However|But|And|For|If|When|As|A|An|After|"
    r"Although|While|With|By|From|To|Our|Here|Such|Since|Because|Thus|Hence|Both|Each|Many|Some|Most|One|Two|Moreover|Furthermore)\b"
)


def language(text: str) -> str:
    """`zh` where Chinese signs outweigh Latin letters, else `en`; by script alone."""
    signs = 0 if text.isascii() else len(_CJK.findall(text))
    return "zh" if signs and signs * _LETTERS_A_SIGN > len(_LATIN.findall(text)) else "en"


def latin_share(text: str) -> float:
    """Share of Latin (and Greek) letters among all letters, a CJK sign counted as three; 1 where there are no letters."""
    if text.isascii():
        return 1.0
    latin = len(_LATIN.findall(text))
    signs = len(_CJK.findall(text))
    other = len(_LETTER.findall(text)) - latin - signs
    weight = latin + max(other, 0) + signs * _LETTERS_A_SIGN
    return latin / weight if weight else 1.0


def fold(text: str) -> str:
    """The form in which texts are compared: NFKC, case folded, white space runs as one blank, none at the ends."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def tokens(text: str) -> int:
    """An upper estimate, alike for every model: three letters, or one sign of Chinese, are one."""
    plain = len(text.encode("ascii", "ignore"))
    return -(-plain // 3) + len(text) - plain


def clean(text: str) -> str:
    """The text itself, or `BadInput` where it holds what no store and no tokenizer can keep."""
    if "\x00" in text:
        raise BadInput("The text contains a NUL character.", hint="Remove it and send the text again.")
    if _SURROGATE.search(text):
        raise BadInput("The text contains half of a surrogate pair, which is no character.", hint="Send valid Unicode (UTF-8).")
    return text


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences in order, white space between them left out; every other character is in exactly one.

    English ends at `.`, `!` or `?` before white space unless the dot belongs to an abbreviation or an initial; Chinese at its own
    stops; both at an empty line.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if _closes(text, start, match):
            _add(spans, text, start, match.end())
            start = match.end()
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _closes(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a stop ends its sentence."""
    stop = match.group()
    if not stop.startswith(".") or stop.startswith(".."):
        return True
    before = _WORD_BEFORE.search(text, max(start, match.start() - 40), match.start())
    word = before.group() if before else ""
    after = text[match.end() : match.end() + 60].lstrip()
    if not after:
        return True
    if word.isdigit() and not text[start : match.start() - len(word)].strip():
        return False  # a list's number: "1. First"
    if not _abbreviates(word, after):
        return not (after[0].islower() and len(word) == 1)
    may_close = word.lower() in _MAY_CLOSE or _INITIAL.fullmatch(word) is not None
    return may_close and _STARTERS.match(after) is not None


def _abbreviates(word: str, after: str) -> bool:
    lower = word.lower()
    return lower in _ABBREVIATIONS or (lower in _BEFORE_NUMBER and after[0].isdigit()) or _INITIAL.fullmatch(word) is not None
