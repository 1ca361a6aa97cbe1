"""Corrections in a language that the encoder does not know, said by the glossary in one that it knows: there, questions of both meet."""

from __future__ import annotations

from dataclasses import dataclass

from jitl import text as texts
from jitl.glossary import Glossary
from jitl.ports import Encoder


@dataclass(frozen=True, slots=True)
class Tongues:
    """`encoder` None: Chinese is what it would not know. `glossary` None: the shipped one."""

    encoder: Encoder | None
    glossary: Glossary | None = None

    def known(self, text: str) -> bool:
        return texts.language(text) != "zh" if self.encoder is None else self.encoder.covers(text)

    def gloss(self, text: str) -> str | None:
        """What stands for a text that is not known; None for one that is, and where the glossary holds nothing of it."""
        if self.known(text) or texts.language(text) != "zh":
            return None
        found = (self.glossary or Glossary.shipped()).rewrite(text)
        return found if found is not None and self.known(found) else None
