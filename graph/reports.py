"""Communities described by a language model, within a budget: every statement is checked against the passages that it cites.

What graphrag calls a community report, in the same order (a title, then findings with their references), asked of our own port and
held to our own check of citations.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from graph.community import Sentence
from jitl import prompts
from jitl import text as texts
from jitl.citations import CitationCheck, numbers, uncited
from jitl.errors import JitlError

if TYPE_CHECKING:
    from graph.community import Community, Span
    from graph.editions import Editions
    from jitl.ports import LanguageModel, Message, Reporter, SparseEncoder
    from jitl.types import Passage

NAMES: Final = 20
"""Of a community, that the model is told."""
PASSAGES: Final = 6
STATEMENTS: Final = 6
LONGEST_REPLY: Final = 1200
"""Tokens; so many are set aside for each reply, and what is longer is cut off."""
LONGEST_TITLE: Final = 100
TITLE_SUPPORT: Final = 0.8
"""Share of a title's words that must stand in the passages or names."""
ITEM: Final = "summaries by the model"
_JSON: Final = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Writer:
    """A model by its name, how its words are compared, and the tokens, asked and replied together, that one refresh may take."""

    model: LanguageModel
    name: str
    sparse: SparseEncoder
    budget: int


class Reports:
    """Words communities one after the other, for one refresh; the same question as before an edition is not asked again."""

    def __init__(self, editions: Editions, writer: Writer, reporter: Reporter) -> None:
        self._editions = editions
        self._writer = writer
        self._left = writer.budget
        self._reporter = reporter
        self._calls = 0
        self._spent = 0

    def describe(self, one: Community, passages: Sequence[Passage]) -> Community:
        """The community in the model's words; as it was where nothing is left of the budget, or nothing it said held."""
        shown = passages[:PASSAGES]
        names = [member.name for member in one.members[:NAMES]]
        asked = prompts.report(names, [(passage.header, passage.text) for passage in shown])
        key = hashlib.sha256(json.dumps([self._writer.name, [passage.id for passage in shown], *(each.content for each in asked)]).encode())
        known = self._editions.reported(one.collection_id, key.hexdigest())
        if known is None:
            reply = self._ask(asked) if shown else None
            if reply is None:
                return one
            known = self._checked(reply, names, shown)
        title, said = known
        return replace(one, title=title, sentences=said or one.sentences, report=key.hexdigest())

    def _ask(self, asked: Sequence[Message]) -> str | None:
        """The reply; None where it could take more than is left, or the model does not answer: then it is not asked again."""
        wanted = sum(texts.tokens(each.content) for each in asked) + LONGEST_REPLY
        if wanted > self._left or self._reporter.cancelled():
            return None
        reply = ""
        try:
            with closing(self._writer.model.stream(asked)) as pieces:
                for piece in pieces:
                    reply += piece
                    if texts.tokens(reply) > LONGEST_REPLY:
                        break
        except JitlError as error:
            self._left = 0
            self._reporter.outcome(ITEM, "failed", str(error))
            return None
        took = wanted - LONGEST_REPLY + texts.tokens(reply)
        self._left, self._spent, self._calls = self._left - took, self._spent + took, self._calls + 1
        self._reporter.outcome(ITEM, "added", f"{self._calls} calls, about {self._spent} tokens.")
        return reply

    def _checked(self, reply: str, names: Sequence[str], passages: Sequence[Passage]) -> tuple[str | None, list[Sentence]]:
        """The title and the statements that hold, each with the sentences that it rests on."""
        said = _parsed(reply)
        check = CitationCheck(self._writer.sparse, {number: passage.text for number, passage in enumerate(passages, 1)})
        kept = []
        for statement in said.get("statements", [])[:STATEMENTS]:
            held = check.check(" ".join(str(statement).split()))
            if cited := numbers(held):
                bare = uncited(held).strip()
                kept.append(Sentence(bare, tuple(self._support(bare, passages[number - 1]) for number in cited)))
        return self._title(said.get("title"), names, passages), kept

    def _title(self, title: object, names: Sequence[str], passages: Sequence[Passage]) -> str | None:
        words = " ".join(title.split()) if isinstance(title, str) else ""
        terms = self._writer.sparse.terms(words)
        known = self._writer.sparse.terms("\n".join([*names, *(passage.text for passage in passages)]))
        if not terms or len(words) > LONGEST_TITLE:
            return None
        return words if sum(term in known for term in terms) >= TITLE_SUPPORT * len(terms) else None

    def _support(self, statement: str, passage: Passage) -> Span:
        """The passage's sentence that shares most terms with the statement, the first of several."""
        terms = self._writer.sparse.terms(statement).keys()

        def shared(span: tuple[int, int]) -> int:
            return len(terms & self._writer.sparse.terms(passage.text[span[0] : span[1]]).keys())

        best = max(texts.sentences(passage.text), key=shared, default=(0, len(passage.text)))
        return (passage.id, *best)


def _parsed(reply: str) -> dict[str, Any]:
    """The object in a reply, whatever stands around it; {} where there is none of the right shape."""
    found = _JSON.search(reply)
    try:
        said = json.loads(found.group()) if found else {}
    except ValueError:
        return {}
    listed = said.get("statements", []) if isinstance(said, dict) else None
    return said if isinstance(listed, list) else {}
