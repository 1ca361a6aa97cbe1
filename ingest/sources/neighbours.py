"""What a file's neighbours say of it: an Indico export of the slides beside it, a paper's main file of its other sources."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.parse.agenda import attachments_of, contributions_of, date_of, events_of, people_of
from ingest.parse.exports import export_of
from ingest.parse.sniff import HEAD_BYTES
from ingest.sources.port import Refused
from jitl.ports import SourceFile

MOST_LOOKED_AT = 50
"""Files of one folder that are looked into."""
_LARGEST_EXPORT = 32 * 2**20
_MAIN = re.compile(r"(?m)^[ \t]*\\document(?:class|style)\b")
_COMMENT = re.compile(r"(?m)(?<!\\)%.*$")
_TITLE = re.compile(r"\\title\s*(?:\[[^\]]{0,300}\])?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]{0,300}\}){0,300}\}){1,1000})\}")
_AUTHOR = re.compile(r"\\author\s*(?:\[[^\]]{0,300}\])?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]{0,300}\}){0,300}\}){1,3000})\}")
_COMMAND = re.compile(
    r"\\(?:thanks|footnote|inst|affil|email|orcid\w*)\s*\{[^{}]{0,300}\}|\\[a-zA-Z]{1,40}\*?(?:\[[^\]]{0,100}\])?|[{}$^~]"
)
_ARXIV = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")
_ARXIV_OLD = re.compile(r"(?<![a-z])((?:hep|nucl|astro|gr|cond|quant|math)-(?:ex|ph|th|lat|qc|mat)|physics)[-_/]?(\d{7})(?!\d)")


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """`files`: name of a file -> what is known of it; `paper`: what is known of TeX sources. Both hold for the folders below, too."""

    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    paper: Mapping[str, Any] = field(default_factory=dict)
    main: str = ""

    def within(self, folder: Path, shown: str, names: Sequence[str]) -> Neighbourhood:
        """What holds in a folder (`shown` is its public name) with these files."""
        files = {**self.files, **_events(folder, [name for name in names if name.lower().endswith(".json")][:MOST_LOOKED_AT])}
        sources = [name for name in names if name.lower().endswith((".tex", ".ltx"))]
        main, paper = _paper(folder, shown, sources[:MOST_LOOKED_AT])
        return Neighbourhood(files, paper or self.paper, main if paper else self.main)

    def told(self, item: SourceFile | Refused, name: str) -> SourceFile | Refused:
        """The file `name`, or something in it, with what is known of it."""
        if isinstance(item, Refused):
            return item
        known = dict(self.files.get(name, ()))
        if self.paper and name != self.main and item.path.suffix.lower() in {".tex", ".ltx"}:
            known |= self.paper
        return replace(item, provenance={**item.provenance, **known}) if known else item


def _events(folder: Path, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for name in names:
        path = folder / name
        try:
            with path.open("rb") as stream:
                head = stream.read(HEAD_BYTES)
            if export_of(".json", head) != "indico" or path.stat().st_size > _LARGEST_EXPORT:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for event in events_of(text):
            found |= _attached(event)
    return found


def _attached(event: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Attachment -> its event, its talk, who gave it and when."""
    title, date, url = str(event["title"]), date_of(event.get("startDate")), str(event.get("url") or "")
    found: dict[str, Mapping[str, Any]] = {}
    for name in attachments_of(event):
        found[name] = _told(f"Event: {title}", event=title, date=date, url=url)
    for talk in contributions_of(event):
        speakers = ", ".join(people_of(talk.get("speakers")))
        about = f"Talk: {talk.get('title', '')}\nEvent: {title}" + (f"\nSpeaker: {speakers}" if speakers else "")
        told = _told(
            about, event=title, talk=str(talk.get("title") or ""), author=speakers, date=date_of(talk.get("startDate")) or date, url=url
        )
        found |= dict.fromkeys(attachments_of(talk), told)
    return found


def _told(about: str, **values: str) -> Mapping[str, Any]:
    return {"about": about, **{key: value for key, value in values.items() if value}}


def _paper(folder: Path, shown: str, names: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
    """The main file among a folder's TeX sources, and what it says of the paper; "" where there is none."""
    for name in names if len(names) else ():
        try:
            with (folder / name).open("rb") as stream:
                text = _COMMENT.sub("", stream.read(HEAD_BYTES).decode("utf-8", "replace"))
        except OSError:
            continue
        title = _TITLE.search(text) if _MAIN.search(text) else None
        if title is not None:
            authors = ", ".join(dict.fromkeys(filter(None, (_plain(match[1]) for match in _AUTHOR.finditer(text)))))
            values = {"paper": _plain(title[1]), "author": authors[:1000], "arxiv": arxiv_of(shown)}
            return name, {key: value for key, value in values.items() if value}
    return "", {}


def arxiv_of(name: str) -> str:
    """The paper's number in the name of its package: `2101.01234v2.tar.gz`, `hep-ex0101001.gz`; "" where there is none."""
    if match := _ARXIV.search(name):
        return match[1]
    match = _ARXIV_OLD.search(name)
    return f"{match[1]}/{match[2]}" if match else ""


def _plain(tex: str) -> str:
    """Text without its commands."""
    return " ".join(_COMMAND.sub(" ", tex.replace("\\\\", " ").replace("~", " ")).split())
