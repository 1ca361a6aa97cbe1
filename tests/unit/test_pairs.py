"""The pair reader: what it is shown, and that a pair's value hangs on the pair alone."""

from __future__ import annotations

import numpy as np
import pytest

from feedback.scope import PAIR_WEIGHTS
from jitl.adapters import minilm
from jitl.adapters.pairs import LONGEST, PairReader, tokens

ASKED = "What is the mass of the Zc(3900)?"


@pytest.fixture(scope="module")
def reader() -> PairReader:
    return PairReader(PAIR_WEIGHTS)


def test_tokens_say_which_text_they_are_of_and_what_is_shared() -> None:
    pair = tokens("the width", "the width of X")
    assert pair.segments == [0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert pair.shared == [0, 0, 2, 0, 0, 2, 0, 1, 0]


def test_long_texts_are_cut_each() -> None:
    pair = tokens("mass " * 500, "width " * 500)
    assert len(pair.ids) == 2 * LONGEST + 3
    assert pair.segments.count(1) == LONGEST + 1


def test_a_pair_has_its_value_whatever_is_read_with_it(reader: PairReader) -> None:
    taught = [ASKED, "How heavy is the Zc(3900)?", "Who leads the tracking group of the experiment, and since when?"]
    together = reader.read(ASKED, taught)
    alone = np.stack([reader.read(ASKED, [text])[0] for text in reversed(taught)])[::-1]
    assert together.tobytes() == np.ascontiguousarray(alone).tobytes()
    assert reader.read(ASKED, []).shape == (0, 2)


def test_it_tells_what_cosines_cannot(reader: PairReader) -> None:
    same, other_number, other_relation = reader.read(
        ASKED, ["How heavy is the Zc(3900)?", "What is the mass of the Zc(4020)?", "What is the width of the Zc(3900)?"]
    )[:, 0]
    assert same > 0 > max(other_number, other_relation)


def test_a_question_that_needs_the_answer_is_told_from_one_that_asks_for_it(reader: PairReader) -> None:
    taught = "Who is the convener of the tracking group?"
    needs, asks = (
        reader.read(text, [taught])[0] for text in ("Which institute does the convener of the tracking group belong to?", taught)
    )
    assert needs[1] > asks[1]
    assert asks[0] > needs[0]


def test_weights_are_read_as_they_lie() -> None:
    held = minilm.read_tensors(PAIR_WEIGHTS)
    assert {str(value.dtype) for value in held.values()} == {"float16"}
    assert PAIR_WEIGHTS.stat().st_size <= 25e6
