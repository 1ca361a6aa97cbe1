"""The four tools: what they do with a desk and say of it. The protocol itself is `server`'s business."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from api.mcp import texts
from api.mcp.desk import Place
from api.mcp.shapes import Answered, AskArguments, FetchArguments, Fetched, SearchArguments, SearchResults, Taught
from api.schemas import TeachRequest
from api.wire import given
from jitl.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Told:
    """A tool's result: for reading and for programs."""

    text: str
    value: Mapping[str, Any]


Steps = Generator[Told | None, None, None]
"""None many times, while there is more to come; `Told` last. Closing it early lets go of what it waits for."""


@dataclass(frozen=True, slots=True)
class Tool:
    """`reads`: it changes nothing."""

    name: str
    title: str
    description: str
    takes: type[BaseModel]
    returns: type[BaseModel]
    run: Callable[[Place, Mapping[str, Any]], Steps]  # with the arguments as JSON, those left out absent
    reads: bool = True


def search(place: Place, said: Mapping[str, Any]) -> Steps:
    scope = {name: value for name, value in said.items() if name not in ("query", "k")}
    found = place.desk.search(said["query"], said["k"], **scope)
    value = {"results": [texts.result(place, hit) for hit in found["hits"]], "notices": list(found["notices"])}
    yield Told(json.dumps(value, ensure_ascii=False), value)


def fetch(place: Place, said: Mapping[str, Any]) -> Steps:
    value = texts.fetched(place, said["id"], said.get("offset"))
    yield Told(json.dumps(value, ensure_ascii=False), value)


def ask(place: Place, said: Mapping[str, Any]) -> Steps:
    scope = {name: value for name, value in said.items() if name != "question"}
    answer: dict[str, Any] | None = None
    for name, data in place.desk.ask_stream(said["question"], **scope):
        answer = data if name == "done" else None
        yield None
    if answer is None:
        raise Unavailable("The answer broke off.", hint="Ask again.")
    yield Told(texts.answer(place, answer), answer)


def teach(place: Place, said: Mapping[str, Any]) -> Steps:
    receipt = place.desk.teach(given(**said))
    waits = receipt["status"] != "approved"
    value = {**receipt, "awaits_review": waits}
    yield Told(texts.taught(receipt, awaits_review=waits), value)


TOOLS: Final = (
    Tool(
        "search",
        "Search the collections",
        "Find passages and corrections in the collaboration's documents (TWikis, papers, slides, mail, software docs) that match a"
        " question or terms, best first. Results carry an id for `fetch`, a title, a url to cite, and the passage itself.",
        SearchArguments,
        SearchResults,
        search,
    ),
    Tool(
        "fetch",
        "Fetch a document",
        "Read the text behind a search result or a document. Long texts come in pages, a result's page around its passage; go on with"
        " `offset`.",
        FetchArguments,
        Fetched,
        fetch,
    ),
    Tool(
        "ask",
        "Ask a question",
        "Answer a question from the collections with numbered sources, in the question's language. What an expert corrected is answered"
        " as corrected. `grounded: false` says that the collections hold no answer.",
        AskArguments,
        Answered,
        ask,
    ),
    Tool(
        "teach",
        "Teach a correction",
        "Correct an answer: the next question like this one, in whatever words, is answered so, for everyone who reads the collection."
        " Teach only what a person has told you or confirmed. Under an expert's key it holds at once; under others it is proposed and"
        " awaits an expert's review.",
        TeachRequest,
        Taught,
        teach,
        reads=False,
    ),
)
