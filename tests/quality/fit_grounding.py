"""Fits `jitl/grounding.json` and reports on the half that was not fitted on, set by set, and with each set left out.

    python -m tests.quality.fit_grounding CACHE [--write]

Collections are every evaluation set, random parts of it (5 to 300 documents) and all of them together. A question of a
set must be grounded in its collection; errands, programming tasks, questions of sets about something else, and questions
whose articles were taken out of the collection must not. Titles stand for the keywords that people type. Every group
weighs the same (see WEIGHTS), so no set decides alone.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jitl import grounding, reading
from tests.quality import logistic, memory
from tests.quality.memory import Asked

SEED = 5
PENALTY = 1.0
WEIGHTS = (("titles", 0.3), ("chats", 3.0), ("together", 3.0))
"""What groups and collections weigh beside others: titles are easy, small talk is common, large collections are the rule."""
REGRET = {"en": 1.0, "terms": 1.0, "zh": 1.5}
"""What a question refused wrongly weighs beside one answered wrongly; the Chinese sets ask each other many near misses."""
FILE = Path(grounding.__file__).with_name("grounding.json")
ABOUT_SOMETHING_ELSE = {
    "ret_xquad_enzh": ("chats", "tasks", "ret_cmrc2018", "ret_cranfield"),
    "ret_cmrc2018": ("chats", "tasks", "ret_xquad_enzh zh-zh", "ret_cranfield"),
    "ret_cranfield": ("chats", "tasks", "ret_cmrc2018", "ret_xquad_enzh en-en", "ret_xquad_enzh zh-zh", "ret_hotpotqa", "ret_musique"),
    "ret_hotpotqa": ("chats", "tasks", "ret_cranfield", "ret_cmrc2018"),
    "ret_musique": ("chats", "tasks", "ret_cranfield", "ret_cmrc2018"),
    "ret_2wiki": ("chats", "tasks", "ret_cranfield", "ret_xquad_enzh en-en", "ret_cmrc2018"),
}
SIZES = ((300, 1), (60, 3), (15, 8), (5, 16))  # documents, how many such collections
EACH = 150
"""Questions of one kind asked of the collections of one size."""
TAKEN_OUT = ("ret_xquad_enzh", "ret_cmrc2018")
"""Sets whose questions are asked once more of their collection without the articles that answer them."""
FOLDS = 12
PARTS = {"without": "without its articles"}


@dataclass(frozen=True, slots=True)
class Case:
    collection: str  # set, and its size where it is a part
    group: str  # where the question is from
    grounded: bool
    half: int
    kind: str  # which weights judge it
    features: Sequence[float]

    @property
    def key(self) -> tuple[str, str, bool]:
        return self.collection, self.group, self.grounded


class Sets:
    """The collections and the questions, and the vectors of both."""

    def __init__(self, cache: Path) -> None:
        vectors = memory.Vectors(cache / "vectors.npz")
        self.shelves = {name: memory.shelf(name, vectors) for name in ABOUT_SOMETHING_ELSE}
        self.pools: dict[str, list[Asked]] = {"chats": memory.chats(), "tasks": memory.tasks()}
        for name in ABOUT_SOMETHING_ELSE:
            asked = memory.questions(name)
            for kind in {question.kind for question in asked}:
                self.pools[name if kind == "all" else f"{name} {kind}"] = [question for question in asked if question.kind == kind]
            self.pools[f"{name} titles"] = list(_titles(self.shelves[name]))
        every = [question.text for pool in self.pools.values() for question in pool]
        self.vectors = dict(zip(every, vectors.of(every), strict=True))
        everything = [passage for shelf in self.shelves.values() for passage in shelf.passages]
        renamed = [replace(passage, id=f"{passage.collection_id}/{passage.id}") for passage in everything]
        self.together = memory.Shelf(renamed, np.vstack([shelf.vectors for shelf in self.shelves.values()]))

    def own(self, name: str) -> list[str]:
        return [pool for pool in self.pools if pool.split()[0] == name]

    def case(self, shelf: memory.Shelf, question: Asked) -> tuple[str, list[float]] | None:
        query, hits = shelf.search(question.text, self.vectors[question.text], 10)
        query = reading.content(query, memory.SPARSE)
        if not hits or not query.terms:
            return None
        readings = reading.read(query, [hit.passage for hit in hits if hit.passage is not None], memory.SPARSE)
        cosine = max((hit.legs["dense"] for hit in hits if "dense" in hit.legs), default=None)
        kind = "zh" if query.language == "zh" else "terms" if cosine is None else "en"
        return kind, grounding.describe(query, readings, cosine if kind == "en" else None)


def _titles(shelf: memory.Shelf) -> Iterator[Asked]:
    titles: dict[str, set[str]] = defaultdict(set)
    for passage in shelf.passages:
        title = passage.title.replace("_", " ").strip()
        if title:
            titles[title].add(passage.document)
    chosen = random.Random(SEED).sample(sorted(titles), min(200, len(titles)))
    return (Asked(f"title {title}", title, "title", relevant=frozenset(titles[title])) for title in chosen)


def cases(sets: Sets) -> Iterator[Case]:
    chance = random.Random(SEED)
    for name, shelf in sets.shelves.items():
        documents = sorted({passage.document for passage in shelf.passages})
        yield from _asked(sets, name, name, shelf, lambda pool: pool)
        for size, times in SIZES:
            for _ in range(times):
                part = shelf.only(chance.sample(documents, min(size, len(documents))))
                most = max(1, EACH // times)
                yield from _asked(sets, name, f"{name} {size}", part, lambda pool, most=most: chance.sample(pool, min(most, len(pool))))
    for name in TAKEN_OUT:
        yield from _taken_out(sets, name)
    for pool in sets.pools:
        part = sets.pools[pool][:: max(1, len(sets.pools[pool]) // 300)]
        yield from _made(sets, "together", pool, sets.together, part, grounded=pool not in ("chats", "tasks"))


def _asked(sets: Sets, name: str, label: str, shelf: memory.Shelf, some: Callable[[list[Asked]], list[Asked]]) -> Iterator[Case]:
    there = {passage.document for passage in shelf.passages}
    for pool in sets.own(name):
        answerable = [question for question in sets.pools[pool] if _answerable(question, there, name)]
        yield from _made(sets, label, pool, shelf, some(answerable), grounded=True)
    for pool in ABOUT_SOMETHING_ELSE[name]:
        yield from _made(sets, label, pool, shelf, some(sets.pools[pool]), grounded=False)


def _taken_out(sets: Sets, name: str) -> Iterator[Case]:
    """Questions whose whole articles are missing, one part of the articles after the other."""
    shelf = sets.shelves[name]
    titles = sorted({passage.title for passage in shelf.passages})
    for fold in range(FOLDS):
        gone = {passage.document for passage in shelf.passages if titles.index(passage.title) % FOLDS == fold}
        rest = shelf.only({passage.document for passage in shelf.passages} - gone)
        for pool in sets.own(name):
            if not pool.endswith("titles"):
                asked = [question for question in sets.pools[pool] if question.relevant <= gone]
                yield from _made(sets, f"{name} without", f"{pool} taken out", rest, asked[:60], grounded=False)


def _answerable(question: Asked, there: set[str], name: str) -> bool:
    """All of the passages it needs are there; of a graded set, or a title, one is enough."""
    if name == "ret_cranfield" or question.kind == "title":
        return bool(question.relevant & there)
    return question.relevant <= there


def _made(sets: Sets, label: str, pool: str, shelf: memory.Shelf, asked: Iterable[Asked], *, grounded: bool) -> Iterator[Case]:
    for question in asked:
        made = sets.case(shelf, question)
        if made is None:  # refused without weights
            continue
        kind, features = made
        yield Case(label, pool, grounded, question.half, kind, features)
        if kind == "en":  # the same question to a service without an encoder
            cosine = grounding.FEATURES.index("cosine")
            yield Case(label, pool, grounded, question.half, "terms", [0.0 if at == cosine else x for at, x in enumerate(features)])


def fit(seen: Sequence[Case]) -> grounding.GroundingModel:
    weights = {}
    for kind in ("en", "terms", "zh"):
        mine = [case for case in seen if case.kind == kind]
        groups = Counter(case.key for case in mine)
        sides: Counter[bool] = Counter()
        for key in groups:
            sides[key[2]] += _weight(*key[:2])
        importance = np.array(
            [_weight(*case.key[:2]) * (REGRET[kind] if case.grounded else 1.0) / sides[case.grounded] / groups[case.key] for case in mine]
        )
        rows, labels = np.array([case.features for case in mine]), np.array([float(case.grounded) for case in mine])
        found = logistic.fit(rows, labels, penalty=PENALTY, weights=importance * len(mine) / importance.sum())
        weights[kind] = [float(f"{weight:.5g}") for weight in found]
    return grounding.GroundingModel(weights)


def _weight(collection: str, group: str) -> float:
    weight = 1.0
    for name, factor in WEIGHTS:
        weight *= factor if name in (collection, group.rsplit(maxsplit=1)[-1]) else 1.0
    return weight


def report(seen: Sequence[Case], model: grounding.GroundingModel) -> dict[str, float]:
    """Share judged rightly: grounded ones of a collection's own questions, refused ones of others."""
    right = defaultdict(list)
    for case in seen:
        own = "grounded" if case.grounded else "refused"
        where = case.collection.split()[0] + (f" {PARTS.get(case.collection.split()[-1], 'parts')}" if " " in case.collection else "")
        terms = ", by terms alone" if case.kind == "terms" else ""
        right[f"{own} {where} <- {case.group}{terms}"].append(
            (model.probability(case.kind, case.features) >= grounding.THRESHOLD) == case.grounded
        )
    return {name: round(100 * float(np.mean(hits)), 1) for name, hits in sorted(right.items())}


def show(title: str, figures: dict[str, float]) -> None:
    print(title)
    for name, figure in figures.items():
        print(f"  {figure:5.1f}  {name}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("cache", type=Path)
    arguments.add_argument("--write", action="store_true")
    chosen = arguments.parse_args()
    seen = list(cases(Sets(chosen.cache)))
    for half in (0, 1):
        show(
            f"fitted on half {half}, asked of the other",
            report([c for c in seen if c.half != half], fit([c for c in seen if c.half == half])),
        )
    for name in ABOUT_SOMETHING_ELSE:
        mine = [case for case in seen if case.collection.split()[0] == name or case.group.split()[0] == name]
        model = fit([case for case in seen if case.collection.split()[0] not in (name, "together") and case.group.split()[0] != name])
        show(
            f"fitted without {name}", report([case for case in mine if " " not in case.collection and case.collection != "together"], model)
        )
    model = fit(seen)
    show("fitted on all (as shipped)", report(seen, model))
    print(json.dumps(dict(zip(("bias", *grounding.FEATURES), model.weights["en"], strict=True))))
    if chosen.write:
        FILE.write_text(json.dumps({"features": list(grounding.FEATURES), "weights": model.weights}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
