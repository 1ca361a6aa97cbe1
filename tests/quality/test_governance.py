"""Who may change answers, and how completely it is taken back: on the pages of our own, and on ten thousand corrections."""

from __future__ import annotations

import json
import random
import re
from copy import copy
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from feedback.revert import Reverts
from feedback.teaching import Line, Teaching, WrongQuote
from jitl.principals import Principal, Right, Role
from jitl.sql.engine import Database
from jitl.sql.tables import correction_events, correction_texts, correction_versions, corrections, supersessions
from tests.classroom import Classroom, WordsEncoder, person
from tests.data import evaluation
from tests.quality.conftest import FALSEHOODS, House

pytestmark = [pytest.mark.quality, pytest.mark.timeout(900)]

LABEL = re.compile(r"^Proposed by .*, not reviewed yet: |提议（尚未审核）")
SIZE, PROBES = 10_000, 1_000


def asked() -> list[str]:
    return [one[name] for one in FALSEHOODS for name in ("question", "bystander")]


def expert(name: str, house: House) -> Principal:
    return person(name, {Role.EXPERT}, {house.collection: Right.TEACH})


def original(answer: dict) -> tuple[object, ...]:
    """An answer without what is merely proposed beside it, labelled."""
    shown = [one for one in answer["sources"] if one["kind"] == "passage"]
    said = [paragraph for paragraph in answer["answer"].split("\n\n") if not LABEL.search(paragraph)]
    return (
        "\n\n".join(said),
        answer["grounded"],
        answer["correction"],
        [(one["document"], one["quote"], one.get("superseded_by")) for one in shown],
    )


def test_an_unreviewed_correction_changes_no_answer(house: House) -> None:
    before = [house.ask(question) for question in asked()]
    assert len(before) == 200
    reader = person("reader", set(), {house.collection: Right.READ})
    disputed = []
    for n, one in enumerate(FALSEHOODS):
        said = Teaching(
            one["question"], one["answer"], paraphrases=(one["paraphrase"],), supersedes=(WrongQuote(one["wrong"], one["document"]),)
        )
        if n % 2:
            house.container.ledger.teach(said, reader, house.collection)
            continue
        disputed.append(house.container.ledger.teach(said, expert("eva", house), house.collection).id)
        house.container.ledger.review(disputed[-1], expert("ron", house), "dispute")
    after = [house.ask(question) for question in asked()]
    shown = sum(bool(answer["evidence_corrections"]) for answer in after)
    changed = [one["question"] for one, other in zip(before, after, strict=True) if original(one) != original(other)]
    print(f"changed {len(changed)} of {len(after)}; {shown} show what was proposed beside them")
    assert changed == []
    assert shown >= 90, "they are visible"
    hits = [house.search(question) for question in asked()]
    assert not any(hit["kind"] == "correction" or "superseded_by" in hit for found in hits for hit in found)


def test_reverting_an_author_restores_every_probe(house: House) -> None:
    before = [(house.ask(question), house.search(question)) for question in asked()]
    mallory, eva = expert("mallory", house), expert("eva", house)
    other = Teaching("What does the acronym WYSIWYG stand for?", "What you see is what you get.")
    kept = house.container.ledger.teach(other, eva, house.collection)
    base = [(house.ask(question), house.search(question)) for question in asked()]
    assert base == before
    for one in FALSEHOODS:
        said = Teaching(one["question"], "42", paraphrases=(one["bystander"],), supersedes=(WrongQuote(one["wrong"], one["document"]),))
        house.container.ledger.teach(said, mallory, house.collection)
    assert sum(house.ask(question)["answer"].startswith("42") for question in asked()) >= 190
    assert Reverts(house.container.db).revert(eva, author="mallory").retracted == 100
    assert [(house.ask(question), house.search(question)) for question in asked()] == before
    assert house.container.ledger.show(kept.id, eva).status == "approved"


# --- undo among ten thousand


class Words(WordsEncoder):
    """As wide as the real one, and quick: its vectors are real numbers like any, which is what counts here."""

    dimension = 384

    def __init__(self) -> None:
        super().__init__()
        self._ways: dict[str, np.ndarray] = {}

    def embed_question(self, text: str) -> np.ndarray:
        words = text.lower().replace("?", " ").split()
        for word in words:
            if word not in self._ways:
                self._ways[word] = np.random.default_rng(crc32(word.encode())).normal(size=self.dimension)
        total = np.sum([self._ways[word] for word in words], axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


def decided(room: Classroom, probes: list[str]) -> list[object]:
    """Everything that the corrections say, every bit of every number."""
    found = [room.corrections.consult(room.query(probe)) for probe in probes]
    return [
        (each.answer, each.evidence, [(one.correction.id, one.same.hex(), one.dependent.hex(), one.strength) for one in each.candidates])
        for each in found
    ]


def never_taught(room: Classroom, gone: list[str], file: Path) -> Classroom:
    """A ledger of its own that holds the others alone, under the same ids."""
    room.db.snapshot(file)
    database = Database(f"sqlite:///{file}")
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        with database.write() as connection:
            for table in (correction_texts, supersessions, correction_versions, correction_events):
                connection.execute(table.delete().where(table.c.correction_id.in_(some)))
            connection.execute(corrections.delete().where(corrections.c.id.in_(some)))
    other = copy(room)
    other.db = database
    other.corrections = other.replica()
    return other


def test_undo_in_any_order_among_ten_thousand(sqlite_database: Database, tmp_path: Path) -> None:
    """1 %, 10 % and 50 % retracted out of order: every probe is decided as by a ledger that never held them."""
    with evaluation("edit_counterfact", "edits.jsonl").open(encoding="utf-8") as file:
        edits = [json.loads(line) for line in file][:SIZE]
    assert len(edits) == SIZE
    room = Classroom(sqlite_database, encoder=Words())
    lines = [
        Line(None, Teaching(f"{edit['prompt']} ({n})" if n % 50 == 0 else edit["prompt"], edit["target_new"]))
        for n, edit in enumerate(edits)
    ]
    ids = [outcome.receipt.id for outcome in room.ledger.teach_many(lines, room.eva, room.collection)]
    some = random.Random(5)
    near = [text for edit in edits for text in (*edit["paraphrases"], *(one["prompt"] for one in edit["locality"]), edit["prompt"])]
    probes = some.sample(near, PROBES)
    order = some.sample(ids, SIZE // 2)
    full = decided(room, probes)
    done = 0
    for share in (0.01, 0.1, 0.5):
        gone = order[: int(share * SIZE)]
        for correction in gone[done:]:
            room.ledger.retract(correction, room.ron)
        done = len(gone)
        other = never_taught(room, gone, tmp_path / f"without-{done}.db")
        now, expected = decided(room, probes), decided(other, probes)
        assert decided(room_again(room), probes[:100]) == expected[:100], "and so says a process that starts anew"
        moved = sum(one != before for one, before in zip(now, full, strict=True))
        same = sum(one == never for one, never in zip(now, expected, strict=True))
        print(f"{share:.0%} undone: {same} of {PROBES} as if never taught; {moved} had changed")
        assert now == expected
        other.db.close()


def room_again(room: Classroom) -> Classroom:
    other = copy(room)
    other.corrections = other.replica()
    return other
