"""Fits the scope model: taught corrections and questions of known kind in, weights and a report out. Equal in, equal out.

A set is a folder as the scoring script prepares it: `teach.jsonl` (id, question, answer), `questions.jsonl` (id, question) and
`gold.jsonl` (id, kind, edit, twins). Kinds: `reliability` and `generalisation` are covered by `edit` (or a twin), `portability`
depends on it, `locality` and `unrelated` on nothing taught. A collaboration's own corrections can be given in that form too.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from feedback.features import Rarity, Weighed, measure
from feedback.pool import nearest
from feedback.scope import Scope
from feedback.shelf import Entry, Shelf, ShelfView
from feedback.trees import Boosting, Trees
from feedback.wording import WordingReader
from jitl.text import language
from jitl.types import CorrectionState, Strength

if TYPE_CHECKING:
    from jitl.types import Matrix

COVERED: Final = ("reliability", "generalisation")
WEIGHTS: Final = {"covered": 1000.0, "locality": 1000.0, "unrelated": 1500.0, "portability": 1000.0}
"""What all questions of a kind weigh together, in each set."""
COMMON: Final = 3
"""A term in fewer questions of a set is not counted as general language."""

Encode = Callable[[Sequence[str]], "Matrix"]
"""Texts to unit vectors; rows of zeros for what the encoder does not cover."""


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    kind: str
    half: int  # questions about one correction are of one half
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Set:
    """One prepared folder."""

    name: str
    teach: tuple[Mapping[str, Any], ...]
    questions: tuple[Question, ...]

    @classmethod
    def read(cls, folder: Path, most: int | None = None) -> Set:
        """`most` questions of a kind and half, chosen by their digests: the whole of a large set tells little more."""
        texts = {row["id"]: row["question"] for row in _lines(folder / "questions.jsonl")}
        questions = (
            Question(
                texts[row["id"]], row["kind"], half(row.get("edit", row["id"])), frozenset({row.get("edit", ""), *row.get("twins", ())})
            )
            for row in _lines(folder / "gold.jsonl")
        )
        return cls(folder.name, tuple(_lines(folder / "teach.jsonl")), tuple(_thinned(questions, most)))

    def lowered(self) -> Set:
        """The same in lower case, as many people type: names can no longer be told by their capitals."""
        teach = tuple({**row, "question": row["question"].lower()} for row in self.teach)
        return Set(f"{self.name}-lower", teach, tuple(replace(question, text=question.text.lower()) for question in self.questions))

    @property
    def texts(self) -> set[str]:
        return {question.text for question in self.questions} | {row["question"] for row in self.teach}


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its candidates as the service would weigh them."""

    kind: str
    half: int
    candidates: tuple[Weighed, ...]
    rows: NDArray[np.float64]
    wanted: NDArray[np.bool_]
    identical: bool


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


def _thinned(questions: Iterable[Question], most: int | None) -> Iterator[Question]:
    seen: Counter[tuple[str, int]] = Counter()
    for question in sorted(questions, key=lambda question: hashlib.sha256(question.text.encode()).digest()):
        seen[question.kind, question.half] += 1
        if most is None or seen[question.kind, question.half] <= most:
            yield question


def half(name: str) -> int:
    return int(hashlib.sha1(f"half {name}".encode(), usedforsecurity=False).hexdigest(), 16) % 2


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
        if not found:
            continue
        keys = [{known.key for known in candidate.entry.wordings} for candidate in found]
        yield Example(
            question.kind,
            question.half,
            tuple(found),
            measure(wording, found, rarity),
            np.array([candidate.entry.state.id in question.wanted for candidate in found]),
            any(wording.key in known for known in keys),
        )


def fit(sets: Mapping[str, Sequence[Example]], general: Mapping[int, float], sparse: Trees, of_half: int | None = None) -> Scope:
    """Weights from the examples of one half, or of both. `sparse`: trees for questions without a vector, see `fit_terms_alone`."""
    boosting = Boosting(trees=120)
    same = _trees(boosting, sets, of_half, wanted=COVERED, others=("locality", "unrelated"))
    dependent = _trees(boosting, sets, of_half, wanted=("portability",), others=("locality", "unrelated", *COVERED))
    return Scope(general, same, sparse, dependent, threshold=0.45, dependent_threshold=0.7)


def fit_terms_alone(sets: Mapping[str, Sequence[Example]], of_half: int | None = None) -> Trees:
    """From examples made without vectors."""
    return _trees(Boosting(trees=80), sets, of_half, wanted=COVERED, others=("locality", "unrelated"))


def report(scope: Scope, sets: Mapping[str, Sequence[Example]], of_half: int) -> dict[str, dict[str, float]]:
    """Figures by set, on the questions of one half."""
    found: dict[str, dict[str, float]] = {}
    for name, rows in sets.items():
        figures = Figures()
        for example in rows:
            if example.half == of_half:
                _judge(scope, example, figures)
        found[name] = figures.percent
    return found


def dump(scope: Scope, path: Path) -> None:
    stored = {
        "threshold": scope.threshold,
        "dependent_threshold": scope.dependent_threshold,
        "general": {str(term): float(f"{share:.3g}") for term, share in scope.general.items()},
        **{name: getattr(scope, name).dump() for name in ("dense", "sparse", "dependent")},
    }
    path.write_text(json.dumps(stored, separators=(",", ":")) + "\n", encoding="utf-8")


def _judge(scope: Scope, example: Example, figures: Figures) -> None:
    decided = scope.judge(example.candidates, example.rows, None)
    best = decided[0]
    fires = example.identical or best.strength in (Strength.SAME, Strength.PARAPHRASE)
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


def _trees(
    boosting: Boosting,
    sets: Mapping[str, Sequence[Example]],
    of_half: int | None,
    *,
    wanted: tuple[str, ...],
    others: tuple[str, ...],
) -> Trees:
    rows, labels, weights = [], [], []
    for known in sets.values():
        chosen = [
            e for e in known if of_half in (None, e.half) and e.kind in (*wanted, *others) and not (e.identical and wanted == COVERED)
        ]
        kinds = Counter(_group(example.kind) for example in chosen)
        for example in chosen:
            rows.append(example.rows)
            labels.append(example.wanted & (example.kind in wanted))
            weights.append(np.full(len(example.rows), WEIGHTS[_group(example.kind)] / kinds[_group(example.kind)]))
    return boosting.fit(np.vstack(rows), np.concatenate(labels), np.concatenate(weights))


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


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
