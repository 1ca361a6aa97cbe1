"""What a correction states of names, by its own sentence or by its question and a short answer."""

from __future__ import annotations

import pytest

from graph.keys import key
from graph.taught import MOST, READ, TaughtReader

STATED = [
    (("Where is it?", "Up", None, "Aurora is located in Kestrel Valley."), ("aurora", "is located in", "kestrel valley")),
    (("Who leads the Aurora Project?", "Jan Moen leads the Aurora Project.", None, None), ("jan moen", "leads", "aurora project")),
    (("Who leads the Aurora Project?", "Jan Moen since 2024.", None, None), ("jan moen", "leads", "aurora project")),
    (("Who is the convener of the tracking group?", "Ada Berg", None, None), ("tracking group", "convener", "ada berg")),
    (("What is the capital of Ruritania?", "Strelsau.", None, None), ("ruritania", "capital", "strelsau")),
    (("How many layers has the drift chamber?", "43", "drift chamber", None), ("drift chamber", "layers", "43")),
    (("Where was the Comet Counter built?", "Dale Hall", None, None), ("comet counter", "was built in", "dale hall")),
    (("灯笼阵列的负责人是谁？", "李明", None, None), ("灯笼阵列", "负责人", "李明")),
    (("灯笼阵列位于哪里？", "大理", None, None), ("灯笼阵列", "位于", "大理")),
]  # fmt: skip
DOUBTFUL = [
    ("Is the detector on?", "yes", None, None),
    ("Should I reboot it?", "No, wait for the shift leader first.", "the server", None),
    ("Why does the fit fail?", "The starting values are too far away, so the minimiser stops.", None, None),
    ("How do I log in?", "Use your account; ask the office if it is locked.", None, None),
    ("x", "y", None, None),
    ("", "", "", ""),
]


@pytest.mark.parametrize(("said", "stated"), STATED)
def test_what_is_stated(said: tuple[str, str, str | None, str | None], stated: tuple[str, str, str]) -> None:
    (one,) = TaughtReader().read(*said)
    assert (one.subject, one.relation, one.object) == stated
    assert (key(one.subject), key(one.object)) == (one.subject, one.object), "keys of the documents' graph"


@pytest.mark.parametrize("said", DOUBTFUL)
def test_what_leaves_doubt_states_nothing(said: tuple[str, str, str | None, str | None]) -> None:
    assert TaughtReader().read(*said) == []


def test_long_texts_are_read_in_part() -> None:
    many = " ".join(f"The detector number {number}A is located in Hall {number}B." for number in range(500))
    found = TaughtReader().read("Where?", many, None, None)
    assert len(found) == MOST
    late = " " * READ + "The Aurora detector is located in Kestrel Valley."
    assert TaughtReader().read("Where?", late, None, None) == []
