"""The corrections that the pair reader is trained on: the editing sets and our own questions of the field, in one form."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from feedback.samples import half, set_aside
from jitl.glossary import rewrite
from jitl.text import language
from tests.data import evaluation

ACROSS = Path(__file__).parents[1] / "hep_across_languages.jsonl"
HEP = Path(__file__).parents[1] / "hep_corrections.jsonl"
"""Reported on, a half at a time; `hep_*.jsonl` beside this file are for training alone."""


@dataclass(frozen=True, slots=True)
class Taught:
    """`covered` ask the same in other words, `others` do not, `dependent` need the answer. `statements` are forms of `others`."""

    id: str
    set: str
    question: str
    answer: str
    subject: str | None = None
    relation: str | None = None
    covered: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    dependent: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()

    @property
    def half(self) -> int:
        return half(self.id)

    @property
    def held_out(self) -> bool:
        """Kept from the pair reader, for fitting what weighs its word."""
        return set_aside(self.id)


def sets() -> dict[str, list[Taught]]:
    return {
        "counterfact": counterfact(),
        "zsre": zsre(),
        "pokemqa": pokemqa(),
        "chain": chain(),
        "hep": hep(),
        "hep_more": hep_more(),
        "across": across(),
    }


def lines(*parts: str) -> list[dict[str, Any]]:
    with evaluation(*parts).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def counterfact() -> list[Taught]:
    return [
        Taught(
            e["id"], "counterfact", e["prompt"], e["target_new"], e["subject"], e.get("relation"), tuple(e["paraphrases"]),
            tuple(one["prompt"] for one in e["locality"]),
        )
        for e in lines("edit_counterfact", "edits.jsonl")
    ]  # fmt: skip


def zsre() -> list[Taught]:
    """Same-subject prompts are statements there; they are asked as questions, as the scoring script does."""
    as_question = scoring().as_question
    found = []
    for e in lines("edit_zsre_knowedit", "edits.jsonl"):
        asked = [(as_question(one["prompt"], e["prompt"], e["subject"]), one["prompt"]) for one in e["locality"]]
        asked = [(question, statement) for question, statement in asked if question]
        found.append(
            Taught(
                e["id"], "zsre", e["prompt"], e["target_new"], e["subject"], None, tuple(e["paraphrases"]),
                tuple(question for question, _ in asked), tuple(one["prompt"] for one in e["portability"]),
                tuple(statement for _, statement in asked),
            )
        )  # fmt: skip
    return found


def pokemqa() -> list[Taught]:
    return [
        Taught(e["id"], "pokemqa", e["questions"][0], e["edit"], covered=tuple(e["questions"][1:]))
        for e in lines("edit_pokemqa_scope", "edits.jsonl")
    ]


def chain() -> list[Taught]:
    return [
        Taught(
            e["id"], "chain", e["question"], e["target_new"], e["subject"], e["relation"], tuple(e["paraphrases"]),
            dependent=(e["multihop_question"],),
        )
        for e in lines("edit_pararel_chain", "edits.jsonl")
    ]  # fmt: skip


def hep() -> list[Taught]:
    return _of_the_field(HEP)


def hep_more() -> list[Taught]:
    return [one for file in sorted(Path(__file__).parent.glob("hep_*.jsonl")) for one in _of_the_field(file)]


def across() -> list[Taught]:
    """Questions in one language about corrections in the other, the Chinese side as the glossary says it."""
    rows = [json.loads(line) for line in ACROSS.read_text(encoding="utf-8").splitlines()]
    found = [
        Taught(
            row["id"], "across", row["correction"]["question"], row["correction"]["answer"], covered=(row["question"],),
            others=(row["neighbour"],),
        )
        for row in rows
    ]  # fmt: skip
    return [said for one in found if (said := _said(one)) is not None]


def _of_the_field(file: Path) -> list[Taught]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = (
        Taught(
            row["question"], "hep", row["question"], row["answer"], covered=tuple(row["covered"]), others=tuple(row["traps"]),
            dependent=tuple(row.get("dependent", ())),
        )
        for row in rows
    )  # fmt: skip
    return [said for one in found if (said := _said(one)) is not None]


def _said(one: Taught) -> Taught | None:
    """As the pair reader meets it: Chinese by the glossary; None where the glossary knows nothing of the question."""
    question = glossed(one.question)
    if question is None:
        return None
    covered, others, dependent = (tuple(text for text in map(glossed, texts) if text) for texts in (one.covered, one.others, one.dependent))
    return replace(one, question=question, covered=covered, others=others, dependent=dependent)


def glossed(text: str) -> str | None:
    return rewrite(text) if language(text) == "zh" else text


def unrelated() -> list[str]:
    return [row["text"] for name in ("route_clinc150", "route_general_code_science") for row in lines(name, "queries.jsonl")]


def scoring() -> Any:
    """The evaluation's own script, as a module."""
    spec = importlib.util.spec_from_file_location("score", evaluation("score.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
