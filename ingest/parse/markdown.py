"""Markdown of every dialect a collaboration meets: GitHub, MkDocs, GitBook, Jekyll, MyST, R and Quarto."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ingest.parse.decode import read_text
from ingest.parse.front_matter import split_front_matter
from ingest.parse.html_tree import read_fragment
from ingest.parse.markdown_dialects import plain_markdown
from ingest.parse.outline import Outline
from ingest.parse.plain import read_plain
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_ADMONITIONS = frozenset(
    re.findall(
        r"\w+",
        """admonition attention caution danger error hint important note tip warning seealso topic dropdown details card figure margin
        sidebar todo info abstract success question example quote exercise solution callout""",
    )
)
_DIRECTIVE = re.compile(r"^\{?\.?([\w:-]+)\}?\s*(.*)$")
_OPTION = re.compile(r"^(?::[\w-]+:.*|---[\s\S]*?\n---)\s*\n?", re.MULTILINE)
_LANGUAGE_MARK = re.compile(r"\A\s*:{3,}\s*\w+\s*\n|\A\s*#!\w+\s*\n(?!#)")
_MAX_DEPTH = 8
_LARGE = 250_000  # characters: beyond it only dumps and generated files, which would take minutes


class MarkdownParser:
    """One document a file. HTML inside Markdown is read as HTML."""

    name = "markdown"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        front, body = split_front_matter(source.text)
        outline = Outline()
        outline.notices.extend(source.notices)
        if front.get("description"):
            outline.add(str(front.pop("description")))
        read_markdown(body, outline)
        yield outline.document("markdown", file.name, title=str(front.pop("title", "")), metadata=front)


def read_markdown(text: str, outline: Outline) -> None:
    """Blocks of a piece of Markdown appended to `outline`."""
    if len(text) > _LARGE:
        outline.notices.append("the file is very large and was read for its headings, code and paragraphs only")
        read_plain(text, outline, marked=True)
        return
    read_fragment(_html(text, 0), outline)


def _html(text: str, depth: int) -> str:
    if depth > _MAX_DEPTH:
        return f"<p>{escape(text)}</p>"
    return str(_reader().render(plain_markdown(text), {"depth": depth}))


@functools.cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.admon import admon_plugin
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.colon_fence import colon_fence_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin

    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for plugin in (admon_plugin, colon_fence_plugin, deflist_plugin, footnote_plugin):
        reader.use(plugin)
    reader.use(dollarmath_plugin, allow_labels=True, allow_space=True, allow_digits=False, double_inline=True)
    reader.use(amsmath_plugin)
    rules: dict[str, Callable[[str], str]] = {
        "math_inline": lambda source: escape(f"${source}$"),
        "math_inline_double": _display,
        "math_block": _display,
        "math_block_label": _display,
        "amsmath": _display,
        "code_block": lambda source: f"<pre>\n{escape(_LANGUAGE_MARK.sub('', source))}</pre>",
    }
    for name, write in rules.items():
        reader.add_render_rule(name, _rule(write))
    for name in ("fence", "colon_fence"):
        reader.add_render_rule(name, _fence)
    return reader


def _rule(write: Callable[[str], str]) -> Callable[..., str]:
    def render(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
        return write(tokens[index].content)

    return render


def _display(source: str) -> str:
    return f'<div class="math">{escape(source.strip())}</div>'


def _fence(_renderer: object, tokens: Sequence[Token], index: int, _options: object, env: dict[str, Any]) -> str:
    """A fence is code, unless its info names a directive whose content is Markdown."""
    token = tokens[index]
    info = token.info.strip()
    directive = _DIRECTIVE.match(info) if info.startswith("{") or token.type == "colon_fence" else None
    name = directive[1].lower() if directive else ""
    if name == "math" or info == "math":
        return _display(_OPTION.sub("", token.content))
    if directive and (name in _ADMONITIONS or token.type == "colon_fence"):
        title = f"<p><b>{escape(directive[2])}</b></p>" if directive[2] else ""
        return f"<div>{title}{_html(_OPTION.sub('', token.content), int(env.get('depth', 0)) + 1)}</div>"
    if name in {"toctree", "contents", "tableofcontents", "bibliography"}:
        return ""
    code = _OPTION.sub("", token.content) if directive else token.content
    return f"<pre>\n{escape(code)}</pre>"
