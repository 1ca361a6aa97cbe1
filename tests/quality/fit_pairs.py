"""Trains the pair reader: `python -m tests.quality.fit_pairs WORK [--half 0|1] [--start FILE] [--ship]`. Needs torch.

`--half`: on this half of the corrections alone, a fifth of them kept for what weighs its word; the weights go to WORK, for the figures
of the other half. `--ship`: on all of them, into the package. In two rounds: first on the large sets (`--without hep hep_more across`),
then, with `--start` from there, on our own questions of the field beside a part of the large sets (`--most counterfact=1500 ...`).
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path

import torch

from feedback.scope import PAIR_WEIGHTS
from tests.quality.memory import Vectors
from tests.quality.pairs import net, taught
from tests.quality.pairs.examples import make

MOST = {"counterfact": 4500, "chain": 800}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--name", default="pairs")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=net.RATE)
    parser.add_argument("--most", nargs="*", default=[], metavar="SET=N")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    most = MOST | {name: int(count) for name, _, count in (said.partition("=") for said in arguments.most)}
    chosen = {
        name: [one for one in rows if name == "hep_more" or arguments.half in (None, one.half)][: most.get(name)]
        for name, rows in taught.sets().items()
        if name not in arguments.without
    }
    chosen = {name: [one for one in rows if not one.held_out] for name, rows in chosen.items()}  # of every set, see `set_aside`
    vectors = Vectors(arguments.work / "vectors.npz")
    pairs = make(chosen, vectors.of, arguments.seed, arguments.half)
    print(len(pairs), "pairs", Counter((pair.same, pair.dependent) for pair in pairs), flush=True)
    trained = net.train(pairs, arguments.seed, arguments.epochs, arguments.rate, arguments.start)
    net.save(trained, PAIR_WEIGHTS if arguments.ship else arguments.work / f"{arguments.name}-{arguments.half}.safetensors")


if __name__ == "__main__":
    main()
