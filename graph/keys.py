"""The folded form of a name: names with equal keys are one node of the graph."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape

from graph import particles

_GREEK = {
    "alpha": "αΑ", "beta": "βΒ", "gamma": "γΓ", "delta": "δΔ", "epsilon": "ε", "zeta": "ζΖ", "eta": "ηΗ", "theta": "θϑΘ", "iota": "ι",
    "kappa": "κ", "lambda": "λΛ", "mu": "μ", "nu": "ν", "xi": "ξΞ", "pi": "πΠ", "rho": "ρ", "sigma": "σςΣ", "tau": "τ", "upsilon": "υΥϒ",
    "phi": "φϕΦ", "chi": "χ", "psi": "ψΨ", "omega": "ωΩ",
}  # fmt: skip
_LETTERS = {sign: name for name, signs in _GREEK.items() for sign in signs} | {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h",
    "’": "'", "‘": "'", "ʻ": "'", "`": "'", "′": "'", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "→": "->", "⁄": "/",
}  # fmt: skip
_SPELLED = str.maketrans(_LETTERS)
_ACCENTS = re.compile("[\u0300-\u036f]+")
_INDEX = re.compile(r"(?<![^\W_])([^\W\d_])_(?=[^\W_])")  # Z_c, D_s
_MATH = re.compile(r"\\(?:mathrm|text|mathit|rm|it|bf|emph|textit|textbf|ensuremath|xspace|left|right|[,;!: ])|[${}\\]")
_POSSESSIVE = re.compile(r"'s?(?![^\W_])")
_SIGNS = re.compile(r"[\\$^→⁺⁻⁰±−ψμπηφωρτνγΛΣΞΩΔχΥ_]|->|[+-](?:\s|$)|[(]\d|[a-z]0\b|psi|pi|eta'|K[SL]")
_ARTICLE = re.compile(r"(?:(?:the|an|a(?= *[^\W_]{2}))[ _]+)+(?=\S)")
_DROPPED = re.compile(r"['\"“”«»]")
_BETWEEN = re.compile(
    r"(?:[^\w+#/()&]|&(?!\w)|(?<!\w)&)+|_+|/(?=\d)|[(](?!\d+[)])|(?<![(]\d)(?<![(]\d\d)(?<![(]\d{3})(?<![(]\d{4})(?<![(]\d{5})[)]"
)
_RELEASE = re.compile(r"(?<= )v(?=\d+[._/]\d)")  # ROOT v6.24/06
_LETTER_RUN = re.compile(r"(?<![^ ])[^\W\d_](?: [^\W\d_](?![^ ]))+")
_LONGEST = 200  # letters of a key: what an index can hold
_MOST = 6  # times that a name is folded until nothing changes
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


@lru_cache(maxsize=65_536)
def key(name: str) -> str:
    """Letters without case, accents and compatibility forms, Greek ones by name; words parted by one blank. A key is its own key.

    Particles and decay modes have the form of `graph.particles`. Kept are `+`, `#`, `/`, an `&` within a word and a number in
    brackets (C++, J/psi, R&D, Zc(3900)); left out are leading articles and the possessive `'s`. Single letters in a row are written
    as one word: U.S. = US, A. P. J. = APJ. At most 200 letters. A name of signs alone is its folded self.
    """
    folded = _folded(unescape(name) if "&" in name else name)
    for _ in range(_MOST):
        again = _folded(folded)
        if again == folded:
            break
        folded = again
    return folded


def _folded(name: str) -> str:
    if _SIGNS.search(name) and (form := particles.named(name)):
        return form
    text = unicodedata.normalize("NFKC", name).casefold().translate(_SPELLED)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    folded = _INDEX.sub(r"\1", _MATH.sub("", text)).strip()
    folded = _ARTICLE.sub("", folded, count=1) if _ARTICLE.match(folded) else folded
    folded = _DROPPED.sub("", _POSSESSIVE.sub("", _RELEASE.sub("", folded)))
    folded = " ".join(_BETWEEN.sub(" ", folded).split())
    folded = _LETTER_RUN.sub(lambda match: match.group().replace(" ", ""), folded)
    return (_HAN_GAP.sub("", folded) or " ".join(text.split()))[:_LONGEST].rstrip()
