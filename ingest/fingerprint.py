"""What made a version besides its bytes: any change of it makes every document new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jitl.types import ParsedDocument

PIECE = 1 << 20


def fingerprint(parser: str, chunker: str, sparse: str, encoder: str | None) -> str:
    """Digest over the parser's name and version and the ids of chunker, terms and encoder."""
    return hashlib.sha256("\n".join((parser, chunker, sparse, encoder or "no encoder")).encode()).hexdigest()


def told_of(fingerprint: str, provenance: Mapping[str, Any]) -> str:
    """The fingerprint of a file's reading: that of its versions, and what its place says of it."""
    if not provenance:
        return fingerprint
    return hashlib.sha256((fingerprint + json.dumps(dict(provenance), sort_keys=True, default=str)).encode()).hexdigest()


def digest_of(document: ParsedDocument) -> str:
    """Digest of all that the parser returned but its remarks."""
    told = asdict(document)
    del told["notices"]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def digest_file(path: Path) -> str:
    """sha256 of a file's bytes, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
