"""Jupyter notebooks: prose, code and what the code printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.parse.decode import read_text
from ingest.parse.front_matter import split_front_matter
from ingest.parse.html_tree import read_fragment
from ingest.parse.markdown import read_markdown
from ingest.parse.outline import Outline
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

_MAX_OUTPUT = 2_000  # characters of one printed output
_PROGRESS = re.compile(r"^.*\d+%\|.*$", re.MULTILINE)
_PLAIN_REPR = re.compile(r"^<[\w.]+ (?:object )?at 0x[0-9a-f]+>$|^<(?:Figure|matplotlib|AxesSubplot)[^\n]*>$")


class NotebookParser:
    """One document a file. Pictures and long outputs are left out, and the notices say so."""

    name = "notebook"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """Raises `Unreadable` for a file that is no notebook."""
        source = read_text(file.path)
        book = _load(source.text)
        outline = Outline()
        outline.notices.extend(source.notices)
        front: dict[str, Any] = {}
        for number, cell in enumerate(_cells(book)):
            text = _joined(cell.get("source", cell.get("input", "")))
            if number == 0 and cell.get("cell_type") in {"markdown", "raw"}:
                front, text = split_front_matter(text)
            _read_cell(cell, text, outline)
        own = _mapping(book.get("metadata"))
        metadata = {
            "language": str(_mapping(own.get("kernelspec")).get("language") or _mapping(own.get("language_info")).get("name") or "")
        }
        authors = [str(_mapping(a).get("name", a)) for a in own.get("authors", []) if a] if isinstance(own.get("authors"), list) else []
        metadata["author"] = ", ".join(authors)
        title = front.pop("title", "") or own.get("title", "")
        yield outline.document("notebook", file.name, title=str(title), metadata={**metadata, **front})


def _load(text: str) -> Mapping[str, Any]:
    if not text.strip():
        return {}
    try:
        book = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the notebook is not valid JSON ({str(error)[:120]}).", hint="Open and save it again in Jupyter.") from error
    if not isinstance(book, dict) or not ({"cells", "worksheets"} & book.keys()):
        raise Unreadable("the file holds JSON but no notebook cells.", hint="Check that it is a Jupyter notebook.")
    return book


def _cells(book: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Cells of format 4, or of format 3's worksheets."""
    sheets = book.get("worksheets")
    lists = [book.get("cells")] if not isinstance(sheets, list) else [_mapping(sheet).get("cells") for sheet in sheets]
    for cells in lists:
        if isinstance(cells, list):
            yield from (cell for cell in cells if isinstance(cell, dict))


def _read_cell(cell: Mapping[str, Any], text: str, outline: Outline) -> None:
    kind = cell.get("cell_type")
    if kind == "markdown":
        read_markdown(text, outline)
    elif kind == "heading":
        level = cell.get("level", 1)
        outline.heading(text, level if isinstance(level, int) else 1)
    elif kind == "code":
        outline.add(text, BlockKind.CODE)
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            _read_output(_mapping(output), outline)
    else:
        outline.add(text)


def _read_output(output: Mapping[str, Any], outline: Outline) -> None:
    """Printed text and results that are text; tables as rows; of an error its last line."""
    if output.get("output_type") in {"error", "pyerr"}:
        outline.add(f"{output.get('ename', 'Error')}: {output.get('evalue', '')}"[:_MAX_OUTPUT], BlockKind.CODE)
        return
    data = _mapping(output.get("data")) or output
    html = _joined(data.get("text/html", data.get("html", "")))
    if "<table" in html:
        if len(html) <= 50 * _MAX_OUTPUT:
            read_fragment(html, outline)
        return
    text = _joined(output.get("text", "")) or _joined(data.get("text/plain", ""))
    text = _PROGRESS.sub("", text[: 50 * _MAX_OUTPUT].replace("\r", "\n")).strip("\n")
    if len(text) > _MAX_OUTPUT:
        outline.notices.append("long printed outputs were cut")
        text = text[:_MAX_OUTPUT].rpartition("\n")[0] or text[:_MAX_OUTPUT]
    if text and not _PLAIN_REPR.match(text.strip()):
        outline.add(text, BlockKind.CODE)


def _joined(value: object) -> str:
    if isinstance(value, str):
        return value
    return "".join(part for part in value if isinstance(part, str)) if isinstance(value, Sequence) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
