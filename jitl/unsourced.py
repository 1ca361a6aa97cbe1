"""What is said where the collections do not answer: a model's own words, marked, if the route allows them; else that nothing was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from jitl.errors import OutOfBudget, Unavailable
from jitl.prompts import own_knowledge, say

if TYPE_CHECKING:
    from jitl.draft import Draft
    from jitl.ports import Models
    from jitl.speech import RoutedModel
    from jitl.types import Token


class Unsourced:
    """On a route without a model nothing is said but that nothing was found. `own_on_hep`: the HEP routes may answer from theirs too."""

    def __init__(self, models: Models, *, own_on_hep: bool) -> None:
        self._models = models
        self._own_on_hep = own_on_hep

    def model(self, draft: Draft) -> RoutedModel | None:
        """The one that may answer by itself on the draft's route. Raises `OutOfBudget`."""
        label = draft.route.label
        return self._models.of(label, draft.payer) if self._own_on_hep or label.startswith("general") else None

    def again(self, draft: Draft) -> Iterator[Token]:
        """`say` in the middle of a stream: no status can tell of a cap any more."""
        try:
            model = self.model(draft)
        except OutOfBudget as error:
            yield draft.announce(say("own_failed", draft.query.language, reason=error.message))
            return
        yield from self.say(draft, model)

    def say(self, draft: Draft, model: RoutedModel | None) -> Iterator[Token]:
        """The words of a draft that is not grounded. The mark is the answer's first line, before any word of the model."""
        language = draft.query.language
        if model is None:
            yield draft.token(say("not_found", language))
            return
        begun = False
        try:
            with closing(model.stream(own_knowledge(draft.question, draft.history))) as pieces:
                for piece in pieces:
                    words = piece if begun else piece.lstrip()
                    if words and not begun:
                        yield draft.announce(say("own_knowledge", language))
                        yield draft.token("\n\n")
                        begun = True
                    if words:
                        yield draft.token(words)
            yield from draft.credit(model)
        except (Unavailable, OutOfBudget) as error:
            yield draft.announce(say("own_stopped" if begun else "own_failed", language, reason=error.message))
        if not begun and not draft.route.label.startswith("general"):  # small talk was not looked for
            yield draft.token(f"{draft.gap()}{say('not_found', language)}")
