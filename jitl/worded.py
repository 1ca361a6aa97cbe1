"""An answer in a language model's words: asked with the sources as data, each statement held to them as it comes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from jitl.citations import CitationCheck, statements
from jitl.errors import OutOfBudget, Unavailable
from jitl.prompts import NOT_FOUND_MARK, messages, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jitl.draft import Draft
    from jitl.ports import Models, SparseEncoder
    from jitl.speech import RoutedModel
    from jitl.types import AnswerEvent, RankedHit
    from jitl.unsourced import Unsourced

READ = 6
"""Passages that a model reads."""


class Worded:
    """Safe to call from several threads."""

    def __init__(self, models: Models, sparse: SparseEncoder, unsourced: Unsourced) -> None:
        self._models = models
        self._sparse = sparse
        self._unsourced = unsourced

    def model(self, draft: Draft, passages: Iterable[RankedHit]) -> RoutedModel | None:
        """The one of the draft's route, paid for by whoever asks and by the collections whose words it will read. Raises `OutOfBudget`."""
        read = [hit.passage.collection_id for hit in passages if hit.passage is not None][:READ]
        cited = [source.collection_id for source in draft.sources if source.collection_id is not None]
        payer = None if draft.payer is None else replace(draft.payer, collections=tuple(dict.fromkeys([*cited, *read])))
        return self._models.of(draft.route.label, payer)

    def say(self, draft: Draft, model: RoutedModel) -> Generator[AnswerEvent, None, bool]:
        """The model's statements as they are checked; True where quotes have to stand in for them."""
        language = draft.query.language
        check = CitationCheck(self._sparse, draft.texts)
        asked = messages(draft.question, draft.sources, draft.texts, draft.history, model.room)
        try:
            with closing(model.stream(asked)) as pieces:
                for statement in statements(pieces):
                    if NOT_FOUND_MARK in statement and not draft.said:
                        draft.refuse()
                        yield from self._unsourced.again(draft)
                        return False
                    checked = check.check(statement)
                    if checked and (draft.said or checked.strip()):
                        yield draft.token(checked)
        except (Unavailable, OutOfBudget) as error:
            what = "model_stopped" if draft.said else "model_failed"
            yield draft.announce(say(what, language, reason=error.message))
            return True
        for what, count in (("left_out", check.tally.left_out), ("dropped", check.tally.dropped)):
            if count:
                draft.notices.append(say(what, language, count=count))
        if check.tally.kept == 0:
            yield draft.announce(say("model_unsupported", language))
            return True
        yield from draft.credit(model)
        return False
