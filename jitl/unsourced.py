"""What is said where the collections do not answer: a model's own words, marked, if the route allows them; else that nothing was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from jitl.errors import OutOfBudget, Unavailable
from jitl.prompts import own_knowledge, say

if TYPE_CHECKING:
    from jitl.draft import Draft
    from jitl.ports import LanguageModel, Models
    from jitl.types import Route, Token


class Unsourced:
    """On a route without a model nothing is said but that nothing was found. `own_on_hep`: the HEP routes may answer from theirs too."""

    def __init__(self, models: Models, *, own_on_hep: bool) -> None:
        self._models = models
        self._own_on_hep = own_on_hep

    def model(self, route: Route) -> LanguageModel | None:
        """The one that may answer by itself on this route."""
        return self._models.of(route.label) if self._own_on_hep or route.label.startswith("general") else None

    def say(self, draft: Draft) -> Iterator[Token]:
        """The words of a draft that is not grounded. The mark is the answer's first line, before any word of the model."""
        language = draft.query.language
        model = self.model(draft.route)
        if model is None:
            yield draft.token(say("not_found", language))
            return
        begun = False
        try:
            with closing(model.stream(own_knowledge(draft.query.text, draft.history))) as pieces:
                for piece in pieces:
                    words = piece if begun else piece.lstrip()
                    if words and not begun:
                        yield draft.announce(say("own_knowledge", language))
                        yield draft.token("\n\n")
                        begun = True
                    if words:
                        yield draft.token(words)
        except (Unavailable, OutOfBudget) as error:
            yield draft.announce(say("own_stopped" if begun else "own_failed", language, reason=error.message))
        if not begun and not draft.route.label.startswith("general"):  # small talk was not looked for
            yield draft.token(f"{draft.gap()}{say('not_found', language)}")
