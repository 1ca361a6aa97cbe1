"""Superseding on real documents and planted falsehoods: marks hold by content, corrections win, undo restores everything."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

import ingest.chunk
import ingest.units
from feedback.proposals import WrongAnswer
from feedback.supersede import NO_MARKS, MarkedSentences, WrongSentence, marked_sentences
from feedback.teaching import Teaching, WrongQuote
from ingest.child import ParserPool
from ingest.chunk import StructuredChunker
from ingest.pipeline import Pipeline
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.sparse import HepTerms
from jitl.ports import SourceFile
from jitl.settings import Settings
from jitl.sql.engine import Database
from jitl.sql.people import OWNER
from jitl.sql.tables import chunks, documents
from tests.classroom import Classroom
from tests.data import corpora
from tests.fakes import Outcomes
from tests.quality.conftest import FALSEHOODS, House

pytestmark = [pytest.mark.quality, pytest.mark.timeout(900)]

HERE = Path(__file__).parent
MARKS = [json.loads(line) for line in HERE.joinpath("hep_marks.jsonl").read_text(encoding="utf-8").splitlines()]
WORD = re.compile(r"\w+")
PARAPHRASES_WON = 70
BYSTANDERS_QUIET = 80
"""Of a hundred, at least: what the scope decision is measured for elsewhere, on many more."""


# --- marks over real documents


@dataclass(frozen=True)
class Standing:
    """A published passage with the stretch of its document's text that it is."""

    document_id: str
    start: int
    end: int
    text: str


@dataclass
class Archive:
    """Real files, read by the real pipeline, as often and into as large passages as a test likes."""

    db: Database
    folder: Path
    room: Classroom

    def read(self, tokens: int = 254, *, force: bool = False) -> list[str]:
        """What failed."""
        outcomes = Outcomes()
        files = [SourceFile(path.as_uri(), path.relative_to(self.folder).as_posix(), path) for path in sorted(self.folder.rglob("*.*"))]
        with sized(tokens) as chunker, pool() as parsers:
            line = Pipeline(self.db, self.room.catalogue, None, HepTerms(), chunker, [], parsers)
            line.ingest(files, self.room.collection, outcomes, force=force)
        return outcomes.of("failed")

    def passages(self) -> list[Standing]:
        c, d = chunks.c, documents.c
        wanted = sa.select(c.document_id, c.start, c.end, c.text).join(documents, (d.id == c.document_id) & (d.version_id == c.version_id))
        with self.db.read() as connection:
            return [Standing(*row) for row in connection.execute(wanted.where(d.deleted_at.is_(None)))]

    def spans(self, mark: dict) -> dict[str, list[tuple[int, int]]]:
        """Document id -> where what the reader marked stands, copies of it in other documents included."""
        found = {}
        pattern = re.compile(apart(mark["start"]) + r".*?" + apart(mark["end"]), re.DOTALL)
        with self.db.read() as connection:
            ids = list(connection.scalars(sa.select(documents.c.id).where(documents.c.deleted_at.is_(None))))
        for document_id in ids:
            text = self.room.catalogue.source(document_id).text
            spans = [match.span() for match in pattern.finditer(text) if match.end() - match.start() < 1500]
            if spans:
                found[document_id] = spans
        return found

    def quote(self, mark: dict) -> WrongQuote:
        for document_id, spans in self.spans(mark).items():
            shown = self.room.catalogue.source(document_id)
            if shown.document.name.startswith(mark["file"]):
                return WrongQuote(shown.text[slice(*spans[0])], shown.document.name)
        raise AssertionError(mark)


@contextmanager
def sized(tokens: int) -> Iterator[StructuredChunker]:
    """A chunker for passages of another size, with a fingerprint of its own."""
    usual = ingest.units.FULL
    ingest.units.FULL = ingest.chunk.FULL = tokens
    try:
        chunker = StructuredChunker(OnnxEncoder())
        chunker.id = f"structured-of-{tokens}"
        yield chunker
    finally:
        ingest.units.FULL = ingest.chunk.FULL = usual


@contextmanager
def pool() -> Iterator[ParserPool]:
    parsers = ParserPool(Settings())
    try:
        yield parsers
    finally:
        parsers.close()


def apart(text: str) -> str:
    """These words, whatever stands between them."""
    return r"[\W_]+".join(map(re.escape, WORD.findall(text)))


@pytest.fixture
def archive(sqlite_database: Database, tmp_path: Path) -> Archive:
    room = Classroom(sqlite_database, encoder=None)
    folder = tmp_path / "files"
    for name in {mark["file"] for mark in MARKS}:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(corpora(name), target)
    from jitl.sql.catalogue import Catalogue

    room.catalogue = Catalogue(sqlite_database)
    return Archive(sqlite_database, folder, room)


def alone(quote: WrongQuote) -> MarkedSentences:
    return NO_MARKS.changed((), [WrongSentence(sentence, "c", 1) for sentence in marked_sentences(quote.quote)])


def held(archive: Archive, quotes: list[WrongQuote]) -> tuple[list[str], list[tuple[str, str]]]:
    """Marks that were lost, and passages that a mark hit though they hold nothing of what was marked."""
    lost, strays = [], []
    passages = archive.passages()
    for mark, quote in zip(MARKS, quotes, strict=True):
        marks, spans, hit = alone(quote), archive.spans(mark), False
        for one in passages:
            over = any(one.start < end and start < one.end for start, end in spans.get(one.document_id, ()))
            if marks.find(one.text) is None:
                continue
            hit = hit or over
            if not over:
                strays.append((quote.quote, one.text))
        if not hit:
            lost.append(quote.quote)
    return lost, strays


def edit(path: Path) -> None:
    """Words elsewhere in the document, before and behind."""
    raw = path.read_bytes()
    note = b"An editor put these words of no weight here, and they say nothing about the rest.\n\n"
    if path.suffix == ".mbox":
        path.write_bytes(raw.rstrip(b"\n") + b"\n\n" + note)
        return
    head, begin, rest = raw.partition(b"\\begin{document}")
    text = head + begin + b"\n\n" + note + rest if begin else note + raw
    body, end, tail = text.rpartition(b"\\end{document}")
    path.write_bytes(body + b"\n" + note + end + tail if end else text.rstrip(b"\n") + b"\n\n" + note)


def test_marks_survive_reading_again_other_sizes_and_edits_elsewhere(archive: Archive) -> None:
    assert archive.read() == []
    quotes = [archive.quote(mark) for mark in MARKS]
    for mark, quote in zip(MARKS, quotes, strict=True):
        archive.room.teach(mark["question"], mark["answer"], supersedes=(quote,))
    assert held(archive, quotes) == ([], [])
    superseded = marked_by_the_memory(archive)
    assert archive.read(force=True) == []
    assert marked_by_the_memory(archive) == superseded
    for tokens in (64, 400):
        assert archive.read(tokens) == []
        lost, strays = held(archive, quotes)
        print(f"{tokens} tokens: {len(archive.passages())} passages, {len(MARKS) - len(lost)} marks of {len(MARKS)}, {len(strays)} strays")
        assert (lost, strays) == ([], [])
    for path in archive.folder.rglob("*.*"):
        edit(path)
    assert archive.read() == []
    lost, strays = held(archive, quotes)
    print(f"edited elsewhere: {len(MARKS) - len(lost)} marks of {len(MARKS)}, {len(strays)} strays")
    assert (lost, strays) == ([], [])


def marked_by_the_memory(archive: Archive) -> set[tuple[str, int]]:
    """(document, start) of the passages that questions would see as superseded."""
    room = archive.room
    c, d = chunks.c, documents.c
    wanted = sa.select(c.id).join(documents, (d.id == c.document_id) & (d.version_id == c.version_id)).where(d.deleted_at.is_(None))
    with archive.db.read() as connection:
        ids = list(connection.scalars(wanted))
    passages = room.catalogue.passages(ids, [room.collection])
    marks = room.corrections.marks(room.query("Which sentence is wrong?"), list(passages.values()))
    return {(passages[one].document_id, passages[one].location.start) for one in marks}


# --- planted falsehoods


def words(answer: dict) -> tuple[object, ...]:
    """What an answer says, without which of its quotes are struck through."""
    return answer["answer"], answer["grounded"], answer["correction"], [(one["document"], one["quote"]) for one in answer["sources"]]


def test_corrections_win_over_planted_falsehoods_and_leave_no_trace(house: House) -> None:
    before = house.seen()
    proposed = sum(carried(house, one) for one in FALSEHOODS)
    ids = []
    for one in FALSEHOODS:
        wrong = (WrongQuote(one["wrong"], one["document"]),)
        ids.append(house.container.ledger.teach(Teaching(one["question"], one["answer"], supersedes=wrong), OWNER, house.collection).id)
    after = house.seen()
    won = {"question": 0, "paraphrase": 0}
    ranked = undisturbed = 0
    for at, (one, correction) in enumerate(zip(FALSEHOODS, ids, strict=True)):
        for n, name in enumerate(won):
            answer, hits = after[3 * at + n]
            won[name] += answer["correction"] is not None and answer["correction"]["id"] == correction and one["answer"] in answer["answer"]
            marked = [hit for hit in hits if hit.get("superseded_by") == correction]
            ranked += n == 0 and hits[0].get("correction") == correction and [hit["document"] for hit in marked] == [one["document"]]
        answer = after[3 * at + 2][0]
        quiet = answer["correction"] is None and not answer["evidence_corrections"]
        undisturbed += quiet
        assert not quiet or words(answer) == words(before[3 * at + 2][0]), "a mark changes no answer that it is not about"
    print(f"won {won} ranked below {ranked} bystanders unchanged {undisturbed} proposed {proposed} of {len(FALSEHOODS)}")
    random.Random(7).shuffle(ids)
    for correction in ids:
        house.container.ledger.retract(correction, OWNER)
    assert house.seen() == before, "undo restores order and scores"
    assert won["question"] == ranked == len(FALSEHOODS)
    assert won["paraphrase"] >= PARAPHRASES_WON
    assert undisturbed >= BYSTANDERS_QUIET
    assert proposed >= 0.9 * len(FALSEHOODS)


def carried(house: House, one: dict) -> bool:
    """Whether the wrong sentence is among those proposed, from the question and both answers alone."""
    answer = house.ask(one["question"])
    quotes = tuple((source["chunk"], source["quote"]) for source in answer["sources"] if source["chunk"])
    found = house.container.proposals.find(one["question"], one["answer"], house.collection, WrongAnswer(answer["answer"], quotes))
    return any(one["wrong"] in proposal.quote or proposal.quote in one["wrong"] for proposal in found)
