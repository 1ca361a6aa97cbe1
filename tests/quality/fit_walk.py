"""Fits the walk's weights on the retrieval sets: `python -m tests.quality.fit_walk WORK [--half 0|1 ...] [--without SET] [--ship]`.

A conditional logit with weights that are not negative: of the pool at each step of a walk, those that the question needs and that are
not chosen yet shall come next. Steps are those that the weights of the round before take, and some that begin with what is needed.
Figures are of the half that was not fitted on. WORK keeps vectors between runs, and the weights of each half as `walk-HALF.json`, which
the setting `walk_weights` takes; `--ship` writes weights fitted on all into the package.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graph.extract import Extractor
from graph.facts import Facts, Posting
from graph.steps import NEXT, Steps, Weights
from graph.walk import Path as Way
from graph.walk import Walk
from tests.data import ROOT
from tests.memory_graph import alias_class
from tests.quality.memory import SPARSE, Asked, Shelf, Vectors, questions, shelf

SEVERAL = ("ret_musique", "ret_hotpotqa", "ret_2wiki")
SINGLE = ("ret_cranfield", "ret_xquad_enzh")
MOST = 300  # questions of a set and half
ROUNDS, EPOCHS, RATE, RIDGE = 3, 400, 0.2, 1.0
CHOSEN = 5
EXTRACTOR = Extractor()


class Graph:
    """The part of `graph.ports.GraphStore` that a walk reads, over passages in memory."""

    def __init__(self, held: Shelf) -> None:
        self._facts: dict[str, Facts] = {one.id: EXTRACTOR.extract(one.text, one.header, one.title) for one in held.passages}
        self._places: defaultdict[str, list[tuple[bool, str]]] = defaultdict(list)
        for id_, facts in self._facts.items():
            for mention in facts.mentions:
                self._places[mention.key].append((not mention.titled, id_))
        for places in self._places.values():
            places.sort()
        self._stated: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for facts in self._facts.values():
            for alias in facts.aliases:
                self._stated[alias.key][alias.other] += 1
                self._stated[alias.other][alias.key] += 1

    def mentions(self, chunk_ids):
        return {id_: self._facts[id_].mentions for id_ in chunk_ids}

    def aliases(self, keys, collections):
        return {key: others for key in keys if (others := alias_class(key, self._stated))}

    def postings(self, keys, collections, most, *, crowded=True):
        found = {key: self._places[key] for key in keys if key in self._places}
        shown = {key: [one for one in places if crowded or len(places) <= most or not one[0]] for key, places in found.items()}
        return {key: Posting(len(found[key]), [(id_, not untitled) for untitled, id_ in shown[key][:most]]) for key in found}


@dataclass
class Case:
    asked: Asked
    path: Way | None  # None where no walk begins
    hits: list


class Gathered:
    """Steps to learn from: the pool's features and which of it were right, each set of the same weight."""

    def __init__(self) -> None:
        self.features: list[np.ndarray] = []
        self.right: list[np.ndarray] = []
        self.weight: list[float] = []

    def add(self, steps: Steps, path: Way, asked: Asked, weight: float) -> None:
        pool = path.pool
        documents = [hit.passage.document for hit in pool.hits]
        got = {documents[at] for at in steps.chosen}
        right = np.array([name in asked.relevant and name not in got for name in documents])
        left = np.ones(len(pool), bool)
        left[steps.chosen] = False
        if steps.chosen and (right & left).any():
            self.features.append(steps.features()[left])
            self.right.append(right[left])
            self.weight.append(weight)

    def fitted(self, start: Weights) -> Weights:
        rows = np.concatenate(self.features)
        right = np.concatenate(self.right).astype(float)
        sizes = [len(one) for one in self.features]
        begins, of = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(sizes)), sizes)
        share = np.array(self.weight) / sum(self.weight)
        weights, mean, spread = start.copy(), np.zeros_like(start), np.zeros_like(start)
        for epoch in range(1, EPOCHS + 1):  # Adam, cut at zero
            scores = rows @ weights
            raised = np.exp(scores - np.maximum.reduceat(scores, begins)[of])
            chance = raised / np.add.reduceat(raised, begins)[of]
            wanted = raised * right / (np.add.reduceat(raised * right, begins) + 1e-12)[of]
            slope = ((chance - wanted) * share[of]) @ rows + RIDGE * weights / len(sizes)
            mean, spread = 0.9 * mean + 0.1 * slope, 0.99 * spread + 0.01 * slope**2
            step = RATE * (1 - 0.9 * epoch / EPOCHS) * mean / (1 - 0.9**epoch)
            weights = np.maximum(0.0, weights - step / (np.sqrt(spread / (1 - 0.99**epoch)) + 1e-8))
        return weights


def begun(walk: Walk, held: Shelf, asked: Asked, vector: np.ndarray) -> Case:
    query, hits = held.search(asked.text, vector, 100)
    return Case(asked, walk.begin(query, hits, (), lambda ids: held.look(query, ids)), hits)


def chosen(walk: Walk, case: Case, most: int) -> list[str]:
    """Documents, best first, each once."""
    hits = case.hits if case.path is None else case.path.go(case.hits)
    return list(dict.fromkeys(hit.passage.document for hit in hits))[:most]


def recall(found: list[str], asked: Asked) -> float:
    return len(set(found[:CHOSEN]) & asked.relevant) / len(asked.relevant)


def gain(found: list[str], asked: Asked, k: int = 10) -> float:
    """nDCG, every relevant document alike."""
    gains = [1 / np.log2(rank + 2) for rank in range(k)]
    return sum(g for g, name in zip(gains, found, strict=False) if name in asked.relevant) / sum(gains[: min(k, len(asked.relevant))])


class World:
    """A set: its passages, its graph and its questions."""

    def __init__(self, name: str, vectors: Vectors, *, titles: bool = True) -> None:
        self.name = name if titles else f"{name} untitled"
        self.held = shelf(name, vectors, titles=titles)
        self.graph = Graph(self.held)
        every = questions(name)
        self.asked = [one for half in (0, 1) for one in [each for each in every if each.half == half][:MOST]]
        self.vectors = vectors.of([one.text for one in self.asked])

    def cases(self, weights: Weights, half: int | None) -> list[Case]:
        walk = Walk(self.graph, EXTRACTOR, SPARSE, weights)
        return [
            begun(walk, self.held, one, vector) for one, vector in zip(self.asked, self.vectors, strict=True) if half in (None, one.half)
        ]


def fit(worlds: list[World], half: int | None) -> Weights:
    chance = np.random.default_rng(0)
    weights: Weights = np.full(len(NEXT), 0.5)
    for _ in range(ROUNDS):
        gathered = Gathered()
        for world in worlds:
            cases = [case for case in world.cases(weights, half) if case.path is not None]
            for case in cases:
                _gather(gathered, case, 1 / len(cases), chance)
        weights = gathered.fitted(weights)
    return weights


def _gather(gathered: Gathered, case: Case, weight: float, chance: np.random.Generator) -> None:
    path = case.path
    for _ in range(CHOSEN):
        gathered.add(path.steps, path, case.asked, weight)
        if len(path.steps.chosen) == len(path.pool):
            break
        path.step()
    needed = [at for at, hit in enumerate(path.pool.hits) if hit.passage.document in case.asked.relevant]
    for _ in range(2 if len(needed) > 1 else 0):
        steps = Steps(path.pool, path.links)
        for at in chance.permutation(needed)[: chance.integers(1, len(needed))]:
            path.links.look_up([path.pool.hits[at].passage.id])
            steps.take(int(at))
        gathered.add(steps, path, case.asked, weight)


def report(worlds: list[World], weights: Weights, half: int | None, **said) -> None:
    for world in worlds:
        walk = Walk(world.graph, EXTRACTOR, SPARSE, weights)
        cases = world.cases(weights, half)
        plain = [list(dict.fromkeys(hit.passage.document for hit in case.hits)) for case in cases]
        walked = [chosen(walk, case, 20) for case in cases]
        figures = {"questions": len(cases), "walked": sum(case.path is not None for case in cases)}
        for name, found in (("plain", plain), ("walk", walked)):
            pairs = list(zip(found, [case.asked for case in cases], strict=True))
            figures[name] = {
                "R@5": round(100 * float(np.mean([recall(*pair) for pair in pairs])), 1),
                "R@1": round(100 * float(np.mean([bool({pair[0][0]} & pair[1].relevant) for pair in pairs if pair[0]])), 1),
                "nDCG@10": round(100 * float(np.mean([gain(*pair) for pair in pairs])), 1),
            }
        print(json.dumps({**said, "half": half, "set": world.name, **figures}), flush=True)


def written(weights: Weights) -> str:
    return json.dumps(dict(zip(NEXT, np.round(weights, 4).tolist(), strict=True)), indent=1) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--half", type=int, nargs="*", default=[], help="fit on this half, report on the other")
    parser.add_argument("--without", nargs="*", default=[], choices=SEVERAL, help="fit without this set, report on all of it")
    parser.add_argument("--ship", action="store_true")
    arguments = parser.parse_args()
    vectors = Vectors(arguments.work / "vectors.npz")
    untitled = [World(name, vectors, titles=False) for name in SEVERAL]
    worlds = [*(World(name, vectors) for name in (*SEVERAL, *SINGLE)), *untitled]
    for half in arguments.half:
        weights = fit(worlds, half)
        (arguments.work / f"walk-{half}.json").write_text(written(weights))
        report(worlds, weights, 1 - half, fitted_on=half)
    for name in arguments.without:
        others = [world for world in worlds if not world.name.startswith(name)]
        report([world for world in worlds if world.name == name], fit(others, None), None, fitted_without=name)
    if arguments.ship:
        (ROOT / "graph" / "walk.json").write_text(written(fit(worlds, None)))


if __name__ == "__main__":
    main()
