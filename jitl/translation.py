"""A question's words in the other language and its names' aliases, as terms to search by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jitl import text as texts

if TYPE_CHECKING:
    from jitl.glossary import Glossary, Term
    from jitl.ports import SparseEncoder

ALIAS = 0.5  # the weight of a name's other names beside its usual one
_WORD = 2  # signs of an ordinary Chinese word


@dataclass(frozen=True, slots=True)
class Translation:
    """`text` is the rewritten question, None without a name to rewrite; `aliases` what else its names are called."""

    text: str | None = None
    aliases: str = ""
    counts: Mapping[int, int] = field(default_factory=dict)  # hashed term -> occurrences, of both; none of the question's own
    unnamed: int = 0  # about how many words have no name in the other language

    @staticmethod
    def of(asked: str, glossary: Glossary, sparse: SparseEncoder, own: Mapping[int, int] | None = None) -> Translation:
        """`own`: the question's terms, where they are known already."""
        read = glossary.read(asked)
        other = "en" if texts.language(asked) == "zh" else "zh"
        aliases = " ".join(name for term in read.terms for name in _aliases(term, other))
        own = sparse.terms(asked) if own is None else own
        said = sparse.terms(f"{read.text} {aliases}") if read.text else sparse.terms(aliases) if aliases else {}
        counts = {term: n for term, n in said.items() if term not in own}
        unnamed = sum((len(stretch) + 1) // _WORD for stretch in read.unknown)
        return Translation(read.text, aliases, counts, unnamed)

    @property
    def unknown(self) -> dict[int, int]:
        """The words without a name, as terms (negative ones, which no hash is) that no passage holds."""
        return {-1 - at: 0 for at in range(self.unnamed)}

    def weights(self, sparse: SparseEncoder, frequencies: Mapping[int, int], passages: int) -> dict[int, float]:
        """By IDF, every term once, aliases' terms less, as shares of the whole: the question's own terms, those that no passage holds and
        what has no name in the other language count in it too.
        """
        if not any(frequencies.get(term, 0) for term in self.counts):
            return {}  # the usual case: nothing in the other language, and no alias, stands in these collections
        said, meant = sparse.terms(self.text or ""), sparse.terms(self.aliases)
        usual = {term: weight / said[term] for term, weight in sparse.question(self.text or "", frequencies, passages).items()}
        others = {term: ALIAS * weight / meant[term] for term, weight in sparse.question(self.aliases, frequencies, passages).items()}
        unknown = math.log1p(2 * passages + 1)  # the IDF of a term without passages
        whole = sum(usual.get(term, unknown) for term in sorted(said)) + self.unnamed * unknown
        return {term: weight / whole for term, weight in (others | usual).items() if term in self.counts} if whole > 0 else {}


def _aliases(term: Term, other: str) -> list[str]:
    """Names in the other language, and abbreviations or what they stand for in the question's own."""
    return [name for entry in term.entries for name in entry.names(other)] + _spelled(term, "zh" if other == "en" else "en")


def _spelled(term: Term, language: str) -> list[str]:
    names = [name for entry in term.entries[: term.usual or None] for name in entry.names(language) if name != term.text]
    return names if _abbreviates(term.text) else [name for name in names if _abbreviates(name)]


def _abbreviates(name: str) -> bool:
    return " " not in name and any(letter.isupper() or letter.isdigit() for letter in name[1:])
