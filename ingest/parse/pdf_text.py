"""Lines of a page to paragraphs: words put together again, paragraphs told by space, indentation and punctuation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from ingest.parse.outline import unwrap
from ingest.parse.pdf_lines import Line, Page

BULLET = re.compile(r"^(?:[•▪◦‣∙·●○■□➢➤►▶✓✔❖§\uf0a7\uf0b7\uf0d8]\s*|[–—−*-]\s+)(?=\S)")
_NUMBERED = re.compile(r"^(?:\[\d{1,3}\]|\(?\d{1,2}[.)]|\([a-z]\)|[a-z]\))\s+\S")
_END = re.compile(r"[.!?:;。！？：；][\"'”’)\]]*\d{0,3}$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r".*?[.!?。！？][\"'”’)\]]*(?=\s|$)", re.DOTALL)


@dataclass(slots=True)
class Paragraph:
    page: int
    lines: list[Line] = field(default_factory=list)

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)

    @property
    def mono(self) -> bool:
        return all(line.mono for line in self.lines)

    @property
    def tabular(self) -> bool:
        return self.lines[0].cells > 1

    @property
    def listed(self) -> bool:
        first = self.lines[0].text
        return BULLET.match(first) is not None or _NUMBERED.match(first) is not None


def paragraphs(page: Page, body: float) -> list[Paragraph]:
    """The page's paragraphs in the text layer's order; `body` is the usual size of type."""
    found: list[Paragraph] = []
    leading = _leading(page.lines)
    for line in page.lines:
        if found and not _breaks(found[-1], line, leading, page, body):
            found[-1].lines.append(line)
        else:
            found.append(Paragraph(page.number, [line]))
    return found


def vocabulary(pages: Iterable[Page]) -> frozenset[str]:
    """Whole words of the document, as they stand within a line: how to join one that was split."""
    found: set[str] = set()
    split = False
    for page in pages:
        for line in page.lines:
            words = _WORD.findall(line.text.casefold())
            goes_on = line.hyphen or line.text.endswith("-")
            found.update(words[1 if split else 0 : -1 if goes_on else None])
            split = goes_on
    return frozenset(found)


def text_of(paragraph: Paragraph, page: Page, words: Collection[str]) -> str:
    """One line where the breaks only fill the column; others stay."""
    if paragraph.mono or paragraph.tabular:
        return "\n".join(line.text for line in paragraph.lines)
    rows = [paragraph.lines[0].text]
    for last, line in pairwise(paragraph.lines):
        if last.hyphen:
            rows[-1] = without_hyphen(rows[-1], line.text, words)
        elif _broken_by_hand(last, line, _right(last, page)):
            rows.append(line.text)
        else:
            rows[-1] += "\n" + line.text
    return "\n".join(unwrap(row) for row in rows)


def is_cut(paragraph: Paragraph, page: Page) -> bool:
    """Whether the last line is full and ends in no full stop: the sentence goes on elsewhere."""
    last = paragraph.lines[-1]
    right = _right(last, page)
    return not ends(last.text) and last.x1 > right - 0.1 * (right - last.x0)


def tail(text: str) -> int:
    """Length of a text's first sentence, the whole where it has no end."""
    match = _SENTENCE.match(text)
    return match.end() if match else len(text)


def ends(text: str) -> bool:
    return _END.search(text) is not None


def without_hyphen(before: str, after: str, words: Collection[str]) -> str:
    """The two halves of a split word: one word, unless the document writes it with a hyphen elsewhere."""
    before = before.removesuffix("-")
    left, right = _LAST_WORD.search(before), _FIRST_WORD.match(after)
    if left is None or right is None:
        return f"{before}-{after}"
    one, other = left[0].casefold(), right[0].casefold()
    two_words = f"{one}-{other}" in words or (min(len(one), len(other)) > 2 and one in words and other in words)
    keep = one + other not in words and (two_words or right[0][0].isupper() != left[0][-1].isupper())
    return f"{before}-{after}" if keep else before + after


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance of two lines, in units of their size."""
    steps = [(last.y - line.y) / line.size for last, line in pairwise(lines) if abs(last.size - line.size) < 0.1 * line.size]
    return median([step for step in steps if 0.8 < step < 2.2] or [1.25])


def _right(line: Line, page: Page) -> float:
    """Where the column of the line ends."""
    return max((other.x1 for other in page.lines if abs(other.x0 - line.x0) < 3 * line.size and other.x1 > line.x0), default=line.x1)


def _breaks(paragraph: Paragraph, line: Line, leading: float, page: Page, body: float) -> bool:
    last = paragraph.lines[-1]
    step = (last.y - line.y) / max(last.size, line.size)
    if last.hyphen:
        return False
    if paragraph.tabular or line.cells > 1:
        return not (paragraph.tabular and line.cells > 1 and 0 < step < 2.6)
    if step < -0.5:  # a new column, or a box beside
        return ends(last.text) or not line.text[0].islower()
    return step > leading + 0.35 or _looks_else(paragraph, line) or _begins(paragraph, line, page, body)


def _looks_else(paragraph: Paragraph, line: Line) -> bool:
    last = paragraph.lines[-1]
    larger = abs(last.size - line.size) > 0.08 * max(last.size, line.size)
    return larger or last.mono != line.mono or (last.bold and not line.bold and len(paragraph.lines) < 3)


def _begins(paragraph: Paragraph, line: Line, page: Page, body: float) -> bool:
    """Whether the line reads like the first of a paragraph, or the one before it like a last."""
    last = paragraph.lines[-1]
    if BULLET.match(line.text) or (_NUMBERED.match(line.text) and (paragraph.listed or ends(last.text))):
        return True
    if line.size > 1.15 * body:  # a heading, centred perhaps
        return False
    return _indented(paragraph, line, page) or _is_last(last, _right(last, page))


def _is_last(line: Line, right: float) -> bool:
    """Whether a sentence ends here well before the column does."""
    return ends(line.text) and line.x1 < right - 0.25 * (right - line.x0)


def _indented(paragraph: Paragraph, line: Line, page: Page) -> bool:
    """Whether the line's start tells that it begins something: deeper after a full stop or a short line, or back at the margin."""
    last = paragraph.lines[-1]
    shift = (line.x0 - last.x0) / line.size
    first = len(paragraph.lines) == 1
    if line.term and (paragraph.lines[0].term or shift < -0.8):
        return True
    if shift < -0.8:
        return paragraph.listed or (not first and ends(last.text))
    if shift > 0.8:
        right = _right(last, page)
        return not (first and paragraph.listed) and (ends(last.text) or last.x1 < right - 0.1 * (right - last.x0))
    margin = min((other.x0 for other in page.lines if abs(other.x0 - line.x0) < 3 * line.size), default=line.x0)
    return first and not paragraph.listed and ends(last.text) and line.x0 > margin + 0.8 * line.size  # both are first lines


def _broken_by_hand(last: Line, line: Line, right: float) -> bool:
    """Whether the next line's first word would have fitted."""
    word = line.text[:1] if line.text[:1] > "\u2e7f" else line.text.split(maxsplit=1)[0]  # Chinese breaks anywhere
    letter = (last.x1 - last.x0) / max(1, len(last.text))
    return last.x1 + (len(word) + 2) * letter < right - 0.08 * (right - last.x0)
