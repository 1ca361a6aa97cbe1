"""What the bench reads and asks: real passages where the evaluation data is there, else ones of our own making."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.data import DATA

SETS = ("ret_musique", "ret_2wiki", "ret_hotpotqa")
NOUNS = """detector trigger calorimeter luminosity crystal vertex muon photon release database calibration alignment
    field shift run sample""".split()
VERBS = "measures improves replaces records limits triggers needs describes exceeds rejects stores corrects".split()
PLACES = "Beijing Jiangmen Daocheng Huairou Geneva Hamburg Chicago Tsukuba".split()


@dataclass(frozen=True, slots=True)
class Corpus:
    """`records` as `jitl ingest --records` takes them; `questions` that they may answer."""

    records: list[dict[str, str]]
    questions: list[str]
    origin: str


def load(passages: int, questions: int) -> Corpus:
    """Up to `passages` distinct ones."""
    folders = [DATA / "eval" / name for name in SETS]
    if all(folder.exists() for folder in folders):
        rows = [(folder.name, row) for folder in folders for row in _lines(folder / "corpus.jsonl")]
        records = [{"id": f"{name}/{row['id']}", "title": row["title"], "text": row["text"]} for name, row in rows][:passages]
        asked = [row["question"] for folder in folders for row in _lines(folder / "queries.jsonl")]
        random.Random(7).shuffle(asked)
        return Corpus(records, asked[:questions], "evaluation sets")
    rng = random.Random(7)
    return Corpus([_record(rng, n) for n in range(passages)], [_question(rng) for _ in range(questions)], "made up")


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _record(rng: random.Random, number: int) -> dict[str, str]:
    def sentence() -> str:
        a, b, c = rng.choices(NOUNS, k=3)
        where = f"of experiment {rng.randrange(400)} in {rng.choice(PLACES)}"
        return f"The {a} {where} {rng.choice(VERBS)} the {b} and the {c} by {rng.randrange(1, 99)} percent."

    return {"id": f"made/{number}", "title": f"Note {number}", "text": " ".join(sentence() for _ in range(6))}


def _question(rng: random.Random) -> str:
    where = f"of experiment {rng.randrange(400)} in {rng.choice(PLACES)}"
    return f"By how much does the {rng.choice(NOUNS)} {where} change the {rng.choice(NOUNS)}?"
