"""Rewrites what template engines and wikis add to Markdown, outside code, into Markdown or nothing."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]*(?:>[ \t]?)*(`{3,}|~{3,})([^`\n]*)$")
_LIQUID = re.compile(r"\{%-?\s*(\w+)([^%\n]{0,300}?)-?%\}")
_QUOTED = re.compile(r'(?:^\s*|\b(?:title|header|summary)\s*=\s*)"([^"\n]{1,200})"')
_SILENT = frozenset(
    re.findall(
        r"\w+",
        "include include_relative link url ref assign if unless for else elsif raw code image youtube embed set highlight comment",
    )
)
_VARIABLE = re.compile(r"\{\{[^{}\n]{0,200}\}\}")
_CONTENTS = re.compile(r"^\s*(?:\[TOC\]|\[\[_?TOC_?\]\]|\{:toc\}|\[\[toc\]\]|\*\s*TOC)\s*$", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"[ \t]*\{:?[ \t]*[#.][^{}\n]{0,100}\}[ \t]*$")
_ALERT = re.compile(r"^(\s*>\s*)\[!(\w+)\][+-]?")
_INLINE_BRACKETS = re.compile(r"\\\(((?:[^\\\n]|\\[A-Za-z,;!{} ]){1,300}?)\\\)")
_DISPLAY_BRACKETS = re.compile(r"^(\s*)\\\[(.*?)(?:\\\])?\s*$")
_TEX_CONTENT = re.compile(r"[\\^_=]")
_HIGHLIGHT = re.compile(r"^\s*\{%-?\s*(end)?highlight\s*([\w+-]*)[^%\n]{0,100}%\}\s*$")
_HASH_HEADING = re.compile(r"^(#{2,6}|#(?=[^\x00-\x7f]))([^#\s!].*)$")


def plain_markdown(text: str) -> str:
    """The same text without Liquid tags, GitBook blocks (their titles stay), attribute lists and table-of-contents marks."""
    if not any(mark in text for mark in ("{%", "{{", "\\(", "\\[", "{#", "{:", "{.", "[!", "TOC", "toc")) and "#" not in text:
        return text
    out: list[str] = []
    fence = ""
    for line in text.split("\n"):
        opening = _FENCE.match(line)
        if fence:
            fence = "" if opening and opening[1].startswith(fence) and not opening[2].strip() else fence
        elif opening:
            fence = opening[1]
        elif not line.startswith(("    ", "\t")):
            line = _rewritten(line)  # noqa: PLW2901 (the line goes on in its new form)
        out.append(line)
    return "\n".join(out)


def _rewritten(line: str) -> str:
    if "{%" in line:
        if block := _HIGHLIGHT.match(line):
            return "```" + ("" if block[1] else block[2])
        line = _LIQUID.sub(_liquid, line)
    if "{{" in line:
        line = _VARIABLE.sub("", line)
    if _CONTENTS.match(line):
        return ""
    if line.startswith("#"):
        line = _HASH_HEADING.sub(r"\1 \2", line)
    if "{" in line:
        line = _ATTRIBUTES.sub("", line)
    if "[!" in line:
        line = _ALERT.sub(lambda match: f"{match[1]}**{match[2].capitalize()}**", line)
    return _brackets(line) if "\\" in line else line


def _liquid(match: re.Match[str]) -> str:
    name, rest = match[1], match[2]
    title = _QUOTED.search(rest)
    if name in _SILENT or name.startswith("end") or title is None:
        return ""
    return f"\n\n**{title[1]}**\n\n"


def _brackets(line: str) -> str:
    r"""`\(x\)` and `\[x\]` as dollars, where what stands inside looks like a formula."""
    line = _INLINE_BRACKETS.sub(lambda match: f"${match[1].strip()}$" if _TEX_CONTENT.search(match[1]) else match[0], line)
    display = _DISPLAY_BRACKETS.match(line)
    if display is not None and (not display[2].strip() or (_TEX_CONTENT.search(display[2]) and line.rstrip().endswith("\\]"))):
        closing = "$$" if line.rstrip().endswith("\\]") else ""
        return f"{display[1]}$${display[2]}{closing}"
    return "$$" if line.strip() == "\\]" else line
