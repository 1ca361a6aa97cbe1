"""Fits `jitl/spans.json` on the questions with answers and reports on the half that was not fitted on.

    python -m tests.quality.fit_spans CACHE [--write]

CACHE is a folder for vectors. Weights per language are fitted together: what both share, and what sets them apart.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jitl import extract, reading, spans
from jitl import text as texts
from jitl.types import Passage
from tests.quality import logistic, memory

SETS = ("ret_xquad_enzh", "ret_cmrc2018")
UNSEEN = ("ret_hotpotqa", "ret_2wiki", "ret_musique")
"""Never fitted on: how the weights carry over to other questions (many of these need two passages)."""
BENT = (
    *("cov", "fresh", "rel", "only_here", "before", "after", "place", "length", "lexical", "passage_cov", "own", "rest", "far"),
    *("own_length", "new", "parts", "left", "right"),
)
PENALTY = 100.0
FILE = Path(spans.__file__).with_name("spans.json")


@dataclass(frozen=True, slots=True)
class Example:
    asked: memory.Asked
    set: str
    passages: Sequence[Passage]
    readings: Sequence[reading.Reading]
    spans: Sequence[reading.Span]
    features: np.ndarray
    labels: np.ndarray

    @property
    def language(self) -> str:
        return texts.language(self.passages[0].text)


def examples(cache: Path, sets: Sequence[str] = SETS) -> Iterator[Example]:
    vectors = memory.Vectors(cache / "vectors.npz")
    for name in sets:
        shelf = memory.shelf(name, vectors)
        asked = memory.questions(name)
        for question, vector in zip(asked, vectors.of([question.text for question in asked]), strict=True):
            query, hits = shelf.search(question.text, vector, reading.PASSAGES)
            query = reading.content(query, memory.SPARSE)
            read = [hit.passage for hit in hits if hit.passage is not None]
            readings = reading.read(query, read, memory.SPARSE)
            found = [span for each in readings for span in each.spans]
            places = [list(occurrences(passage.text, question.answers)) for passage in read]
            labels = [any(span.start < end and start < span.end for start, end in places[span.passage]) for span in found]
            yield Example(question, name, read, readings, found, spans.describe(query, readings), np.array(labels, dtype=float))


def occurrences(text: str, answers: Sequence[str]) -> Iterator[tuple[int, int]]:
    low = text.lower()
    for answer in answers:
        wanted = plain(answer)
        at = low.find(wanted) if wanted else -1
        while at >= 0:
            yield at, at + len(wanted)
            at = low.find(wanted, at + 1)


def plain(text: str) -> str:
    return " ".join(text.split()).lower()


def fit(seen: Sequence[Example], penalty: float = PENALTY) -> spans.SpanModel:
    seen = [example for example in seen if example.spans]
    rows = np.vstack([example.features for example in seen])
    labels = np.concatenate([example.labels for example in seen])
    chinese = np.concatenate([np.full(len(example.labels), float(example.language == "zh")) for example in seen])
    model = spans.SpanModel(knots(rows), {})
    shared = model.expand(rows)
    scale = shared.std(axis=0) + 1e-9  # the part of one language alone is penalised in the same units
    design = np.hstack([shared, shared / scale * chinese[:, None], chinese[:, None]])
    found = logistic.fit(design, labels, penalty=penalty)
    wide = shared.shape[1]
    english, apart = found[: wide + 1], np.concatenate([[found[-1]], found[wide + 1 : -1] / scale])
    return spans.SpanModel(model.knots, {"en": english, "zh": english + apart})


def knots(rows: np.ndarray) -> tuple[tuple[int, float], ...]:
    found = []
    for name in BENT:
        at = spans.PLAIN.index(name)
        found += [(at, float(knot)) for knot in np.unique(np.quantile(rows[:, at], (0.2, 0.4, 0.6, 0.8, 0.95)).round(3))]
    found += [(at, 0.6) for at, name in enumerate(spans.PLAIN) if name.endswith(("_sentence", "_span"))]
    return tuple(found)


def held(example: Example, model: spans.SpanModel) -> bool:
    """Whether the quotes, read in order and cut as the score cuts them, hold the answer."""
    if not example.spans:
        return False
    chances = extract.stated(example.readings, model.probabilities(example.features, example.language))
    chosen = extract.choose(example.spans, chances, example.passages)
    shown = plain(" ".join(quote.text for quote in extract.joined(example.spans, chances, chosen, example.passages)))
    signs = sum("\u4e00" <= sign <= "\u9fff" for sign in shown)
    return any(plain(answer) in shown[: 160 if signs > len(shown) / 4 else 400] for answer in example.asked.answers if answer)


def report(seen: Sequence[Example], model: spans.SpanModel) -> dict[str, float]:
    counts = defaultdict(list)
    for example in seen:
        counts[f"{example.set} {example.asked.kind}"].append(held(example, model))
    return {name: round(100 * float(np.mean(hits)), 2) for name, hits in counts.items()}


def written(model: spans.SpanModel) -> str:
    rows = {language: [float(f"{weight:.4g}") for weight in row] for language, row in model.weights.items()}
    knots_ = [[spans.PLAIN[at], knot] for at, knot in model.knots]
    return json.dumps({"features": list(spans.PLAIN), "knots": knots_, "weights": rows})


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("cache", type=Path)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--penalty", type=float, default=PENALTY)
    chosen = arguments.parse_args()
    seen = list(examples(chosen.cache))
    for half in (0, 1):
        model = fit([example for example in seen if example.asked.half == half], chosen.penalty)
        print(f"held, fitted on half {half}, asked of the other:", report([e for e in seen if e.asked.half != half], model))
    model = fit(seen, chosen.penalty)
    print("held, fitted on all (as shipped):", report(seen, model))
    print("held, sets never fitted on:", report(list(examples(chosen.cache, UNSEEN)), model))
    if chosen.write:
        FILE.write_text(written(model) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
