"""Where a process that holds a data folder writes what happens: `jitl.log` in that folder, and a terminal if it is asked to."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

NAME: Final = "jitl.log"
BYTES: Final = 5 * 2**20
KEPT: Final = 2  # older files
PACKAGES: Final = ("jitl", "ingest", "feedback", "graph", "api", "uvicorn")
FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def write_to(folder: Path | None, *, terminal: bool = False) -> None:
    """From now on, for the rest of the process; no `folder`: into none. `terminal`: show it on stderr as well."""
    handlers: list[logging.Handler] = []
    if folder is not None:
        handlers.append(RotatingFileHandler(folder / NAME, maxBytes=BYTES, backupCount=KEPT, encoding="utf-8", delay=True))
    if terminal:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT))
    for package in PACKAGES:
        logger = logging.getLogger(package)
        logger.handlers[:] = handlers
        logger.setLevel(logging.WARNING if package == "uvicorn" else logging.INFO)
        logger.propagate = False
