"""What lies in a folder and is nobody's document: hidden files, version control, editors' backups."""

from __future__ import annotations

import re

_FOLDERS = {"CVS", "RCS", "SCCS", "_darcs", "__pycache__", "__MACOSX", "node_modules"}
_FILES = {"thumbs.db", "desktop.ini"}
_BACKUP = re.compile(r".*(?:~|,v|,pfv|\.bak|\.swp|\.swo|\.pyc)$|#.*#$|~\$.*", re.IGNORECASE | re.DOTALL)


def is_noise(path: str) -> bool:
    """Whether a relative path (parts joined by `/`) is, or lies in, something to pass over in silence."""
    return any(_is_noise(part) for part in path.split("/"))


def _is_noise(part: str) -> bool:
    if part in {"", ".", ".."}:
        return False  # no name at all: whoever unpacks says so
    return part.startswith(".") or part in _FOLDERS or part.lower() in _FILES or _BACKUP.fullmatch(part) is not None
