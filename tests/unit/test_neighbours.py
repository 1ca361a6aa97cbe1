"""Slides beside an Indico export, sources beside a paper's main file: each is told what its neighbours know of it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from ingest.parse.registry import parser_for
from ingest.sources.files import find
from ingest.sources.neighbours import arxiv_of
from jitl.ports import SourceFile
from jitl.settings import Settings

EVENT = {
    "results": [
        {
            "_type": "Conference",
            "id": "4711",
            "title": "Collaboration meeting",
            "startDate": {"date": "2029-02-05", "time": "09:00:00"},
            "contributions": [
                {
                    "title": "Tracking status",
                    "startDate": {"date": "2029-02-06", "time": "10:00:00"},
                    "speakers": [{"first_name": "Bob", "last_name": "Sample"}],
                    "folders": [{"attachments": [{"filename": "tracking.md"}]}],
                }
            ],
            "folders": [{"attachments": [{"filename": "minutes.md"}]}],
        }
    ]
}
MAIN = r"""\documentclass{revtex4}
% \title{an old one}
\title{A study of \textit{charm} decays}
\author{Ada Example\thanks{ihep}}
\author{Bob Sample}
\begin{document}\begin{abstract}We measure it.\end{abstract}\input{sections/intro}\end{document}
"""


def found(path: Path, folder: Path) -> dict[str, SourceFile]:
    with find([path], Settings(data_dir=folder / "data")) as items:
        return {item.name.rpartition("/")[2]: item for item in items if isinstance(item, SourceFile)}


def test_slides_are_told_their_talk(tmp_path: Path) -> None:
    folder = tmp_path / "event"
    (folder / "slides").mkdir(parents=True)
    (folder / "event.json").write_text(json.dumps(EVENT))
    for name in ("slides/tracking.md", "minutes.md", "other.md"):
        (folder / name).write_text("# X\n")
    files = found(folder, tmp_path)
    told = files["tracking.md"].provenance
    assert told == {
        "about": "Talk: Tracking status\nEvent: Collaboration meeting\nSpeaker: Bob Sample",
        "event": "Collaboration meeting",
        "talk": "Tracking status",
        "author": "Bob Sample",
        "date": "2029-02-06T10:00:00",
    }
    assert files["minutes.md"].provenance["date"] == "2029-02-05T09:00:00"
    assert files["other.md"].provenance == {}


def test_an_arxiv_package_tells_its_sources_the_paper(tmp_path: Path) -> None:
    package = tmp_path / "2901.01234v2.tar.gz"
    with tarfile.open(package, "w:gz") as tar:
        for name, text in {"main.tex": MAIN, "sections/intro.tex": r"\section{Introduction} Charm is rare."}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    with find([package], Settings(data_dir=tmp_path / "data")) as items:
        files = {item.name.rpartition("/")[2]: item for item in items if isinstance(item, SourceFile)}
        assert files["intro.tex"].provenance == {
            "paper": "A study of charm decays",
            "author": "Ada Example, Bob Sample",
            "arxiv": "2901.01234",
        }
        assert files["main.tex"].provenance == {}
        (document,) = parser_for(files["main.tex"]).parse(files["main.tex"])
        assert document.title == "A study of charm decays"
        assert {
            "author": "Ada Example, Bob Sample",
            "arxiv": "2901.01234",
            "abstract": "We measure it.",
        }.items() <= document.metadata.items()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("2101.01234v2.tar.gz!", "2101.01234"),
        ("arXiv-hep-ex0101001v1.tar.gz", "hep-ex/0101001"),
        ("astro-ph_9901234.gz", "astro-ph/9901234"),
        ("x", ""),
    ],
)
def test_numbers_of_papers(name: str, number: str) -> None:
    assert arxiv_of(name) == number
