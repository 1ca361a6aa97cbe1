"""Statements of a model keep only the citations that their sources support."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitl.adapters.sparse import HepTerms
from jitl.citations import CitationCheck, numbers, statements

SOURCES = {
    1: "The drift chamber holds 43 sense wire layers and runs with a helium based gas mixture.",
    2: "The superconducting solenoid provides a field of 1 T.",
    3: "漂移室共有43层信号丝，使用氦基混合气体。",
}


@pytest.fixture
def check():
    return CitationCheck(HepTerms(), SOURCES)


def test_a_supported_citation_stays(check):
    assert check.check("The drift chamber has 43 wire layers [1].") == "The drift chamber has 43 wire layers. [1]"
    assert (check.tally.kept, check.tally.dropped, check.tally.left_out) == (1, 0, 0)


def test_a_citation_of_a_source_that_does_not_exist_is_dropped_and_the_right_one_named(check):
    assert check.check("The solenoid provides a field of 1 T [7].") == "The solenoid provides a field of 1 T. [2]"
    assert check.tally.dropped == 1


def test_a_citation_of_the_wrong_source_is_replaced(check):
    assert check.check("The superconducting solenoid provides 1 T. [1]").endswith("[2]")
    assert check.tally.dropped == 1


def test_a_number_that_no_source_holds_is_no_supported_statement(check):
    assert check.check("The drift chamber has 50 sense wire layers. [1]") == ""
    assert check.tally.left_out == 1


def test_a_statement_without_support_is_left_out(check):
    assert check.check("The muon system was built in Protvino by students.") == ""
    assert check.tally.left_out == 1


def test_a_translation_may_cite_by_its_numbers(check):
    assert check.check("漂移室有43层信号丝[1]。").endswith("[1]")
    assert check.check("漂移室有50层信号丝[1]。") == ""


def test_headings_lists_and_code_pass(check):
    assert check.check("**Summary**\n") == "**Summary**\n"
    code = "```cpp\nint layers = 50;\n```\n"
    assert check.check(code) == code
    assert check.check("1. The drift chamber has 43 wire layers [1]").startswith("1. The drift chamber")


def test_numbers_reads_the_ways_in_which_models_cite():
    assert numbers("a [1][2], b [3, 4] and 【5】 c [source 6] d [J/psi] e[2024 run]") == [1, 2, 3, 4, 5, 6]


def test_a_statement_waits_for_the_citation_behind_its_stop():
    assert list(statements(["It is 1 T.", " [2", "] It is cold", ". [1]"])) == ["It is 1 T. [2]", " It is cold. [1]"]
    assert list(statements(["磁场为1 T。", "[2]很冷。[1]"])) == ["磁场为1 T。[2]", "很冷。[1]"]


def test_a_code_block_is_one_statement():
    block = "```\na = 1. \nb = 2.\n```\n"
    assert list(statements([*("Run this:\n" + block + "Then wait.")])) == ["Run this:", "\n" + block.rstrip("\n"), "\nThen wait."]


@given(st.lists(st.text(alphabet="ab .!。[1]2\n`", max_size=12), max_size=12))
def test_cutting_loses_and_adds_nothing(pieces):
    assert "".join(statements(pieces)) == "".join(pieces)


@given(st.lists(st.text(alphabet="ab .!。[1]2\n`", max_size=12), max_size=12))
def test_where_pieces_end_changes_no_statement(pieces):
    whole = "".join(pieces)
    assert list(statements(pieces)) == list(statements(list(whole)))
