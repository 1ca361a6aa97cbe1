"""A question of a conversation as one that stands by itself, for retrieval: by a model where one is configured, else by a rule.

What stands by itself already is never touched, and whoever asks goes back to the words as asked where the standalone form finds nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from jitl import text as texts
from jitl.anaphora import resolve, takes_up
from jitl.errors import OutOfBudget, Unavailable
from jitl.prompts import condense
from jitl.speech import CONDENSE

if TYPE_CHECKING:
    from jitl.speech import Models, Payer

log = logging.getLogger(__name__)

TURNS: Final = 4
"""Earlier questions that are read."""
LONGEST_TURN: Final = 500
"""Characters of each that are read, the last ones."""
MAX_TOKENS: Final = 200
WITHIN_S: Final = 4.0
"""A person is waiting: then the rule has to do."""
LONGEST: Final = 400
_NAME: Final = re.compile(r"\b(?:\w*\d[\w.]*|[A-Z]\w*[A-Z]\w*|(?<![.?!] )(?<!^)[A-Z]\w+)")


class FollowUps:
    """Safe to call from several threads."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def standalone(self, question: str, history: Sequence[str], payer: Payer | None) -> str:
        """The question itself where it stands alone or nothing was asked before."""
        earlier = [text[-LONGEST_TURN:] for text in history[-TURNS:] if text.strip()]
        if not earlier or len(question) > LONGEST or not takes_up(question):
            return question
        return self._worded(question, earlier, payer) or resolve(question, earlier)

    def _worded(self, question: str, earlier: Sequence[str], payer: Payer | None) -> str | None:
        """By the model; None where there is none, it takes too long, or says what nobody said."""
        try:
            model = self._models.of(CONDENSE, payer, max_tokens=MAX_TOKENS, within_s=WITHIN_S)
            if model is None:
                return None
            with closing(model.stream(condense(question, earlier))) as pieces:
                said = "".join(pieces).strip().strip('"“”')
        except (Unavailable, OutOfBudget) as error:
            log.info("A question was made to stand alone by the rule: %s", error.message)
            return None
        return said if _faithful(said, question, earlier) else None


def _faithful(said: str, question: str, earlier: Sequence[str]) -> bool:
    """One line in the question's language that keeps its names and numbers and adds none that nobody said."""
    if not said or "\n" in said or len(said) > LONGEST or texts.language(said) != texts.language(question):
        return False
    known = texts.fold(" ".join([*earlier, question]))
    told = texts.fold(said)
    kept = all(texts.fold(name) in told for name in _NAME.findall(question))
    return kept and all(texts.fold(name) in known for name in _NAME.findall(said))
