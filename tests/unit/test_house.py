"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.data import ROOT

PACKAGES = ("jitl", "ingest", "graph", "feedback", "api")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "collection" not in path.parts)
ALLOWED_TOP = {"pyproject.toml", "README.md", *PACKAGES, "tests", "compose.yaml"} | {
    "Makefile", "constraints.txt", "LICENSE", "CHANGELOG.md", "SECURITY.md", "Dockerfile", "docs", "build",
}  # fmt: skip
ONE_IMPORTER = {  # vendor -> the only file that may import it
    "qdrant_edge": "jitl/adapters/edge.py",
    "qdrant_client": "jitl/adapters/qdrant.py",
    "celery": "api/worker.py",
    "kombu": "api/worker.py",
    "onnxruntime": "jitl/adapters/minilm.py",
    "tokenizers": "jitl/adapters/minilm.py",
    "Stemmer": "jitl/adapters/sparse.py",
    "openai": "jitl/adapters/llm.py",
    "pypdfium2": "ingest/parse/pdf.py",
    "pptx": "ingest/parse/slides.py",
    "docutils": "ingest/parse/rst.py",
    "markdown_it": "ingest/parse/markdown.py",
    "alembic": "jitl/sql/migrate.py",
    "graphrag": "graph/extra.py",
    "neo4j": "graph/bolt.py",
    "mcp": "api/mcp/server.py",
    "mcp_types": "api/mcp/server.py",
    "llama_index": "api/llama.py",
}
HEAVY = {
    "torch",
    "graphrag",
    "litellm",
    "unstructured",
    "llama_index",
    "sentence_transformers",
    "onnxruntime",
    "qdrant_edge",
    "qdrant_client",
    "celery",
    "kombu",
    "openai",
    "neo4j",
    "mcp",
    "mcp_types",
    "pptx",
}


def imports(tree: ast.AST) -> list[tuple[str, ast.stmt]]:
    found: list[tuple[str, ast.stmt]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name.split(".")[0], node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.module.split(".")[0], node))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    limit = 450 if path.name == "tables.py" else 300  # the one listing of every table
    assert text.count("\n") <= limit, "one concept a file: split it by noun"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= 40, f"{node.name} has {lines} lines"


def test_each_vendor_has_one_importer() -> None:
    importers: defaultdict[str, set[str]] = defaultdict(set)
    for path in SOURCES:
        if path.is_relative_to(ROOT / "jitl/sql/migrations"):  # written in Alembic's own words
            continue
        for name, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
            importers[name].add(str(path.relative_to(ROOT)))
    for vendor, home in ONE_IMPORTER.items():
        assert all(path.startswith(home.removesuffix(".py")) for path in importers[vendor]), vendor


def test_heavy_imports_are_lazy() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lazy = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)}
        lazy |= {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.dump(i.test) for n in ast.walk(i)}
        eager = {name for name, node in imports(tree) if id(node) not in lazy}
        assert not eager & HEAVY, f"{path.relative_to(ROOT)} imports {eager & HEAVY} at start-up"


def test_every_package_of_the_tree_has_a_docstring() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) or not tree.body, f"{path.relative_to(ROOT)} does not say what it is"


def test_broad_excepts_are_named_isolation_points() -> None:
    for path in SOURCES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.match(r"\s*except (Base)?Exception\b", line):
                around = "\n".join(lines[number : number + 8])
                assert "noqa: BLE001" in line or "log" in around or "raise" in around, f"{path.relative_to(ROOT)}:{number + 1}"


def test_no_path_of_a_machine_and_no_other_host() -> None:
    pattern = re.compile(r"/home/\w+/|/root/|/Users/\w+")
    for path in SOURCES:
        assert not pattern.search(path.read_text(encoding="utf-8")), path.relative_to(ROOT)


def test_top_level_is_what_the_card_says() -> None:
    shown = {p.name for p in ROOT.iterdir() if not p.name.startswith(".") and not p.name.endswith(".egg-info")}
    assert shown <= ALLOWED_TOP, shown - ALLOWED_TOP
