"""The forms in which names are compared: a text in units, which are Chinese signs, Latin words by their stems, and whole identifiers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from jitl.text import CJK

SIGN = re.compile(f"[{CJK}]")
_PIECE = re.compile(f"[{CJK}]|[^\\s{CJK}]+")
_WORD = re.compile(r"[^\W_]+")
_OPEN, _CLOSE = "([{\"'“‘<*~", ")]}\"'”’>?.,;:!*~…、。，；："
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda",
    "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Γ": "gamma", "Δ": "delta", "Θ": "theta", "Λ": "lambda", "Ξ": "xi", "Π": "pi", "Σ": "sigma", "Φ": "phi",
    "Ψ": "psi", "Ω": "omega",
}  # fmt: skip
_SPELLED = str.maketrans(_GREEK)


@dataclass(frozen=True, slots=True)
class Unit:
    """`key` is equal for the forms of one word; `start:end` is where it stands in the plain text."""

    key: str
    start: int
    end: int


def plain(text: str) -> str:
    """Compatibility forms (full width, ligatures) and apostrophes as their plain ones; what `units` counts in."""
    return unicodedata.normalize("NFKC", text).replace("’", "'").replace("′", "'")


def units(plain: str) -> list[Unit]:
    """In order; punctuation between them is left out."""
    found: list[Unit] = []
    simplified = _simplified()
    for match in _PIECE.finditer(plain):
        piece = match.group()
        if SIGN.match(piece):
            found.append(Unit(simplified.get(piece, piece), match.start(), match.end()))
        else:
            start = match.start()
            found += [Unit(key, start + a, start + b) for key, a, b in _latin(piece)]
    return found


@lru_cache(maxsize=20_000)
def _latin(piece: str) -> tuple[tuple[str, int, int], ...]:
    """Words, or one identifier, of a run without white space: keys and places."""
    a, b = _bare(piece)
    bare = piece[a:b]
    if not bare:
        return ()
    if _identifies(bare):
        return ((_identifier(bare), a, b),)
    return tuple((_stem(word.group()), a + word.start(), a + word.end()) for word in _WORD.finditer(bare))


def _bare(piece: str) -> tuple[int, int]:
    """Where a run's name stands: punctuation around it and a possessive left out, a bracket that it opens itself kept."""
    a, b = 0, len(piece)
    while a < b and piece[a] in _OPEN:
        a += 1
    while b > a and piece[b - 1] in _CLOSE:
        last = piece[b - 1]
        if (last == ")" and piece.count("(", a, b) >= piece.count(")", a, b)) or (last == "'" and piece[a:b].casefold().startswith("psi'")):
            break
        b -= 1
    if piece[a:b].endswith("'s"):
        b -= 2
    return a, b


def _identifies(bare: str) -> bool:
    """A name in itself: with digits, or joined by more than hyphens."""
    return any(letter.isdigit() for letter in bare) or not all(letter.isalpha() or letter == "-" for letter in bare)


def _identifier(bare: str) -> str:
    return bare.translate(_SPELLED).casefold().replace("_", "").replace("-", "").replace("$", "").replace("\\", "")


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """Enough to bring a name's forms together; both sides of every comparison go through it."""
    word = word.translate(_SPELLED).casefold()
    if not word.isascii() or len(word) < 4:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            word = word[:-1] if word[-1] == word[-2] and word[-1] not in "sl" else word
            break
    return word.removesuffix("e") if len(word) > 3 else word


@cache
def _simplified() -> Mapping[str, str]:
    lines = resources.files("jitl").joinpath("traditional.tsv").read_text("utf-8").splitlines()
    return {a: b for line in lines if not line.startswith("#") for a, b in zip(*line.split("\t"), strict=True)}
