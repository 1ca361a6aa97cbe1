"""Fits the scope model: taught corrections and questions of known kind in, weights and a report out. Equal in, equal out.

First the trees over measured features, which choose what is read; then those that weigh what the pair reader says, from corrections
that it was not trained on. What was not used for a fit reports on it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from feedback.features import Rarity, Weighed, measure, with_odds
from feedback.pool import nearest
from feedback.samples import Question, Set
from feedback.scope import TREES, Scope
from feedback.shelf import Entry, Shelf, ShelfView
from feedback.timeline import FIRES
from feedback.trees import Boosting, Trees
from feedback.wording import WordingReader
from jitl.ports import PairReader
from jitl.text import language
from jitl.types import CorrectionState, Strength

if TYPE_CHECKING:
    from jitl.types import Matrix

COVERED: Final = ("reliability", "generalisation")
WEIGHTS: Final = {"covered": 1000.0, "locality": 1000.0, "unrelated": 1500.0, "portability": 1000.0}
"""What all questions of a kind weigh together, in each set."""
OVERREACH: Final = 250.0
"""What those that depend on a correction weigh where it is fitted whether it answers: some of them ask the same by another name."""
COMMON: Final = 3
"""A term in fewer questions of a set is not counted as general language."""
THRESHOLD: Final = 0.55
"""A correction that answers a question it does not cover is held a little worse than one that is missed."""
DEPENDENT_THRESHOLD: Final = 0.5
FIRST: Final = Boosting(trees=120)
ALONE: Final = Boosting(trees=80)
SECOND: Final = Boosting(trees=60, depth=3, rate=0.12)

Encode = Callable[[Sequence[str]], "Matrix"]
"""Texts to unit vectors; rows of zeros for what the encoder does not cover."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its candidates as the service would weigh them. `odds`: see `Scope.odds`; None before anything was read."""

    question: Question
    candidates: tuple[Weighed, ...]
    rows: NDArray[np.float64]
    wanted: NDArray[np.bool_]
    identical: bool
    odds: NDArray[np.float64] | None = None

    @property
    def kind(self) -> str:
        return self.question.kind


@dataclass(slots=True)
class Figures:
    """Shares of a set's questions decided rightly, by kind; for `portability` and `unrelated`, the shares on which something fires."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str, right: bool) -> None:
        self.asked[kind] += 1
        self.right[kind] += right

    @property
    def percent(self) -> dict[str, float]:
        return {kind: round(100 * self.right[kind] / count, 2) for kind, count in sorted(self.asked.items())}


def general_language(sets: Iterable[Set], reader: WordingReader, of_half: int | None = None) -> dict[int, float]:
    """Share of ordinary questions, in the language of the term, that hold it; every set of a language counted alike."""
    shares: dict[str, defaultdict[int, float]] = {}
    number: Counter[str] = Counter()
    for each in sets:
        asked = (question for question in each.questions if of_half in (None, question.half) and question.kind in (*COVERED, "unrelated"))
        texts = sorted({question.text for question in asked})  # not the others: how common their words are would give them away
        spoken = Counter(language(text) for text in texts).most_common(1)[0][0]
        number[spoken] += 1
        known = shares.setdefault(spoken, defaultdict(float))
        for term, count in Counter(term for text in texts for term in reader.read(text).terms).items():
            if count >= COMMON:
                known[term] += count / len(texts)
    common: dict[int, float] = {}
    for spoken, known in sorted(shares.items()):
        for term, share in known.items():
            common[term] = max(common.get(term, 0.0), share / number[spoken])
    return dict(sorted(common.items()))


def examples(each: Set, general: Mapping[int, float], reader: WordingReader, encode: Encode | None) -> Iterator[Example]:
    """Every question of a set over all of its corrections; with `encode` None by terms alone."""
    vectors: dict[str, NDArray[np.float32]] = {}
    if encode is not None:
        texts = sorted(each.texts)
        vectors = {text: vector for text, vector in zip(texts, encode(texts), strict=True) if vector.any()}
    view = _shelf(each.teach, reader, vectors)
    rarity = Rarity(general, view.size, view.frequency)
    for question in each.questions:
        wording = reader.read(question.text)
        weights = {term: rarity(term) for term in wording.terms}
        found = nearest(wording, vectors.get(question.text), weights, [view], lambda _: True)
        if not found or (encode is not None and question.text not in vectors):
            continue
        keys = [{known.key for known in candidate.entry.wordings} for candidate in found]
        yield Example(
            question,
            tuple(found),
            measure(wording, found, rarity),
            np.array([candidate.entry.state.id in question.wanted for candidate in found]),
            any(wording.key in known for known in keys),
        )


def first_step(sets: Mapping[str, Sequence[Example]], general: Mapping[int, float], sparse: Trees, of_half: int | None = None) -> Scope:
    """Weights from the examples of one half, or of both. `sparse`: trees for questions without a vector, see `fit_terms_alone`."""
    chosen = _chosen(sets, of_half)
    same = _trees(FIRST, chosen, _rows, wanted=COVERED, others=("locality", "unrelated"))
    depends = _trees(FIRST, chosen, _rows, wanted=("portability",), others=("locality", "unrelated", *COVERED))
    return Scope(general, same, sparse, depends, same, depends, THRESHOLD, DEPENDENT_THRESHOLD)


def second_step(scope: Scope, sets: Mapping[str, Sequence[Example]], of_half: int | None = None) -> Scope:
    """What weighs the pair reader's word, from examples that were read and whose corrections it was not trained on."""
    chosen = _chosen(sets, of_half, lambda example: example.question.set_aside and example.odds is not None)
    same = _trees(
        SECOND,
        chosen,
        _read_rows,
        wanted=COVERED,
        others=("locality", "unrelated", "portability"),
        weights=WEIGHTS | {"portability": OVERREACH},
    )
    depends = _trees(SECOND, chosen, _read_rows, wanted=("portability",), others=("locality", "unrelated", *COVERED))
    return replace(scope, read=same, read_depends=depends)


def fit_terms_alone(sets: Mapping[str, Sequence[Example]], of_half: int | None = None) -> Trees:
    """From examples made without vectors."""
    return _trees(ALONE, _chosen(sets, of_half), _rows, wanted=COVERED, others=("locality", "unrelated"))


def with_reading(scope: Scope, rows: Iterable[Example], reader: PairReader) -> Iterator[Example]:
    """The examples after the reader saw what the first step holds worth reading."""
    for example in rows:
        odds = None
        if not example.identical and reader.covers(example.question.text):
            odds = scope.odds(example.question.text, example.candidates, example.rows, reader)
        yield replace(example, odds=odds)


def report(scope: Scope, sets: Mapping[str, Sequence[Example]], of_half: int) -> dict[str, dict[str, float]]:
    """Figures by set, on the questions of one half."""
    found: dict[str, dict[str, float]] = {}
    for name, rows in sets.items():
        figures = Figures()
        for example in rows:
            if example.question.half == of_half:
                _judge(scope, example, figures)
        found[name] = figures.percent
    return found


def dump(scope: Scope, path: Path) -> None:
    stored = {
        "threshold": scope.threshold,
        "dependent_threshold": scope.dependent_threshold,
        "general": {str(term): float(f"{share:.3g}") for term, share in scope.general.items()},
        **{name: getattr(scope, name).dump() for name in TREES},
    }
    path.write_text(json.dumps(stored, separators=(",", ":")) + "\n", encoding="utf-8")


def _judge(scope: Scope, example: Example, figures: Figures) -> None:
    decided = scope.judge(example.candidates, example.rows, example.odds, None)
    best = decided[0]
    fires = example.identical or best.strength in FIRES
    wanted = {c.entry.state.id for c, right in zip(example.candidates, example.wanted, strict=True) if right}
    if example.kind in COVERED:
        figures.count(example.kind, example.identical or (fires and best.correction.id in wanted))
    elif example.kind == "locality":
        figures.count("locality", not fires)
        figures.count("quiet", not fires and all(c.strength is Strength.UNRELATED for c in decided))
    else:
        figures.count(f"{example.kind}_fires", fires)
        if example.kind == "portability":
            evidence = sorted((c for c in decided if c.strength is Strength.DEPENDENT), key=lambda c: -c.dependent)[:5]
            figures.count("portability", any(c.correction.id in wanted for c in [*evidence, *([best] if fires else [])]))


Rows = Callable[[Example], tuple[NDArray[np.float64], NDArray[np.bool_]]]
"""What is learned from an example: features of candidates, and which of them are wanted."""


def _chosen(
    sets: Mapping[str, Sequence[Example]], of_half: int | None, fits: Callable[[Example], bool] = lambda _: True
) -> list[list[Example]]:
    return [[example for example in known if of_half in (None, example.question.half) and fits(example)] for known in sets.values()]


def _rows(example: Example) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return example.rows, example.wanted


def _read_rows(example: Example) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    assert example.odds is not None
    read = np.flatnonzero(~np.isnan(example.odds[:, 0]))
    candidates = [example.candidates[at] for at in read]
    return (with_odds(candidates, example.rows[read], example.odds[read]) if len(read) else np.empty((0, 0))), example.wanted[read]


def _trees(
    boosting: Boosting,
    sets: Sequence[Sequence[Example]],
    rows_of: Rows,
    *,
    wanted: Sequence[str],
    others: Sequence[str],
    weights: Mapping[str, float] = WEIGHTS,
) -> Trees:
    rows, labels, shares = [], [], []
    for known in sets:
        chosen = [e for e in known if e.kind in (*wanted, *others) and not (e.identical and wanted == COVERED)]
        kinds = Counter(_group(example.kind) for example in chosen)
        for example in chosen:
            features, right = rows_of(example)
            if len(features):
                rows.append(features)
                labels.append(right & (example.kind in wanted))
                shares.append(np.full(len(features), weights[_group(example.kind)] / kinds[_group(example.kind)]))
    return boosting.fit(np.vstack(rows), np.concatenate(labels), np.concatenate(shares))


def _group(kind: str) -> str:
    return "covered" if kind in COVERED else kind


def _shelf(teach: Iterable[Mapping[str, Any]], reader: WordingReader, vectors: Mapping[str, NDArray[np.float32]]) -> ShelfView:
    dimension = len(next(iter(vectors.values()))) if vectors else 1
    shelf = Shelf(dimension)
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    for number, row in enumerate(teach):
        state = CorrectionState(
            id=row["id"], seq=number, collection_id="", question=row["question"], answer=row["answer"], subject=None, statement=None,
            paraphrases=(), author="", author_id="", at=moment, status="approved",
        )  # fmt: skip
        vector = vectors.get(row["question"])
        shelf.put(Entry(state, (reader.read(row["question"]),)), None if vector is None else vector[None])
    return shelf.view()
