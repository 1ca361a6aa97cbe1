"""How an answer's text ends for clients that show nothing but text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from api import trailer
from jitl.principals import Principal
from jitl.types import Answer, Candidate, CorrectionState, Route, Source, Strength

PAGE = Source(1, "passage", "Helium is mixed in.", "Drift chamber", "page 3, Gas", "dc.pdf", "d-1", "c-1", "col")
WIKI = Source(2, "passage", "Helium.", "", "", "https://wiki.example/Gas", "d-2", "c-2", "col")
TAUGHT = CorrectionState(
    "k-1", 1, "col", "Which gas?", "Helium.", None, None, (), "eva", "id-eva", datetime(2026, 3, 4, tzinfo=UTC), "approved"
)
WORD = Source(3, "correction", "Helium.", "eva, 2026-03-04", "", collection_id="col", correction="k-1")


def answer(*sources: Source, question: str = "Which gas does the chamber hold?", **more: object) -> Answer:
    return Answer("a-1", question, "Helium. [1]", grounded=True, route=Route("hep", 0.9), sources=tuple(sources), **more)


def test_sources_are_numbered_with_title_place_and_link() -> None:
    text = trailer.trailer(answer(PAGE, WIKI), "http://here:1/", kept=True)
    assert text == (
        "\n\nSources:\n"
        "- [1] Drift chamber, page 3, Gas <http://here:1/v1/documents/d-1/source?chunk=c-1>\n"
        "- [2] https://wiki.example/Gas <https://wiki.example/Gas>\n"
        "\nThis answer: <http://here:1/a/a-1>"
    )


def test_who_corrected_it_and_when() -> None:
    fired = Candidate(TAUGHT, 0.9, 0.05, Strength.SAME)
    text = trailer.trailer(answer(WORD, correction=fired), "http://here", kept=True)
    assert "- [3] Corrected by eva, 2026-03-04 <http://here/v1/corrections/k-1>" in text
    beside = trailer.trailer(answer(PAGE, replace(WORD, title="ron, 2026-01-02 (proposed)")), "http://here", kept=True)
    assert "[3] Correction by ron, 2026-01-02 (proposed)" in beside


def test_in_the_language_of_the_question() -> None:
    struck = replace(PAGE, superseded_by="k-1")
    text = trailer.trailer(answer(struck, question="漂移室里是什么气体？"), "http://here", kept=True)
    assert "来源：\n- [1] （已被取代）Drift chamber" in text
    assert "本回答：<http://here/a/a-1>" in text


def test_nothing_is_linked_that_is_not_kept() -> None:
    assert "/a/" not in trailer.trailer(answer(PAGE), "http://here", kept=False)
    assert trailer.trailer(answer(), "http://here", kept=False) == ""


def test_a_title_is_no_markup() -> None:
    evil = replace(PAGE, title="A\n\n![x](http://evil.example/?q) <b> `code`", location="")
    line = trailer.trailer(answer(evil), "http://here", kept=False).splitlines()[-1]
    assert "![" not in line
    assert "](" not in line
    assert line.count("<") == 1
    assert line.startswith("- [1] A ! [x] (http://evil.example/?q)")


def test_a_key_turns_it_off() -> None:
    assert trailer.wanted(Principal("p", "p", frozenset(), {}))
    assert not trailer.wanted(Principal("p", "p", frozenset(), {}, key_rights=frozenset({"plain_answers"})))
