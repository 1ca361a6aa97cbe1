"""Exports: every row is traced to the events and answers it rests on, and nothing is in them that must not leave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
import sqlalchemy as sa

from jitl.principals import Role
from jitl.sql.tables import answers, correction_events, correction_texts, keys
from tests.faces.conftest import Live, serve

CANARY = re.compile("canary", re.IGNORECASE)
FORMS = ("sft", "dpo", "retrieval", "qa")
PAGES = {
    "magnet.md": "# Magnet\n\nThe superconducting solenoid of the spectrometer provides a field of 0.9 tesla.\n",
    "chamber.md": "# Drift chamber\n\nThe drift chamber has 43 layers of sense wires.\n",
    "yoke.md": "# Yoke\n\nThe yoke of the spectrometer consists of iron plates. The spectrometer weighs 700 tonnes.\n",
    "gone.md": "# Old pump\n\nThe old vacuum pump of the beam pipe is called canary-pump.\n",
    "edited.md": "# Cooling\n\nThe cooling plant of the magnet hall is named canary-cooler.\n",
}
FIELD = "What field does the superconducting solenoid of the spectrometer provide?"
OTHER_WORDS = "How strong is the superconducting solenoid?"
LAYERS = "How many layers of sense wires does the drift chamber have?"
WRONG = "The superconducting solenoid of the spectrometer provides a field of 0.9 tesla."


def ask(client: httpx.Client, question: str, *collections: str, thumb: str = "") -> dict:
    answer = client.post("/v1/ask", json={"question": question, **({"collections": collections} if collections else {})}).json()
    if thumb:
        assert client.post("/v1/feedback", json={"answer": answer["id"], "vote": thumb, "reason": "canary reason"}).status_code == 201
    return answer


def teach(client: httpx.Client, question: str, answer: str, collection: str = "bes", **more) -> str:
    reply = client.post("/v1/corrections", json={"question": question, "answer": answer, "collection": collection, **more})
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


@pytest.fixture(scope="module")
def used(tmp_path_factory) -> Iterator[tuple[Live, dict[str, str]]]:
    """A service that was used well, and in every way that must not show: `canary` stands in all that."""
    with serve(tmp_path_factory.mktemp("data")) as live:
        for name in ("bes", "cage"):
            live.collection(name)
        admin = live.admin
        live.upload(admin, "bes", PAGES)
        live.upload(admin, "cage", {"canary.md": "# Canary\n\nThe watchword of the muon system is canary-4711.\n"})
        erika, alice = live.person("erika", Role.EXPERT, bes="teach"), live.person("alice", bes="read")
        proposal = teach(alice, FIELD, "canary-tesla")
        assert "canary" in ask(alice, FIELD, thumb="down")["answer"]  # shown beside, labelled
        assert alice.delete(f"/v1/corrections/{proposal}").status_code == 204
        insider = live.person("insider", Role.EXPERT, cage="teach", bes="teach")
        ask(insider, FIELD, "bes", "cage", thumb="down")
        made = {"wrong": ask(alice, FIELD, thumb="down")["id"], "liked": ask(alice, LAYERS, thumb="up")["id"]}
        assert "43 layers" in ask(alice, LAYERS)["answer"]
        marked = [{"document": "magnet.md", "quote": WRONG}]
        made["lesson"] = teach(erika, FIELD, "It provides 1.0 tesla.", paraphrases=[OTHER_WORDS], supersedes=marked)
        for _ in range(6):  # what was said before it was corrected is not forgotten for what was said since
            ask(alice, FIELD)
        made["fired"] = ask(alice, FIELD, thumb="up")["id"]
        made["confirmed"] = teach(erika, "Who runs the spectrometer?", "The spectrometer group.", confirmed=True)
        made["release"] = teach(erika, "Which cable is used?", "Cable 3.", release="7.1")
        # what must not show
        bob = live.person("bob", Role.EXPERT, rights=("no_logging",), bes="teach")
        ask(bob, "Is canary-bob a name of the solenoid?")
        teach(bob, "What did canary-bob teach?", "canary-words")
        amended = teach(erika, "What is the voltage of the chamber?", "2200 V")
        bob.patch(f"/v1/corrections/{amended}", json={"answer": "canary volts"})
        ask(insider, "What is the watchword of the muon system?", thumb="up")
        teach(insider, "What is the watchword of the muon system?", "canary-0815", "cage")
        teach(alice, "Which pump is used now?", "canary-proposed")
        erika.delete(f"/v1/corrections/{teach(erika, 'Which valve is used?', 'canary-retracted')}")
        teach(erika, "Which gas was used?", "canary-before")
        teach(erika, "Which gas was used?", "Helium.")
        teach(erika, "Which year is it?", "canary-year", valid_to="2020-01-01")
        erased = teach(erika, "Which crate is it?", "canary-crate")
        ask(alice, "Which crate is it?", thumb="up")
        with live.container.db.write() as connection:
            connection.execute(sa.delete(correction_texts).where(correction_texts.c.correction_id == erased))
        for question in ("What is the old vacuum pump of the beam pipe called?", "What is the cooling plant of the magnet hall named?"):
            assert "canary" in ask(alice, question, thumb="up")["answer"]
        assert admin.delete("/v1/collections/bes/documents/gone.md").status_code == 204
        live.upload(admin, "bes", {"edited.md": "# Cooling\n\nThe cooling plant of the magnet hall has a name.\n"})
        yield live, made


def export(client: httpx.Client, form: str, **params) -> list[dict]:
    reply = client.get(f"/v1/exports/{form}", params=params)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in reply.text.splitlines()]


def erika(live: Live) -> httpx.Client:
    return live.person("erika", Role.EXPERT, bes="teach")


@pytest.mark.parametrize("form", FORMS)
def test_every_row_is_traced_and_none_holds_what_must_not_leave(used: tuple[Live, dict[str, str]], form: str) -> None:
    live, _ = used
    rows = export(erika(live), form)
    assert rows
    assert rows == export(erika(live), form)
    assert not CANARY.search(json.dumps(rows))
    with live.container.db.read() as connection:
        events = {row.seq: row for row in connection.execute(sa.select(correction_events))}
        kept = {row.id: row for row in connection.execute(sa.select(answers))}
        silent = {row.principal_id for row in connection.execute(sa.select(keys)) if "no_logging" in row.rights}
    bes = live.collection("bes")
    for row in rows:
        rests = row["provenance"]
        assert rests["corrections"] or rests["answers"]
        assert {events[seq].correction_id for seq in rests["events"]} == set(rests["corrections"])
        assert not {events[seq].principal_id for seq in rests["events"]} & silent
        assert all(kept[id_].principal_id not in silent and kept[id_].collections == [bes] for id_ in rests["answers"])


def test_chats_hold_question_sources_and_answer(used: tuple[Live, dict[str, str]]) -> None:
    live, made = used
    rows = export(erika(live), "sft")
    mine = [row for row in rows if row["provenance"]["corrections"] == [made["lesson"]]]
    assert [row["messages"][1]["content"].rpartition("Question: ")[2].splitlines()[0] for row in mine] == [FIELD, OTHER_WORDS]
    assert [message["role"] for message in mine[0]["messages"]] == ["system", "user", "assistant"]
    assert "1.0 tesla" in mine[0]["messages"][1]["content"]
    assert mine[0]["messages"][2]["content"] == "It provides 1.0 tesla. [1]"
    assert mine[0]["provenance"]["answers"] == [made["fired"]]
    (liked,) = [row for row in rows if row["provenance"]["answers"] == [made["liked"]]]
    assert "43 layers" in liked["messages"][1]["content"]
    assert "43 layers" in liked["messages"][2]["content"]
    assert [row["provenance"]["corrections"] for row in rows][-1] == []
    assert not any("erika" in json.dumps(row) for row in rows)


def test_the_correction_is_preferred_to_the_answer_that_it_corrected(used: tuple[Live, dict[str, str]]) -> None:
    live, made = used
    (row,) = export(erika(live), "dpo")
    assert (row["prompt"], row["chosen"]) == (FIELD, "It provides 1.0 tesla.")
    assert "0.9 tesla" in row["rejected"]
    assert "[1]" not in row["rejected"]
    assert row["provenance"] == {"corrections": [made["lesson"]], "events": row["provenance"]["events"], "answers": [made["wrong"]]}


def test_retrieval_has_superseded_passages_as_hard_negatives(used: tuple[Live, dict[str, str]]) -> None:
    live, made = used
    rows = export(erika(live), "retrieval")
    mine = [row for row in rows if row["provenance"]["corrections"] == [made["lesson"]]]
    assert [row["question"] for row in mine] == [FIELD, OTHER_WORDS]
    assert mine[0]["negatives"][0]["document"] == "magnet.md"
    assert mine[0]["positives"][0] == {"kind": "correction", "correction": made["lesson"], "text": f"{FIELD} It provides 1.0 tesla."}
    (liked,) = [row for row in rows if row["provenance"]["answers"] == [made["liked"]]]
    assert "chamber.md" in [one["document"] for one in liked["positives"]]
    assert liked["negatives"] == []


def test_questions_and_answers_have_their_limits(used: tuple[Live, dict[str, str]]) -> None:
    live, _ = used
    rows = {row["question"]: row for row in export(erika(live), "qa")}
    assert (rows[FIELD]["kind"], rows[FIELD]["paraphrases"]) == ("corrected", [OTHER_WORDS])
    assert rows["Who runs the spectrometer?"]["kind"] == "confirmed"
    assert rows["Which cable is used?"]["release"] == "7.1"
    assert rows["Which gas was used?"]["answer"] == "Helium."
    assert rows[LAYERS]["kind"] == "liked"
    assert set(rows) == {FIELD, "Who runs the spectrometer?", "Which cable is used?", "Which gas was used?", LAYERS}


def test_only_experts_export_and_only_what_they_may_teach(used: tuple[Live, dict[str, str]]) -> None:
    live, _ = used
    assert live.person("alice", bes="read").get("/v1/exports/qa").status_code == 403
    assert erika(live).get("/v1/exports/qa", params={"collection": "cage"}).status_code == 404
    assert live.person("pia", Role.EXPERT, bes="read").get("/v1/exports/qa", params={"collection": "bes"}).status_code == 403
    assert export(live.person("pia", Role.EXPERT, bes="read"), "qa") == []
    assert erika(live).get("/v1/exports/csv").status_code == 422
    cage = export(live.person("insider", Role.EXPERT, cage="teach", bes="teach"), "qa", collection="cage")
    assert [row["answer"] for row in cage] == ["canary-0815"]
    assert CANARY.search(json.dumps(export(live.admin, "qa")))


def test_a_key_that_keeps_nothing_casts_no_vote(used: tuple[Live, dict[str, str]]) -> None:
    live, _ = used
    given = ask(live.person("max", bes="read"), LAYERS)["id"]
    silent = live.person("max", rights=("no_logging",), bes="read")
    assert silent.post("/v1/feedback", json={"answer": given, "vote": "down"}).status_code == 403
    assert live.container.answers.votes(given) == []
    never_kept = ask(silent, LAYERS)["id"]
    assert silent.get(f"/v1/answers/{never_kept}").status_code == 404
