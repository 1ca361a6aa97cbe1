"""What is taught, checked before anything is stored, and what comes back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time
from typing import Final

from jitl import text as texts
from jitl.errors import BadInput, TooLarge
from jitl.settings import Settings

MAX_PARAPHRASES: Final = 50
MAX_QUOTES: Final = 100
MAX_GROUPS: Final = 50
MAX_SHORT: Final = 200  # characters of subject's kin: a release, a list of runs, a group
MAX_SUBJECT: Final = 1_000
LATER_WINS: Final = "Answers the same question otherwise; of equal authority, the later one wins."
RUNS: Final = re.compile(r"\s*\d+\s*(-\s*\d+\s*)?(,\s*\d+\s*(-\s*\d+\s*)?)*")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class WrongQuote:
    """A stretch of a document that the correction declares wrong."""

    quote: str
    document: str | None = None  # where the expert saw it; the mark holds wherever the sentence stands


@dataclass(frozen=True, slots=True)
class Teaching:
    """A correction as its author gives it. `valid_to` is the last moment at which it holds; `runs` reads `9947-10878, 11000`.

    `groups` label whom it concerns. `confirmed`: the answer stood already and an expert vouches for it.
    """

    question: str
    answer: str
    subject: str | None = None
    statement: str | None = None
    paraphrases: tuple[str, ...] = ()
    supersedes: tuple[WrongQuote, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    release: str | None = None
    runs: str | None = None
    groups: tuple[str, ...] = ()
    confirmed: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """The question, then each paraphrase: what gets a vector, in this order."""
        return (self.question, *self.paraphrases)

    def digest(self, collection_id: str) -> str:
        """Of everything that was said: the same key with another digest is a conflict."""
        said = {field.name: getattr(self, field.name) for field in fields(self)} | {"collection": collection_id}
        said["supersedes"] = [[wrong.document, wrong.quote] for wrong in self.supersedes]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()

    def check(self, settings: Settings) -> None:
        """Raises `BadInput` for what can be kept by no store or can mean nothing."""
        for name, limit in (("question", settings.max_question_chars), ("answer", settings.max_answer_chars)):
            _check_text(name, getattr(self, name), limit)
        for name, limit in (("subject", MAX_SUBJECT), ("statement", settings.max_answer_chars), ("release", 100), ("runs", MAX_SHORT)):
            if getattr(self, name) is not None:
                _check_text(name, getattr(self, name), limit)
        _check_list("paraphrases", self.paraphrases, MAX_PARAPHRASES, settings.max_question_chars)
        _check_list("groups", self.groups, MAX_GROUPS, MAX_SHORT)
        _check_list("supersedes", [wrong.quote for wrong in self.supersedes], MAX_QUOTES, settings.max_answer_chars)
        for wrong in self.supersedes:
            if wrong.document is not None:
                _check_text("supersedes.document", wrong.document, 1000)
        if self.runs is not None and not RUNS.fullmatch(self.runs):
            raise BadInput("`runs` is no list of run numbers.", hint='Write it like "9947-10878, 11000".')
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise BadInput("`valid_from` is after `valid_to`.", hint="Swap the dates, or leave one out.")


@dataclass(frozen=True, slots=True)
class Clash:
    """What stands against a teaching.

    kind: `contradicts` (an active correction gives the same question another answer; the later one wins), `reused` (the id was used
    with another body; the first is kept), `retracted` (what was taught under this id has been withdrawn and stays so).
    Of what contradicts, its words are told too.
    """

    kind: str
    correction: str
    note: str
    question: str = ""
    answer: str = ""
    author: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that it is kept: on stable storage, and weighed by every question asked from now on."""

    id: str
    seq: int
    status: str
    conflicts: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch: its own id is its idempotency key. `teaching` is the error where the line could not be read."""

    id: str | None
    teaching: Teaching | BadInput


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line, in the order of the lines: a receipt or an error; with both, the receipt of the one that is kept."""

    id: str | None
    receipt: Receipt | None = None
    error: BadInput | None = None

    @property
    def conflicts(self) -> tuple[Clash, ...]:
        return self.receipt.conflicts if self.receipt else ()


def read_line(said: Mapping[str, object]) -> Line:
    """A line of `teach --batch` as JSON gives it."""
    key = said.get("id")
    key = str(key) if key is not None else None
    try:
        return Line(key, read(said))
    except BadInput as error:
        return Line(key, error)


def read(said: Mapping[str, object]) -> Teaching:
    """The fields of `teach` as JSON gives them; unknown ones are left alone. Raises `BadInput` for a field of the wrong kind."""
    return Teaching(
        question=_text(said, "question") or "",
        answer=_text(said, "answer") or "",
        subject=_text(said, "subject"),
        statement=_text(said, "statement"),
        paraphrases=_texts(said, "paraphrases"),
        supersedes=_quotes(said.get("supersedes")),
        valid_from=_moment(said, "valid_from", time.min),
        valid_to=_moment(said, "valid_to", time.max),
        release=_text(said, "release"),
        runs=_text(said, "runs"),
        groups=_texts(said, "groups"),
        confirmed=said.get("confirmed") is True,
    )


def _check_text(name: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise TooLarge(f"`{name}` has {len(value)} characters; the limit is {limit}.")
    try:
        texts.clean(value)
    except BadInput as error:
        raise BadInput(f"`{name}`: {error.message}", hint=error.hint) from error
    if not value.strip():
        raise BadInput(f"`{name}` is empty.")


def _check_list(name: str, values: Sequence[str], most: int, limit: int) -> None:
    if len(values) > most:
        raise TooLarge(f"`{name}` has {len(values)} entries; the limit is {most}.")
    for value in values:
        _check_text(name, value, limit)


def _text(said: Mapping[str, object], name: str) -> str | None:
    value = said.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadInput(f"`{name}` must be a text.")
    return value


def _texts(said: Mapping[str, object], name: str) -> tuple[str, ...]:
    values = said.get(name)
    if values is None:
        return ()
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise BadInput(f"`{name}` must be a list of texts.")
    return tuple(values)


def _quotes(values: object) -> tuple[WrongQuote, ...]:
    if values is None:
        return ()
    if not isinstance(values, list | tuple):
        raise BadInput("`supersedes` must be a list.", hint='Write [{"document": …, "quote": …}].')
    quotes = []
    for value in values:
        if not isinstance(value, Mapping) or not isinstance(value.get("quote"), str):
            raise BadInput("Each entry of `supersedes` needs a `quote`.", hint='Write [{"document": …, "quote": …}].')
        quotes.append(WrongQuote(value["quote"], _text(value, "document")))
    return tuple(quotes)


def _moment(said: Mapping[str, object], name: str, of_day: time) -> datetime | None:
    """ISO 8601; a day alone means its first or its last moment, a time without a zone is UTC."""
    value = said.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise BadInput(f"`{name}` is no date.", hint="Write it like 2021-05-01 or 2021-05-01T12:00:00Z.") from error
        if _DAY.fullmatch(str(value)):
            moment = datetime.combine(moment.date(), of_day)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
