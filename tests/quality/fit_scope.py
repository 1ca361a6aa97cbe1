"""Fits and reports the scope model on the evaluation sets: `python -m tests.quality.fit_scope WORK [--ship]`.

WORK keeps prepared sets and vectors between runs. The report is of weights fitted on the other half, both ways round; `--ship` then
writes weights fitted on both halves into the package.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from feedback import fit
from feedback.wording import WordingReader
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.sparse import HepTerms
from tests.data import DATA, ROOT

SETS = (
    ("edit_counterfact", 1000),
    ("edit_counterfact", 10000),
    ("edit_zsre_knowedit", None),
    ("edit_pokemqa_scope", None),
    ("edit_pararel_chain", None),
)
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


def prepared(work: Path) -> list[fit.Set]:
    evaluation = DATA / "eval"
    found = []
    for name, limit in SETS:
        out = work / f"{name}-{limit or 'all'}"
        if not (out / "gold.jsonl").exists():
            command = [sys.executable, str(evaluation / "score.py"), "prepare", str(evaluation / name), str(out)]
            command += ["--limit", str(limit)] if limit else []
            subprocess.run([*command, "--unrelated", *(str(evaluation / other) for other in UNRELATED)], check=True)
        found.append(fit.Set.read(out))
    return found


class Remembered:
    """Vectors of texts, kept in a file: embedding the sets takes minutes."""

    def __init__(self, work: Path) -> None:
        self._path = work / "vectors.npz"
        self._encoder = OnnxEncoder()
        self._known: dict[str, np.ndarray] = {}
        if self._path.exists():
            with np.load(self._path) as stored:
                self._known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))

    def __call__(self, texts) -> np.ndarray:
        missing = [text for text in texts if text not in self._known and self._encoder.covers(text)]
        if missing:
            self._known |= dict(zip(missing, self._encoder.embed(missing), strict=True))
            np.savez(self._path, texts=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        nothing = np.zeros(self._encoder.dimension, np.float32)
        return np.stack([self._known.get(text, nothing) for text in texts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--ship", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    sets, reader, encode = prepared(arguments.work), WordingReader(HepTerms()), Remembered(arguments.work)
    for fitted_on in (0, 1):
        scope, dense, sparse = run(sets, reader, encode, fitted_on)
        for name, known in (("vectors", dense), ("terms alone", sparse)):
            print(json.dumps({"fitted_on": fitted_on, "by": name, **fit.report(scope, known, 1 - fitted_on)}), flush=True)
    if arguments.ship:
        fit.dump(run(sets, reader, encode, None)[0], ROOT / "feedback" / "scope.json")


def run(sets, reader, encode, of_half):
    general = fit.general_language(sets, reader, of_half)
    dense = {each.name: list(fit.examples(each, general, reader, encode)) for each in sets}
    sparse = {each.name: list(fit.examples(each, general, reader, None)) for each in sets}
    return fit.fit(dense, general, fit.fit_terms_alone(sparse, of_half), of_half), dense, sparse


if __name__ == "__main__":
    main()
