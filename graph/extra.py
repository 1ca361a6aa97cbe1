"""What the extra `graph` brings: the one place that imports graphrag, and only its parts that import nothing heavy themselves."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any, Final

WHAT_TO_INSTALL: Final = "Run: pip install 'jitl[graph]' and start the service again."


def installed() -> bool:
    """Imports nothing."""
    return importlib.util.find_spec("graphrag") is not None


def leiden(edges: Sequence[tuple[str, str, float]], *, largest: int, seed: int) -> Sequence[Any]:
    """Graphrag's hierarchical Leiden: its own rows (`node`, `cluster`, `level`, `parent_cluster`)."""
    from graphrag.graphs.hierarchical_leiden import hierarchical_leiden

    return list(hierarchical_leiden(list(edges), max_cluster_size=largest, random_seed=seed))


def extraction_prompt() -> str:
    """What graphrag asks a model for names and relations; fields `{entity_types}` and `{input_text}`."""
    from graphrag.prompts.index.extract_graph import GRAPH_EXTRACTION_PROMPT

    return str(GRAPH_EXTRACTION_PROMPT)
