"""Fits and reports the choice of a route: `python -m tests.quality.fit_route WORK [--ship]`.

WORK keeps vectors between runs. Every figure is of weights that have not seen what they are measured on: our own questions by halves
of their topic families, then of their forms, both ways round, without any pair across that is alike; the traps; the open sets' other
half; and each open source by weights fitted without it. `--ship` writes weights fitted on all of our own questions and on the open sets'
first half. The list of names (`jitl/routewords.tsv`) is written by hand and the same throughout.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from jitl.route import RouteModel, TrainedRouter
from jitl.settings import Settings
from tests.data import ROOT
from tests.quality.routing import practice, questions, report
from tests.quality.routing.fitting import Fitting

SHIPPED = ROOT / "jitl" / "route.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--only", nargs="*", choices=("family", "template", "traps", "sources"), help="some of the reports")
    parser.add_argument("--wrong", type=int, default=0, help="show so many errors on our own questions")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    own, opened = questions.own(), questions.open_sets()
    fitting = Fitting(own, questions.fitted(opened), practice.made(), questions.Vectors(arguments.work / "route_vectors.npz"))
    chosen = arguments.only if arguments.only is not None else ("family", "template", "traps", "sources")
    for by in ("family", "template"):
        if by in chosen:
            for name, figures in report.halves(fitting, by, opened, show=arguments.wrong):
                print(json.dumps({"split": by, "measured": name, **figures}, ensure_ascii=False), flush=True)
    if "sources" in chosen:
        print(json.dumps({"split": "source", **report.left_out(fitting, opened)}), flush=True)
    if "traps" in chosen or arguments.ship:
        model = fitting.fit(own)
        if arguments.ship:
            model.save(SHIPPED)
            model = RouteModel.read(SHIPPED)
        print(json.dumps({"measured": "traps", **report.four(model, questions.own(questions.TRAPS), fitting.vectors)}), flush=True)
        print(json.dumps({"measured": "open", **report.on_open_sets(model, opened, fitting.vectors)}), flush=True)
        print(json.dumps({"measured": "ms a question beyond its vector", "p50": _cost(model, own, fitting.vectors)}), flush=True)


def _cost(model: RouteModel, own: list[questions.Question], vectors: questions.Vectors) -> float:
    router = TrainedRouter(Settings(), encoder=model.encoder, model=model)
    asked = [question.text for question in own]
    known = [vector.astype(np.float32) if vector.any() else None for vector in vectors.of(asked)]
    taken = []
    for text, vector in zip(asked, known, strict=True):
        start = time.perf_counter()
        router.route(text, vector)
        taken.append(time.perf_counter() - start)
    return round(1000 * float(np.median(taken)), 3)


if __name__ == "__main__":
    main()
