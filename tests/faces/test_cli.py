"""The command line beside a running server: results on stdout, words on stderr, exit codes, one line out a line in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer
from typer.testing import CliRunner

from api.cli.main import app
from api.client import Client
from api.holder import FolderTransport
from graph.communities import installed
from jitl.errors import Unauthenticated
from tests.terminal import Terminal

QUESTION = "How many crystals does the calorimeter of the Aurora detector have?"
TEXTS = {
    "calorimeter.md": "# Aurora calorimeter\n\nThe calorimeter of the Aurora detector has 6240 crystals of caesium iodide.\n",
    "release.txt": "The recommended software release for Aurora data of 2024 is 7.1.2. Older releases lack the new constants.\n",
    "magnet.md": "# Magnet\n\nThe solenoid of Aurora gives a field of one tesla. It is cooled with liquid helium.\n",
}


@dataclass(frozen=True)
class Stage:
    """A served folder with a collection, a job, a correction and a key in it."""

    jitl: Terminal
    client: Client
    server: dict[str, Any]
    files: Path
    job: str

    def lines(self, *values: dict[str, Any] | str) -> Path:
        path = self.files.parent / f"{uuid4()}.jsonl"
        path.write_text("".join((value if isinstance(value, str) else json.dumps(value)) + "\n" for value in values))
        return path

    def correction(self, answer: str = "6241 since the repair.") -> str:
        return self.client.teach({"question": f"What is {uuid4()}?", "answer": answer}, collection="aurora")["id"]

    def waiting(self) -> str:
        """A line of the inbox."""
        question = f"Which {uuid4()} is it?"
        self.client.ask(question, collections=["aurora"])
        found = self.client.call("GET", "/v1/inbox", params={"limit": 1000})["items"]
        return str(next(item["id"] for item in found if item["question"] == question))

    def key(self) -> str:
        return self.client.create_key(f"person-{uuid4()}")["id"]

    def collection(self) -> str:
        return self.client.create_collection(f"c-{uuid4()}")["name"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("cli")
    files = folder / "files"
    files.mkdir()
    for name, text in TEXTS.items():
        (files / name).write_text(text)
    jitl = Terminal(folder / "data")
    with jitl.serving() as server, Client(transport=FolderTransport(jitl.data)) as client:
        job = jitl.json("ingest", files, "--collection", "aurora")[-1]["job"]
        yield Stage(jitl, client, server, files, job)


EXAMPLES: dict[str, Callable[[Stage], list[object]]] = {
    "serve": lambda s: [],  # the stage itself is one
    "ingest": lambda s: [s.files, "-c", "aurora"],
    "search": lambda s: ["crystals", "-c", "aurora"],
    "ask": lambda s: [QUESTION, "-c", "aurora"],
    "route": lambda s: ["Write a loop in C++"],
    "teach": lambda s: ["--question", f"q {uuid4()}?", "--answer", "a", "-c", "aurora"],
    "retract": lambda s: [s.correction()],
    "feedback": lambda s: [s.client.ask(QUESTION, collections=["aurora"])["id"], "up", "--reason", "It helped."],
    "inbox": lambda s: [],
    "inbox list": lambda s: ["-c", "aurora", "--limit", 5],
    "inbox dismiss": lambda s: [s.waiting()],
    "replay": lambda s: ["-c", "aurora"],
    "fission": lambda s: ["-c", "aurora", "--topic", "crystals"],
    "corrections fit": lambda s: ["-c", "aurora", "--dry-run"],
    "export": lambda s: ["--format", "qa", "-c", "aurora"],
    "doctor": lambda s: [],
    "backup": lambda s: [s.files.parent / f"{uuid4()}.tgz"],
    "restore": lambda s: [s.lines("no backup")],
    "reindex": lambda s: [],
    "usage": lambda s: ["--since", "7d"],
    "usage cap": lambda s: ["collection", "aurora", "--tokens", 10**9],
    "corrections": lambda s: ["--since", "7d"],
    "corrections list": lambda s: ["--status", "approved"],
    "corrections show": lambda s: [s.correction()],
    "corrections amend": lambda s: [s.correction(), "--answer", "6242"],
    "corrections history": lambda s: [s.correction()],
    "corrections confirm": lambda s: [s.jitl.json("ask", "What field does the solenoid of Aurora give?", "-c", "aurora")[0]["id"]],
    "corrections review": lambda s: ["-c", "aurora"],
    "corrections mark": lambda s: [s.correction(), "--quote", f"The {uuid4()} of the detector is wrong."],
    "corrections revert": lambda s: ["--author", str(uuid4()), "--yes"],
    "corrections erase": lambda s: [s.correction(), "--yes"],
    "corrections approve": lambda s: [s.correction()],
    "corrections refuse": lambda s: [s.correction()],
    "collections": lambda s: [],
    "collections list": lambda s: [],
    "collections create": lambda s: [f"new-{uuid4()}"],
    "collections show": lambda s: ["aurora"],
    "collections source": lambda s: ["aurora", "files/magnet.md"],
    "collections delete": lambda s: [s.collection(), "--yes"],
    "collections delete-document": lambda s: ["aurora", "files/release.txt"],
    "jobs": lambda s: [],
    "jobs list": lambda s: ["--state", "done"],
    "jobs show": lambda s: [s.job],
    "jobs items": lambda s: [s.job],
    "jobs watch": lambda s: [s.job],
    "jobs cancel": lambda s: [s.job],
    "jobs retry": lambda s: [s.job],
    "graph": lambda s: [],
    "graph entities": lambda s: ["a", "-c", "aurora"],
    "graph neighbours": lambda s: ["Aurora"],
    "graph path": lambda s: ["Aurora", "solenoid"],
    "graph facts": lambda s: ["Aurora", "-c", "aurora"],
    "graph communities": lambda s: ["-c", "aurora"],
    "graph refresh": lambda s: ["-c", "aurora"],
    "graph extract": lambda s: ["-c", "aurora", "--estimate"],
    "graph export": lambda s: ["-o", s.files.parent / f"{uuid4()}.graphml"],
    "keys": lambda s: [],
    "keys list": lambda s: [],
    "keys create": lambda s: [f"who-{uuid4()}", "--role", "reader", "--grant", "aurora=read"],
    "keys revoke": lambda s: [s.key()],
    "mcp": lambda s: [],
    "sync": lambda s: [s.files, "-c", s.collection()],
    "worker": lambda s: ["--check"],  # there is none in this profile, which is said
    "collections duplicates": lambda s: ["aurora"],
    "collections pseudonymise": lambda s: [s.collection()],
}


def commands() -> set[str]:
    """Every command there is, groups that do something by themselves included."""
    found = set()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]  # a group
        found.add(name)
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return found


def test_every_command_is_tried() -> None:
    assert set(EXAMPLES) == commands()


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"serve"}))
def test_stdout_holds_json_alone(stage: Stage, name: str) -> None:
    ran = stage.jitl(*name.split(), *EXAMPLES[name](stage), "--json")
    assert all(isinstance(line, dict) for line in ran.lines), ran
    assert ran.lines or ran.code == 0
    assert "Traceback" not in ran.err
    if ran.code:
        assert "error" in ran.lines[-1], ran
    json.dumps(ran.lines)


WORDY = [
    "ingest",
    "search",
    "route",
    "teach",
    "retract",
    "doctor",
    "corrections show",
    "collections show",
    "jobs",
    "jobs show",
    "keys create",
]


@pytest.mark.parametrize("name", WORDY)
def test_people_get_words(stage: Stage, name: str) -> None:
    ran = stage.jitl.ok(*name.split(), *EXAMPLES[name](stage))
    assert ran.out.strip()
    assert not ran.out.startswith("{")


@pytest.mark.parametrize("name", sorted(commands()))
def test_help_tells_of_json(name: str) -> None:
    ran = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200"})
    assert ran.exit_code == 0
    assert "--json" in ran.output


def test_the_server_tells_its_address_and_one_key(stage: Stage) -> None:
    assert stage.server["url"] == f"http://127.0.0.1:{stage.server['port']}"
    assert stage.server["admin_key"].startswith("jitl_")
    assert Path(stage.server["socket"]).is_socket()


def test_a_second_server_is_refused(stage: Stage) -> None:
    ran = stage.jitl("serve", "--port", 0)
    assert (ran.code, ran.out) == (1, "")
    assert stage.server["url"] in ran.err


def test_a_taken_port_is_told(stage: Stage, tmp_path: Path) -> None:
    ran = Terminal(tmp_path)("serve", "--port", stage.server["port"])
    assert (ran.code, ran.out) == (1, "")
    assert f"Port {stage.server['port']} on 127.0.0.1 cannot be used" in ran.err
    assert "--port" in ran.err


def test_an_answer_and_its_sources(stage: Stage) -> None:
    [answer] = stage.jitl.json("ask", QUESTION, "--collection", "aurora")
    assert answer["grounded"] is True
    assert {"id", "answer", "grounded", "route", "sources", "correction", "evidence_corrections"} <= set(answer)
    assert "6240" in answer["answer"]
    assert answer["sources"][0]["document"] == "files/calorimeter.md"
    shown = stage.jitl.ok("ask", QUESTION, "--collection", "aurora").out
    assert "6240" in shown
    assert "[1] Aurora calorimeter (files/calorimeter.md" in shown


def test_a_batch_has_a_line_for_each_line_and_never_stops(stage: Stage) -> None:
    lines = stage.lines(
        {"id": "a", "question": QUESTION}, "no json", {"id": "b"}, {"id": 3, "question": ""}, "[]", {"id": "c", "question": "magnet"}
    )
    for verb in ("ask", "search", "route"):
        ran = stage.jitl(verb, "--batch", lines, "--json", *(() if verb == "route" else ("-c", "aurora")))
        assert ran.code == 1
        assert [line["id"] for line in ran.lines] == ["a", None, "b", 3, None, "c"]
        assert ["error" in line for line in ran.lines] == [False, True, True, True, True, False]
        assert [line.get("line") for line in ran.lines] == [None, 2, 3, 4, 5, None]
        assert "4 of 6 lines failed" in ran.err


def test_a_batch_of_hits_looks_as_promised(stage: Stage) -> None:
    asked = '{"id": "x", "question": "cooled with liquid helium"}\n'
    ran = stage.jitl.ok("search", "--batch", "-", "-c", "aurora", "-k", 2, "--json", stdin=asked)
    [line] = ran.lines
    assert line["id"] == "x"
    assert len(line["hits"]) == 2
    assert line["hits"][0]["document"] == "files/magnet.md"
    assert all({"document", "chunk", "kind"} <= set(hit) for hit in line["hits"])


def test_order_is_kept_over_many_lines(stage: Stage) -> None:
    lines = stage.lines(*({"id": n, "question": f"What is number {n}?"} for n in range(60)))
    assert [line["id"] for line in stage.jitl.json("route", "--batch", lines)] == list(range(60))


def test_who_writes_a_line_and_waits_gets_its_result(stage: Stage) -> None:
    for arguments, line in ((("route",), {"question": "q"}), (("teach", "-c", "coprocess"), {"question": "q", "answer": "a"})):
        process = stage.jitl.start(*arguments, "--batch", "-")
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(2):
            process.stdin.write(json.dumps({**line, "id": f"{uuid4()}-{number}"}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"].endswith(str(number))
        assert stage.jitl.end(process).code == 0


def test_teaching_changes_the_next_answer_and_retracting_gives_the_old_one_back(stage: Stage) -> None:
    name = f"c-{uuid4()}"
    stage.jitl.json("ingest", stage.files, "--collection", name)
    before = stage.jitl.json("ask", QUESTION, "-c", name)[0]
    [receipt] = stage.jitl.json("teach", "-c", name, "--question", QUESTION, "--answer", "It has 6239: one was lost.")
    fired = stage.jitl.json("ask", QUESTION, "-c", name)[0]
    assert (fired["correction"]["id"], fired["correction"]["strength"]) == (receipt["id"], "same")
    assert "6239" in fired["answer"]
    words = stage.jitl.ok("ask", QUESTION, "-c", name).out
    assert "Corrected by owner" in words
    assert receipt["id"] in words
    assert stage.jitl.json("retract", receipt["id"]) == [{"correction": receipt["id"], "status": "retracted"}]
    after = stage.jitl.json("ask", QUESTION, "-c", name)[0]
    same = {key: value for key, value in after.items() if key != "id"}
    assert same == {key: value for key, value in before.items() if key != "id"}


def test_a_batch_of_corrections(stage: Stage) -> None:
    name, run = f"c-{uuid4()}", uuid4()
    rows = [{"id": f"{run}/{n}", "question": f"What is item {n} of {run}?", "answer": f"It is {n}."} for n in range(5)]
    lines = stage.lines(*rows, "broken", {"id": f"{run}/x", "question": "no answer?"})
    ran = stage.jitl("teach", "--batch", lines, "-c", name, "--json")
    assert ran.code == 1
    assert [line["id"] for line in ran.lines] == [*(row["id"] for row in rows), None, f"{run}/x"]
    assert ["error" in line for line in ran.lines] == [False] * 5 + [True] * 2
    taught = ran.lines[:5]
    assert sorted(line["seq"] for line in taught) == [line["seq"] for line in taught]
    again = stage.jitl("teach", "--batch", lines, "-c", name, "--json").lines[:5]
    assert [line["correction"] for line in again] == [line["correction"] for line in taught]
    back = stage.jitl.json("retract", "--batch", stage.lines(*taught))
    assert [line["correction"] for line in back] == [line["correction"] for line in taught]
    assert all(line["status"] == "retracted" for line in back)


def test_unknown_collections_are_refused_by_questions_and_made_by_teaching(stage: Stage) -> None:
    for arguments in (("ask", "q"), ("search", "q"), ("collections", "show")):
        ran = stage.jitl(*arguments, *(("nowhere",) if arguments[0] == "collections" else ("-c", "nowhere")), "--json")
        assert ran.code == 1
        assert ran.lines[-1]["error"]["type"].endswith("not-found")
        assert "nowhere" in ran.err
    stage.jitl.json("teach", "--question", f"q {uuid4()}?", "--answer", "a")
    assert "default" in [line["name"] for line in stage.jitl.json("collections")]


def test_what_became_of_each_document(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nThis can be read well.\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    name = f"c-{uuid4()}"
    ran = stage.jitl("ingest", tmp_path, "-c", name, "--json")
    assert ran.code == 1
    *documents, summary = ran.lines
    outcome = {Path(line["uri"]).name: line["status"] for line in documents}
    assert outcome == {"good.md": "added", "empty.txt": "skipped", "bad.pdf": "failed"}
    assert all(line["reason"] for line in documents if line["status"] != "added")
    assert summary["state"] == "done"
    assert summary["counts"]["failed"] == 1
    words = stage.jitl("ingest", tmp_path, "-c", name)
    assert words.code == 1
    assert "bad.pdf: " in words.err
    assert "1 unchanged" in words.out


def test_records(stage: Stage, tmp_path: Path) -> None:
    records = stage.lines({"id": "r1", "title": "One", "text": "The beam pipe is made of beryllium."}, {"id": "r2", "text": "Muons pass."})
    name = f"c-{uuid4()}"
    stage.jitl.json("ingest", "--records", records, "--collection", name)
    [line] = stage.jitl.json("search", "beryllium beam pipe", "-c", name, "-k", 1)
    assert line["hits"][0]["document"] == "r1"


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "q", "--batch", "-"],
        ["ask", "--batch", "/no/such/file"],
        ["ingest"],
        ["ingest", "/no/such/file"],
        ["teach", "--question", "q"],
        ["retract"],
        ["search", "q", "-k", "0"],
        ["corrections", "--since", "yesterday"],
        ["keys", "create", "x", "--grant", "nothing"],
        ["nonsense"],
        ["collections", "delete", "aurora"],
    ],
    ids=" ".join,
)
def test_bad_usage(stage: Stage, arguments: list[str]) -> None:
    ran = stage.jitl(*arguments)
    assert (ran.code, ran.out) == (2, ""), ran
    assert ran.err.strip()
    assert "Traceback" not in ran.err


def test_chinese(stage: Stage) -> None:
    for given in ({"LANG": "zh_CN.UTF-8"}, {"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}):
        ran = stage.jitl("ask", "q", "-c", "nowhere", **given)
        assert "错误：" in ran.err
    assert "Error: " in stage.jitl("ask", "q", "-c", "nowhere", LANG="C").err


def test_a_document_cannot_steer_the_terminal(stage: Stage, tmp_path: Path) -> None:
    record = stage.lines(
        {"id": "evil", "title": "A\x1b]0;owned\x07", "text": "The zyzzyva \x1b[2J beetle \u202egnihton\u202c is a weevil."}
    )
    name = f"c-{uuid4()}"
    stage.jitl.json("ingest", "--records", record, "-c", name)
    shown = stage.jitl.ok("search", "zyzzyva beetle weevil", "-c", name).out
    assert "weevil" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_who_has_read_enough_ends_it_quietly(stage: Stage) -> None:
    lines = stage.lines(*({"id": n, "question": "x " * 500} for n in range(200)))
    process = stage.jitl.start("route", "--batch", lines)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "Exception" not in err


def test_interrupted(stage: Stage) -> None:
    process = stage.jitl.start("route", "--batch", "-")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write('{"id": 1, "question": "q"}\n')
    process.stdin.flush()
    process.stdout.readline()
    process.send_signal(2)
    ran = stage.jitl.end(process)
    assert ran.code == 130
    assert "Traceback" not in ran.err


def test_the_key_of_the_server_opens_rest(stage: Stage) -> None:
    with Client(stage.server["url"], key=stage.server["admin_key"]) as client:
        assert "aurora" in [one["name"] for one in client.collections()]
    with Client(stage.server["url"]) as client, pytest.raises(Unauthenticated):
        client.collections()


def test_a_backup_restores_what_was_true(stage: Stage, tmp_path: Path) -> None:
    taught = stage.correction("It was kept.")
    [saved] = stage.jitl.json("backup", tmp_path / "b.tgz")
    assert (tmp_path / "b.tgz").stat().st_size == saved["bytes"]
    assert (tmp_path / "b.tgz").stat().st_mode & 0o077 == 0
    again = stage.jitl("backup", tmp_path / "b.tgz")
    assert (again.code, again.out) == (1, "")
    other = Terminal(tmp_path / "other")
    assert other.json("restore", tmp_path / "b.tgz")[-1]["state"] == "done"
    assert other.json("corrections", "show", taught)[0]["answer"] == "It was kept."
    hits = [terminal.json("search", "solenoid field", "-c", "aurora")[0]["hits"] for terminal in (stage.jitl, other)]
    assert hits[0] == hits[1]
    assert int(other.ok("reindex").out.split(":")[1]) > 0
    refused = other("restore", tmp_path / "b.tgz")
    assert (refused.code, "not empty" in refused.err) == (1, True)


@pytest.mark.parametrize("cut", [0, 10, 5000, -20])
def test_a_damaged_backup_restores_nothing(stage: Stage, tmp_path: Path, cut: int) -> None:
    stage.client.backup(tmp_path / "b.tgz")
    whole = (tmp_path / "b.tgz").read_bytes()
    (tmp_path / "cut.tgz").write_bytes(whole[:cut])
    other = Terminal(tmp_path / "other")
    ran = other("restore", tmp_path / "cut.tgz")
    assert (ran.code, "Traceback" in ran.err) == (1, False), ran
    assert {entry.name for entry in other.data.iterdir()} == {"jitl.lock"}


def test_the_doctor_says_who_serves_and_what_there_is_to_do(stage: Stage) -> None:
    [found] = stage.jitl.json("doctor")
    assert found["holder"]["address"] == stage.server["url"]
    assert found["data_dir"] == str(stage.jitl.data)
    assert {"database", "encoder", "passages"} <= {part["name"] for part in found["parts"]}
    assert "Nothing to install" in stage.jitl.ok("doctor", "--fix").err
    graph = next(part for part in found["parts"] if part["name"] == "graph")
    assert ("pip install 'jitl[graph]'" in graph["detail"]) is not installed()


def test_the_doctor_tells_of_a_folder_that_cannot_be_opened(tmp_path: Path) -> None:
    jitl = Terminal(tmp_path / "data")
    jitl.data.mkdir()
    (jitl.data / "jitl.db").write_bytes(b"no database at all, only some text that is longer than a header would be" * 20)
    ran = jitl("doctor", "--json")
    assert (ran.code, "Traceback" in ran.err) == (1, False), ran
    assert ran.lines[-1]["status"] == "down"


def test_a_dry_run_keeps_nothing_alone_or_in_a_batch(stage: Stage) -> None:
    before = stage.jitl.ok("corrections", "--json").out
    [told] = stage.jitl.json("teach", "--dry-run", "--question", QUESTION, "--answer", "6300 crystals", "-c", "aurora")
    assert told["dry_run"] is True
    assert [one["document"] for one in told["supersedes"]] == ["files/calorimeter.md"]
    shown = stage.jitl.ok("--lang", "zh", "teach", "--dry-run", "--question", QUESTION, "--answer", "6300 crystals", "-c", "aurora").out
    assert "未做任何更改" in shown
    assert "6240 crystals" in shown
    lines = stage.lines({"id": 1, "question": QUESTION, "answer": "1"}, "no json", {"id": 2, "question": QUESTION, "answer": "2"})
    ran = stage.jitl("teach", "--dry-run", "--batch", lines, "-c", "aurora", "--json")
    assert (ran.code, [line["id"] for line in ran.lines], ["error" in line for line in ran.lines]) == (
        1,
        [1, None, 2],
        [False, True, False],
    )
    assert [one["answer"] for one in ran.lines[2]["conflicts"]] == ["1"]
    assert stage.jitl("teach", "--tick", "--question", "q", "--answer", "a", "-c", "aurora").code == 2, "nobody is there to tick"
    assert stage.jitl.ok("corrections", "--json").out == before


def test_a_batch_is_taken_back_by_the_id_it_told(stage: Stage) -> None:
    lines = stage.lines(*({"id": str(uuid4()), "question": f"What is {uuid4()}?", "answer": "x"} for _ in range(3)))
    ran = stage.jitl.ok("teach", "--batch", lines, "-c", "aurora", "--json")
    [batch] = set(re.findall(r"--batch ([0-9a-f-]{36})", ran.err))
    assert stage.jitl.json("corrections", "revert", "--batch", batch, "--yes") == [{"retracted": 3, "left": 0}]
    assert stage.jitl.json("corrections", "revert", "--batch", batch, "--yes") == [{"retracted": 0, "left": 0}]


def test_the_owner_approves_nothing_of_their_own(stage: Stage) -> None:
    own = stage.correction()
    for verb in ("approve", "refuse"):
        ran = stage.jitl("corrections", verb, own, "--json")
        assert (ran.code, ran.lines[-1]["error"]["type"]) == (1, "urn:jitl:problem:not-allowed")
    events = stage.jitl.json("corrections", "history", own)
    assert [one["kind"] for one in events] == ["taught"]
    assert events[0]["by"] == "owner"


@pytest.mark.parametrize("command", ["jobs", "corrections"])
def test_what_is_not_there_is_told_with_the_command_that_lists_what_is(stage: Stage, command: str) -> None:
    ran = stage.jitl(command, "show", "nothing")
    assert (ran.code, f"jitl {command} list" in ran.err) == (1, True), ran
