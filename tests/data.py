"""Where the evaluation data and the graph server are; the only place that knows a default.

`JITL_TEST_DATA` names the folder (with `corpora/` and `eval/` in it), `NEO4J_HOME_FOR_TESTS` the server's.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("JITL_TEST_DATA") or ROOT.parent / "shared").resolve()
NEO4J_HOME = Path(os.environ.get("NEO4J_HOME_FOR_TESTS") or DATA / "neo4j").resolve()
CI = os.environ.get("CI") == "true"


def need(condition: object, what: str, how: str) -> None:
    """Skip by name where a part is absent; under CI its absence is a failure."""
    if condition:
        return
    message = f"{what} is not here: {how}"
    if CI:
        pytest.fail(message)
    pytest.skip(message)


def corpora(*parts: str) -> Path:
    """A folder or file of the real documents."""
    path = DATA.joinpath("corpora", *parts)
    need(path.exists(), f"corpora/{'/'.join(parts)}", "set JITL_TEST_DATA to the folder of the evaluation data")
    return path


def evaluation(*parts: str) -> Path:
    """A folder or file of the evaluation sets."""
    path = DATA.joinpath("eval", *parts)
    need(path.exists(), f"eval/{'/'.join(parts)}", "set JITL_TEST_DATA to the folder of the evaluation data")
    return path
