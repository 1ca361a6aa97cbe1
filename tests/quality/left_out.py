"""A kind of corrections that the weights have never seen, its threshold fitted on what is taught alone:
`python -m tests.quality.left_out WORK SET [--half 0|1] [--questions N] [--tried N]`.

WORK holds the folders that `tests.quality.fit_scope` prepares; SET is one of them (`edit_zsre_knowedit-all`). The weights are those of
JITL_SCOPE_WEIGHTS and JITL_PAIR_WEIGHTS (fitted without the kind), the shipped ones where these are not set. Prints, for the
questions of one half, generalisation and locality at the shipped threshold, at the fitted one, and of plain cosine at its best.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from feedback import fit
from feedback.calibrate import HIGHEST, LOWEST, calibrate
from feedback.samples import Set
from feedback.scope import PAIR_WEIGHTS, Scope, read_weights, shipped
from feedback.trials import Examiner, Trial, chosen
from feedback.wording import WordingReader
from jitl.adapters.pairs import PairReader
from jitl.adapters.sparse import HepTerms
from jitl.settings import Settings
from tests.quality.memory import ENCODER, Vectors

KINDS = ("generalisation", "locality")


class Outcomes:
    """Of each question: its kind, the probability that the best candidate has, and whether that is the right one."""

    def __init__(self, rows: list[tuple[str, float, bool]]) -> None:
        self._best = {kind: np.array([best for which, best, _ in rows if which == kind]) for kind in KINDS}
        self._right = np.array([right for kind, _, right in rows if kind == "generalisation"])

    def at(self, threshold: float) -> dict[str, float]:
        covered = float(np.mean((self._best["generalisation"] >= threshold) & self._right))
        quiet = float(np.mean(self._best["locality"] < threshold))
        figures = {"generalisation": covered, "locality": quiet, "mean": (covered + quiet) / 2}
        return {"threshold": round(threshold, 4), **{name: round(100 * value, 2) for name, value in figures.items()}}

    def best(self, thresholds: np.ndarray) -> dict[str, float]:
        return max((self.at(float(one)) for one in thresholds), key=lambda figures: figures["mean"])


def outcomes(each: Set, scope: Scope, pairs: PairReader, reader: WordingReader, encode, half: int) -> tuple[Outcomes, Outcomes]:
    """By the scope decision and by cosine alone."""
    ours, plain = [], []
    asked = Set(each.name, each.teach, tuple(one for one in each.questions if one.half == half and one.kind in KINDS))
    for example in fit.with_reading(scope, fit.examples(asked, scope.general, reader, encode), pairs):
        wanted, kind = example.question.wanted, example.question.kind
        decided = scope.judge(example.candidates, example.rows, example.odds, None)[0]
        same = 1.0 if example.identical else decided.same
        ours.append((kind, same, example.identical or decided.correction.id in wanted))
        near = max(example.candidates, key=lambda one: -2.0 if one.cosines is None else float(one.cosines.max()))
        plain.append((kind, -2.0 if near.cosines is None else float(near.cosines.max()), near.entry.state.id in wanted))
    return Outcomes(ours), Outcomes(plain)


def tried(each: Set, scope: Scope, pairs: PairReader, reader: WordingReader, vectors: Vectors, most: int) -> list[Trial]:
    """Of so many of the set's corrections, against all of them."""
    questions = [row["question"] for row in each.teach]
    shelf = fit._shelf(each.teach, reader, dict(zip(questions, vectors.of(questions), strict=True)))

    def embed(text: str) -> np.ndarray | None:
        return ENCODER.embed_question(text) if ENCODER.covers(text) else None

    examiner = Examiner(scope, reader, embed, pairs)
    return [trial for slot in chosen(shelf, most) for trial in examiner.trials(shelf, slot)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("set")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--questions", type=int, default=400, help="of a kind, half and standing")
    parser.add_argument("--tried", type=int, default=400, help="corrections that the threshold is fitted on")
    arguments = parser.parse_args()
    settings = Settings(data_dir=arguments.work)
    scope = shipped() if settings.scope_weights is None else read_weights(settings.scope_weights)
    pairs = PairReader(settings.pair_weights or PAIR_WEIGHTS)
    reader, vectors = WordingReader(HepTerms()), Vectors(arguments.work / f"left-out-{arguments.set}.npz")
    each = Set.read(arguments.work / arguments.set, arguments.questions)
    trials = tried(each, scope, pairs, reader, vectors, arguments.tried)
    found = calibrate(trials, len(each.teach), scope.threshold)
    ours, plain = outcomes(each, scope, pairs, reader, vectors.of, arguments.half)
    rows = {
        "trials": {name: getattr(found, name) for name in ("near", "given", "derived")},
        "on_trials": {name: [round(100 * getattr(one, name), 2) for one in (found.before, found.after)] for name in ("missed", "fired")},
        "shipped": ours.at(scope.threshold),
        "fitted": ours.at(found.threshold),
        "best_in_hindsight": ours.best(np.linspace(LOWEST, HIGHEST, 81)),
        "cosine_best": plain.best(np.linspace(0.3, 1.0, 141)),
    }
    print(json.dumps({"set": arguments.set, "half": arguments.half, **rows}), flush=True)


if __name__ == "__main__":
    main()
