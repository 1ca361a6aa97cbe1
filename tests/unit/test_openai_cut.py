"""A reply ends at a stop sequence or a number of tokens, however its pieces are cut."""

from __future__ import annotations

import pytest

from api.openai_cut import Cut
from jitl.text import tokens

TEXT = "The ring has 38 cells.\n\nObservation: it does.\nObs"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_no_part_of_a_stop_sequence_is_shown(size: int) -> None:
    cut = Cut(["Observation:", "\nOX"])
    shown = "".join(cut.feed(TEXT[at : at + size]) for at in range(0, len(TEXT), size)) + cut.end()
    assert shown == "The ring has 38 cells.\n\n"
    assert cut.tokens == tokens(shown)
    assert cut.feed("more") == ""
    assert cut.finish == "stop"


@pytest.mark.parametrize("size", [1, 5, 100])
def test_what_only_begins_like_one_is_shown_in_the_end(size: int) -> None:
    cut = Cut(["Observatory"])
    assert "".join(cut.feed(TEXT[at : at + size]) for at in range(0, len(TEXT), size)) + cut.end() == TEXT


@pytest.mark.parametrize("size", [1, 5, 100])
def test_tokens_bound_the_words_but_not_what_follows_them(size: int) -> None:
    cut = Cut(most=4)
    shown = "".join(cut.feed(TEXT[at : at + size]) for at in range(0, len(TEXT), size))
    assert TEXT.startswith(shown)
    assert tokens(shown) == cut.tokens == 4
    assert cut.finish == "length"
    assert cut.feed("\n\nSources:", counted=False) == "\n\nSources:"


def test_a_stop_sequence_may_stand_across_the_texts_end() -> None:
    cut = Cut(["\n\n"])
    assert cut.feed("One.\n") + cut.feed("\nSources:", counted=False) + cut.end() == "One."
