"""The experts' inbox: what waits, for whom, in which order, and what makes it go."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from jitl.principals import Role
from tests.faces.conftest import Live, serve

PAGE = "# Magnet\n\nThe superconducting solenoid of the spectrometer provides a field of 0.9 tesla.\n"
FIELD = "What field does the superconducting solenoid of the spectrometer provide?"
LOST = "Who keeps the keys of the laser hut?"
LOST_AGAIN = "Who is keeping the keys of the laser hut?"
LOST_2 = "Who keeps the keys of laser hut 2?"


@pytest.fixture
def live(tmp_path) -> Iterator[Live]:
    with serve(tmp_path) as live:
        for name in ("bes", "cage"):
            live.collection(name)
        live.upload(live.admin, "bes", {"magnet.md": PAGE})
        yield live


def ask(client: httpx.Client, question: str, *collections: str, thumb: str = "") -> str:
    answer = client.post("/v1/ask", json={"question": question, "collections": collections or ("bes",)}).json()["id"]
    if thumb:
        client.post("/v1/feedback", json={"answer": answer, "vote": thumb, "reason": f"It is {thumb}."})
    return answer


def inbox(client: httpx.Client, **params) -> list[dict]:
    reply = client.get("/v1/inbox", params=params)
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]


def test_alike_questions_stand_together_the_most_asked_first(live: Live) -> None:
    alice, erika = live.person("alice", bes="read"), live.person("erika", Role.EXPERT, bes="teach")
    ask(alice, FIELD)
    ask(alice, FIELD, thumb="up")
    assert inbox(erika) == []
    down = ask(alice, FIELD.upper(), thumb="down")
    lost = [ask(alice, question) for question in (LOST, LOST, LOST_AGAIN, LOST.lower())]
    number = ask(alice, LOST_2)
    first, second, third = inbox(erika)
    assert (first["question"], first["asked"], first["unanswered"], first["disliked"]) == (LOST.lower(), 4, 4, 0)
    assert first["wordings"] == [LOST.lower(), LOST_AGAIN]
    assert first["answers"] == lost[::-1]
    assert (second["asked"], second["disliked"], second["answers"], second["reasons"]) == (3, 1, [down], ["It is down."])
    assert third["answers"] == [number]
    assert len(inbox(erika, limit=1)) == 1
    assert erika.get(f"/v1/answers/{down}").json()["question"] == FIELD.upper()


def test_it_goes_when_a_correction_answers_it_and_comes_back_with_its_withdrawal(live: Live) -> None:
    alice, erika = live.person("alice", bes="read"), live.person("erika", Role.EXPERT, bes="teach")
    ask(alice, LOST)
    ask(alice, LOST_AGAIN)
    assert [item["wordings"] for item in inbox(erika)] == [[LOST, LOST_AGAIN]]
    proposed = alice.post("/v1/corrections", json={"question": LOST, "answer": "Ada does.", "collection": "bes"}).json()
    assert proposed["status"] == "proposed"
    assert len(inbox(erika)) == 1
    erika.post(f"/v1/corrections/{proposed['id']}/review", json={"verdict": "approve"})
    assert inbox(erika) == []
    erika.delete(f"/v1/corrections/{proposed['id']}")
    assert len(inbox(erika)) == 1


def test_a_corrected_answer_that_is_disliked_waits_until_the_correction_changes(live: Live) -> None:
    alice, erika = live.person("alice", bes="read"), live.person("erika", Role.EXPERT, bes="teach")
    taught = erika.post("/v1/corrections", json={"question": LOST, "answer": "Ada does.", "collection": "bes"}).json()["id"]
    ask(alice, LOST, thumb="down")
    assert [item["question"] for item in inbox(erika)] == [LOST]
    assert erika.patch(f"/v1/corrections/{taught}", json={"answer": "Ada and Bo do."}).status_code == 200
    assert inbox(erika) == []


def test_what_is_dismissed_is_seen_no_more_by_those_experts(live: Live) -> None:
    alice = live.person("alice", bes="read", cage="read")
    erika, zoe = live.person("erika", Role.EXPERT, bes="teach", cage="read"), live.person("zoe", Role.EXPERT, cage="teach", bes="read")
    ask(alice, LOST, "bes", "cage")
    ask(alice, LOST_AGAIN, "bes", "cage")
    (item,) = inbox(erika)
    assert erika.post(f"/v1/inbox/{item['id']}/dismiss").json() == {"id": item["id"], "dismissed": True}
    assert inbox(erika) == []
    ask(alice, LOST, "bes")
    assert inbox(erika) == []
    assert erika.post(f"/v1/inbox/{item['id']}/dismiss").status_code == 404
    assert [item["asked"] for item in inbox(zoe)] == [2]


def test_only_experts_see_it_and_only_what_they_may_read_in_full(live: Live) -> None:
    alice = live.person("alice", bes="read", cage="read")
    both, mine, hidden = ask(alice, LOST, "bes", "cage"), ask(alice, LOST_2, "bes"), ask(alice, FIELD, "bes", thumb="down")
    silent = live.person("sam", rights=("no_logging",), bes="read")
    ask(silent, "Where is the secret of sam kept?", "bes")
    assert alice.get("/v1/inbox").status_code == 403
    assert alice.post("/v1/inbox/x/dismiss").status_code == 403
    erika = live.person("erika", Role.EXPERT, bes="teach")
    assert {item["question"] for item in inbox(erika)} == {LOST_2, FIELD}
    assert erika.get(f"/v1/answers/{mine}").status_code == 200
    assert erika.get(f"/v1/answers/{hidden}").status_code == 200
    assert erika.get(f"/v1/answers/{both}").status_code == 404
    assert erika.post("/v1/feedback", json={"answer": mine, "vote": "up"}).status_code == 404  # it was not given to her
    assert erika.get(f"/v1/answers/{ask(alice, FIELD, 'bes')}").status_code == 404  # nobody dislikes it
    assert erika.get("/v1/inbox", params={"collection": "cage"}).status_code == 404
    assert inbox(live.person("pia", Role.EXPERT, bes="read", cage="read")) == []
    assert len(inbox(live.admin)) == 3
    assert {item["question"] for item in inbox(live.admin, collection="cage")} == {LOST}
