"""Training and evaluation files, a row at a time, in the order of the ledger and then of the answers.

    sft        {"messages"}: a question with its sources, as a model is asked here -> the corrected, confirmed or liked answer
    dpo        {"prompt", "chosen", "rejected"}: the correction against the wrong answer that it corrected
    retrieval  {"question", "positives", "negatives"}: what holds the answer, and what looked as if it did
    qa         {"question", "answer", "paraphrases", ...}

Each row's `provenance` names the corrections, the events of the ledger and the kept answers that it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from feedback.flywheel.material import Lesson, Material, Scope, Shown
from jitl.citations import correction_source, passage_source, statement_of, uncited
from jitl.prompts import day, messages
from jitl.text import fold

if TYPE_CHECKING:
    from jitl.sql.answers import Answers
    from jitl.sql.catalogue import Catalogue
    from jitl.sql.engine import Database
    from jitl.types import CorrectionState, Passage, Source

Row = dict[str, Any]

FORMS: Final = ("sft", "dpo", "retrieval", "qa")


class Exports:
    """Safe to call from several threads."""

    def __init__(self, db: Database, catalogue: Catalogue, answers: Answers) -> None:
        self._db = db
        self._catalogue = catalogue
        self._answers = answers

    def rows(self, form: str, readable: Iterable[str], chosen: Iterable[str]) -> Iterator[Row]:
        """Of the collections `chosen`, for someone who may read `readable`."""
        material = Material(self._db, self._catalogue, self._answers, Scope(frozenset(readable), frozenset(chosen)))
        match form:
            case "sft":
                yield from _sft(material)
            case "dpo":
                yield from _dpo(material)
            case "retrieval":
                yield from _retrieval(material)
            case "qa":
                yield from _qa(material)


def _sft(material: Material) -> Iterator[Row]:
    for lesson in material.lessons:
        state = lesson.state
        used = next((shown for shown in material.answered(lesson) if _gave(shown, state)), None)
        taught = replace(correction_source(state), number=1, title=day(state.at))
        sources, texts = _context(used, [taught], {1: statement_of(state)}) if used else ([taught], {1: statement_of(state)})
        for wording in lesson.wordings:
            yield _chat(wording, sources, texts, f"{state.answer} [1]") | _rests((lesson,), (used,) if used else ())
    for shown in material.liked():
        sources, texts = _context(shown, [], {})
        if len(sources) == len(shown.sources):  # one that cites corrections too is told by these
            yield _chat(shown.judged.question, sources, texts, shown.text) | _rests((), (shown,))


def _dpo(material: Material) -> Iterator[Row]:
    """What was not found is no rejected answer: to prefer a guess to it would teach guessing."""
    for lesson in material.lessons:
        said = set[tuple[str, str]]()
        for shown in _wrong(material.answered(lesson), lesson):
            prompt, rejected = shown.judged.question, uncited(shown.text).strip()
            if rejected and (prompt, rejected) not in said:
                said.add((prompt, rejected))
                yield {"prompt": prompt, "chosen": lesson.state.answer, "rejected": rejected} | _rests((lesson,), (shown,))


def _retrieval(material: Material) -> Iterator[Row]:
    for lesson in material.lessons:
        if not lesson.wordings:
            continue
        state, answered = lesson.state, material.answered(lesson)
        wrong = _wrong(answered, lesson)
        negatives = material.superseded(lesson, answered)
        negatives |= {passage.id: passage for shown in wrong for passage in shown.passages.values() if passage.id not in negatives}
        liked = [shown for shown in answered if shown.judged.up and not shown.judged.down and shown.correction is None]
        positives = {passage.id: passage for shown in liked for passage in shown.passages.values() if passage.id not in negatives}
        text = {"kind": "correction", "correction": state.id, "text": statement_of(state)}
        good, bad = [text, *map(_passage, positives.values())], [_passage(passage) for passage in negatives.values()]
        for wording in lesson.wordings:
            yield {"question": wording, "positives": good, "negatives": bad} | _rests((lesson,), (*wrong, *liked))
    for shown in material.liked():
        if shown.passages:
            good = [_passage(passage) for passage in _once(shown.passages.values())]
            yield {"question": shown.judged.question, "positives": good, "negatives": []} | _rests((), (shown,))


def _qa(material: Material) -> Iterator[Row]:
    for lesson in material.lessons:
        if lesson.wordings:
            state, (question, *others) = lesson.state, lesson.wordings
            row: Row = {"question": question, "answer": state.answer, "paraphrases": others}
            row |= {"kind": "confirmed" if state.confirmed else "corrected", "subject": state.subject, "statement": state.statement}
            row |= {"collection": state.collection_id, "release": state.release, "runs": state.runs}
            row |= {name: value and value.isoformat() for name, value in (("valid_from", state.valid_from), ("valid_to", state.valid_to))}
            yield row | _rests((lesson,), ())
    for shown in material.liked():
        row = {"question": shown.judged.question, "answer": uncited(shown.text).strip(), "paraphrases": [], "kind": "liked"}
        yield row | _rests((), (shown,))


def _wrong(answered: Sequence[Shown], lesson: Lesson) -> list[Shown]:
    """Answers that the lesson corrected: found ones that say something else and were disliked, or that it was taught after.

    What a *confirmed* answer replaces was not wrong for that.
    """
    state, right = lesson.state, fold(lesson.state.answer)
    others = [
        shown
        for shown in answered
        if shown.judged.grounded and shown.correction != state.id and state.collection_id in shown.judged.collections
        if right not in fold(uncited(shown.text))
    ]
    disliked = [shown for shown in others if shown.judged.down > shown.judged.up]
    before = [shown for shown in others if shown.judged.at <= state.at and not shown.judged.up and not state.confirmed]
    return [shown for shown in others if shown in disliked or shown in before]


def _gave(shown: Shown, state: CorrectionState) -> bool:
    """Whether the correction was this answer, or confirmed it."""
    return shown.correction == state.id or (state.confirmed and fold(state.answer) in fold(uncited(shown.text)))


def _context(shown: Shown, sources: Sequence[Source], texts: Mapping[int, str]) -> tuple[list[Source], dict[int, str]]:
    """These sources and then the passages that the answer showed, numbered on, with the texts they stand for."""
    found, said = list(sources), dict(texts)
    for source in shown.sources:
        passage = shown.passages.get(source["number"])
        if passage is not None:
            number = len(found) + 1
            found.append(replace(passage_source(passage, source["quote"], source.get("superseded_by")), number=number))
            said[number] = passage.text
    return found, said


def _chat(question: str, sources: Sequence[Source], texts: Mapping[int, str], answer: str) -> Row:
    told = [{"role": message.role, "content": message.content} for message in messages(question, sources, texts)]
    return {"messages": [*told, {"role": "assistant", "content": answer}]}


def _passage(passage: Passage) -> Row:
    return {"kind": "passage", "document": passage.document, "chunk": passage.id, "text": passage.text}


def _once(passages: Iterable[Passage]) -> list[Passage]:
    return list({passage.id: passage for passage in passages}.values())


def _rests(lessons: Sequence[Lesson], answers: Sequence[Shown]) -> Row:
    seqs = sorted({seq for lesson in lessons for seq in lesson.events})
    named = dict.fromkeys(shown.judged.id for shown in answers)
    return {"provenance": {"corrections": [lesson.state.id for lesson in lessons], "events": seqs, "answers": list(named)}}
