"""Fits and reports the scope model on the evaluation sets: `python -m tests.quality.fit_scope WORK [--half 0|1 ...] [--ship]`.

WORK keeps prepared sets and vectors between runs, and the pair reader's weights of each half (`tests.quality.fit_pairs`). A report is of
weights fitted on the other half, which stay in WORK as `scope-HALF.json`; `--ship` writes weights fitted on both into the package.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feedback import fit
from feedback.samples import Question, Set
from feedback.scope import PAIR_WEIGHTS
from feedback.wording import WordingReader
from jitl.adapters.pairs import PairReader
from jitl.adapters.sparse import HepTerms
from jitl.text import language
from tests.data import DATA, ROOT
from tests.quality.memory import Vectors
from tests.quality.pairs import taught

SETS = (
    ("edit_counterfact", 1000),
    ("edit_counterfact", 10000),
    ("edit_zsre_knowedit", None),
    ("edit_pokemqa_scope", None),
    ("edit_pararel_chain", None),
)
MOST = 400  # questions of a kind, half and standing, in each set
UNRELATED = (
    "route_general_code_science",
    "route_clinc150",
    "ret_cranfield",
    "ret_musique",
    "ret_hotpotqa",
    "ret_2wiki",
    "ret_xquad_enzh",
    "ret_cmrc2018",
)


def prepared(work: Path) -> list[Set]:
    evaluation = DATA / "eval"
    found = []
    for name, limit in SETS:
        out = work / f"{name}-{limit or 'all'}"
        if not (out / "gold.jsonl").exists():
            command = [sys.executable, str(evaluation / "score.py"), "prepare", str(evaluation / name), str(out)]
            command += ["--limit", str(limit)] if limit else []
            subprocess.run([*command, "--unrelated", *(str(evaluation / other) for other in UNRELATED)], check=True)
        found.append(Set.read(out, MOST))
    return found


SAME_IN_CHINESE = (
    ("什么时候", "何时"),
    ("哪一年", "哪年"),
    ("多少", "几"),
    ("哪里", "什么地方"),
    ("为什么", "为何"),
    ("是谁", "是哪位"),
    ("有哪些", "有什么"),
    ("是什么", "叫什么"),
    ("如何", "怎样"),
    ("怎么", "如何"),
    ("位于", "在"),
    ("使用", "用"),
    ("何时", "什么时候"),
    ("谁", "哪个人"),
    ("的", ""),
)
HEAD = re.compile(r"[^的是在于由，]{2,9}(?=[的是在于由])")
OPENINGS = ("请问", "我想知道", "", "能告诉我", "", "")


def chinese() -> Set:
    """Made from CMRC2018, as there is no set of Chinese corrections.

    Every second question is taught and asked again in words changed by rule; the others, many about the same article, are covered by
    nothing.
    """
    with (DATA / "eval" / "ret_cmrc2018" / "queries.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    teach, questions = [], []
    for number, row in enumerate(rows):
        text = row["question"].rstrip("?？")
        about = str(row["rel"])
        if number % 2:
            questions.append(Question(text, "locality", about))
            continue
        teach.append({"id": row["id"], "question": row["question"], "answer": str(number)})
        questions.append(Question(reworded(text, number), "generalisation", about, frozenset({row["id"]})))
        head, other = HEAD.match(text), HEAD.match(rows[(number + 7) % len(rows)]["question"])
        if head and other and head.group() != other.group():  # the same asked of something else
            questions.append(Question(other.group() + text[head.end() :], "locality", about))
    return Set("made_chinese", tuple(teach), tuple(questions))


def reworded(text: str, number: int) -> str:
    """Differently from question to question, and the same in every run."""
    said = text
    changes = 0
    for at in range(len(SAME_IN_CHINESE)):
        old, new = SAME_IN_CHINESE[(at + number) % len(SAME_IN_CHINESE)]
        if old in said and changes < 2:
            said, changes = said.replace(old, new, 1), changes + 1
    head, comma, tail = said.partition("，")
    if comma and number % 3 == 0 and len(head) > 3:
        said = f"{tail}，{head}"
    return OPENINGS[number % len(OPENINGS)] + said


def of_the_field() -> list[Set]:
    """Our own corrections of high-energy physics with their paraphrases and traps; Chinese ones in their own words and as glossed."""
    chinese = [row for row in map(json.loads, taught.HEP.read_text(encoding="utf-8").splitlines()) if language(row["question"]) == "zh"]
    own = [
        taught.Taught(row["question"], "hep", row["question"], "", covered=tuple(row["covered"]), others=tuple(row["traps"]))
        for row in chinese
    ]
    return [_set("hep", taught.hep()), _set("hep_chinese", own), _set("hep_more", taught.hep_more()), _set("across", taught.across())]


def _set(name: str, rows: Sequence[taught.Taught]) -> Set:
    teach = tuple({"id": one.id, "question": one.question, "answer": one.id} for one in rows)
    covered = [Question(text, "generalisation", one.id, frozenset({one.id})) for one in rows for text in one.covered]
    return Set(name, teach, (*covered, *(Question(text, "locality", one.id) for one in rows for text in one.others)))


class Remembering:
    """A pair reader that reads no pair twice; letter case is nothing to it."""

    def __init__(self, weights: Path) -> None:
        self._reader = PairReader(weights)
        self._known: dict[tuple[str, str], np.ndarray] = {}
        self.covers = self._reader.covers

    def read(self, question: str, taught: Sequence[str]) -> np.ndarray:
        for text in taught:
            if (question.lower(), text.lower()) not in self._known:
                self._known[question.lower(), text.lower()] = self._reader.read(question, [text])[0]
        return np.stack([self._known[question.lower(), text.lower()] for text in taught])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--half", type=int, nargs="*", default=[], help="fit on this half, report on the other")
    parser.add_argument("--ship", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    reader, encode = WordingReader(HepTerms()), Vectors(arguments.work / "vectors.npz").of
    sets = [*prepared(arguments.work), *of_the_field()]
    sets = [*sets, *(each.lowered() for each in sets if each.name.startswith("edit") and "zsre" not in each.name), chinese()]
    for half in arguments.half:
        scope, dense, sparse = run(sets, reader, encode, half, Remembering(arguments.work / f"pairs-{half}.safetensors"))
        fit.dump(scope, arguments.work / f"scope-{half}.json")
        for name, known in (("vectors", dense), ("terms alone", sparse)):
            for each, figures in fit.report(scope, known, 1 - half).items():
                print(json.dumps({"fitted_on": half, "by": name, "set": each, **figures}), flush=True)
    if arguments.ship:
        fit.dump(run(sets, reader, encode, None, Remembering(PAIR_WEIGHTS))[0], ROOT / "feedback" / "scope.json")


def run(sets, reader, encode, of_half, pairs):
    general = fit.general_language(sets, reader, of_half)
    sparse = {each.name: list(fit.examples(each, general, reader, None)) for each in sets}
    dense = {each.name: list(fit.examples(each, general, reader, encode)) for each in sets if "chinese" not in each.name}
    scope = fit.first_step(dense, general, fit.fit_terms_alone(sparse, of_half), of_half)
    dense = {name: list(fit.with_reading(scope, known, pairs)) for name, known in dense.items()}
    return fit.second_step(scope, dense, of_half), dense, sparse


if __name__ == "__main__":
    main()
