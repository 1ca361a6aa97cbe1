"""Repositories of documents: what is in the last commit, and nothing of theirs is run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.sources.addresses import source_of
from ingest.sources.port import Refused, opened
from jitl.errors import BadInput, Unavailable
from jitl.ports import SourceFile
from jitl.settings import Settings
from tests.data import need


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    need(shutil.which("git"), "git", "install it")
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "guide.md").write_text("# Guide\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "big.txt").write_text("x" * 500)
    (folder / "out").symlink_to("/etc/hostname")
    (folder / ".gitattributes").write_text("*.md filter=evil\n")
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "x")


def settings(folder: Path, **values: object) -> Settings:
    return Settings(data_dir=folder / "data", **values)


def test_the_last_commit_is_read(repository: Path, tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    source = source_of(f"git+{repository}", chosen)
    with opened(source, chosen) as found:
        items = list(found)
        files = [item for item in items if isinstance(item, SourceFile)]
        assert {item.name: item.path.read_text() for item in files} == {
            "docs/guide.md": "# Guide\n",
            "docs/out": "/etc/hostname",  # a link is checked out as the text of its target
            "docs/sub/big.txt": "x" * 500,
        }
        assert files[0].uri == f"git+{repository.as_uri()}/guide.md"
        assert files[0].provenance == {"repository": repository.as_uri()}
        assert not [item for item in items if isinstance(item, Refused)]


def test_the_revision_moves_with_a_commit(repository: Path, tmp_path: Path) -> None:
    source = source_of(f"git+{repository}", settings(tmp_path))
    before = source.revision()
    assert before == source.revision()
    (repository / "new.md").write_text("# New\n")
    commit(repository)
    assert source.revision() != before


def test_hooks_are_not_run(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "template"
    (template / "hooks").mkdir(parents=True)
    hook = template / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template))
    chosen = settings(tmp_path)
    with opened(source_of(f"git+{repository}", chosen), chosen) as found:
        assert list(found)
    assert not (tmp_path / "ran").exists()


def test_a_repository_that_is_too_large_is_refused_before_it_is_unpacked(repository: Path, tmp_path: Path) -> None:
    for limits in ({"max_archive_bytes": 400}, {"max_archive_members": 2}):
        chosen = settings(tmp_path, **limits)
        with pytest.raises(BadInput, match="larger"), opened(source_of(f"git+{repository}", chosen), chosen) as found:
            list(found)


def test_what_is_no_repository(tmp_path: Path) -> None:
    need(shutil.which("git"), "git", "install it")
    with pytest.raises(Unavailable, match="cannot be read"):
        source_of(f"git+{tmp_path}/nowhere", settings(tmp_path)).revision()


def test_a_remote_host_must_be_public(tmp_path: Path) -> None:
    from jitl.errors import Unreadable

    need(shutil.which("git"), "git", "install it")
    with pytest.raises(Unreadable, match="private"):
        source_of("git+http://127.0.0.1:9/docs.git", settings(tmp_path)).revision()
