r"""Particles and decay modes, whichever way they are written: `$D^0\to K^-\pi^+$`, `D⁰ → K⁻π⁺` and `D0 -> K- pi+` are one name.

The canonical form is plain: Greek letters by name, index before charge, one blank between particles, `->` for the arrow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_GREEK = "alpha|beta|gamma|Gamma|delta|Delta|epsilon|eta|theta|Theta|kappa|lambda|Lambda|mu|nu|xi|Xi|pi|rho|sigma|Sigma|tau|upsilon|Upsilon|phi|Phi|chi|psi|Psi|omega|Omega"  # noqa: E501
_SIGNS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "Delta", "ε": "epsilon", "η": "eta", "θ": "theta", "κ": "kappa",
    "λ": "lambda", "Λ": "Lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "Ξ": "Xi", "π": "pi", "ρ": "rho", "σ": "sigma", "Σ": "Sigma",
    "τ": "tau", "υ": "upsilon", "Υ": "Upsilon", "ϒ": "Upsilon", "φ": "phi", "ϕ": "phi", "Φ": "Phi", "χ": "chi", "ψ": "psi", "Ψ": "Psi",
    "ω": "omega", "Ω": "Omega", "→": "->", "⟶": "->", "−": "-", "–": "-", "⁺": "^+", "⁻": "^-", "⁰": "^0", "±": "+-", "′": "'", "∗": "*",
}  # fmt: skip
_SPELLED = str.maketrans(_SIGNS)
_MACRO = re.compile(r"\\(to|rightarrow|longrightarrow|pm|mp|prime|ast|bar|overline|ell|[A-Za-z]+)[ ]*")
_MEANT = {
    "to": " -> ",
    "rightarrow": " -> ", "longrightarrow": " -> ", "pm": "+-", "mp": "-+", "prime": "'", "ast": "*", "bar": "~", "overline": "~",
    "ell": "l", "Jpsi": "J/psi", "jpsi": "J/psi",
    **dict.fromkeys(("mathrm", "rm", "it", "text", "mathit", "ensuremath", "left", "right", "xspace"), ""),
}  # fmt: skip
_NAME = rf"J/(?:{_GREEK})|(?:{_GREEK})|[A-Za-z]"
_MASS = r"\((?:\d{3,5}|[1-4][SPDspd])\)"
_INDEX = r"(?:[1-4]S|[scbSLJ](?=[^A-Za-z]|$)|c[J012]|b[J012]|(?:c|b)(?=[scbJ012])|[scb]\*|e|mu|tau|cs|cc|[0-5])"
_PARTICLE = re.compile(
    rf"(?P<anti>~|anti-?)?\{{?(?P<name>{_NAME})\}}?(?P<bar>bar|~)?(?P<prime>'*)"
    rf"(?P<marks>(?:_\{{[^{{}}]{{1,6}}\}}|_\w|\^\{{[^{{}}]{{1,8}}\}}|\^[+*0-]|\^\+-|{_MASS}|\*|\+\+|\+-|[+-](?!>)|0(?!\d)|'|(?<=[A-Za-z]){_INDEX}(?=[+\-*0(_^\s]|$))*)"
)
_PIECE = re.compile(r"_\{([^{}]*)\}|_(\w)|\^\{([^{}]*)\}|\^(\+-|[+*0-])|(\([^()]*\))|(\*|\+\+|\+-|[+-]|0|')|(\w+)")
_TEX = re.compile(r"\$([^$\n]{1,160})\$|\\\(([^\n]{1,160}?)\\\)")
_BASE = (
    "J/(?:psi|Psi|ψ)|[ψΨηφϕωρπμµτνγΛΣΞΩΔχΥϒ]|psi|Psi|eta|phi|omega|rho|pi|mu|tau|nu|gamma|Lambda|Sigma|Xi|Omega|Delta|chi|Upsilon|"
    "[KDBkdbepWZHhXYl]"
)
_SIGN = r"(?:[⁺⁻⁰±−]|\+\+|[+-](?![\w>+-])|[+-](?=(?:pi|K|mu|e|p|D|B|π|μ|J|τ|tau)(?:[+−⁺⁻0*/-]|$|[^\w]))|0(?!\d))"
_FLAVOUR = r"(?:_?(?:c[J012]?|b[J012]?|cc|s|S|L|[0-2]S|e|cs|[12])(?![A-Za-z]))"
_ONE = (
    rf"(?:anti-)?(?:{_BASE})(?:bar)?'?(?:\^0)?{_FLAVOUR}?(?:\((?:\d{{3,5}}|[1-4][SPD])\))?\*?\^?{_SIGN}?"
    r"(?:(?<=[+\-0⁺⁻⁰±−*)'])|(?![A-Za-z]))"
)
_PLAIN = re.compile(rf"(?<![\w\\/$.^{{+-]){_ONE}(?:[ ]?(?:-{{1,2}}>|→|⟶)?[ ]?{_ONE}){{0,13}}(?![\w(^])")
_TOLD = ("$", "+", "->", "J/psi", "\\(", "pi0", "K0", "D0", "B0", "(1", "(2", "(3", "(4")
_PHYSICS = re.compile(r"[⁺⁻⁰→ψηφωρπμµτνγΛΣΞΩΔχΥ]")
_MINUS = re.compile(r"[a-zA-Z0)*]-[\s,.;:)]")
_SURE = re.compile(
    r"(?:anti-)?(?:j/psi|(?:psi|eta|chi|upsilon|phi|rho|omega|h|z|x|y|k|d|b|lambda|xi|sigma|a|f)\w{0,3}\((?:\d{3,5}|[1-4][spd])\)\*?[+\-0]{0,2}"
    r"|(?:pi|k|d|b|rho|mu|tau|e|p|w|lambda|sigma|xi|omega|delta|kappa|z|h|h|y|x|t|l)(?:[cbs]{1,2}|cs)?'?\*?[+\-]{1,2}"
    r"|(?:pi|k|d|b|rho|lambda|sigma|xi|omega)(?:[cbs]{1,2})?\*?0|(?:chi|eta|h)[cb][012j]?|k[sl]0?|(?:psi|eta)'|[db][sc]\*?)"
)  # forms that are a particle's name wherever they stand
_GREEK_ONLY = re.compile(rf"(?:{_GREEK})s?")
_NEUTRAL_KAON = re.compile(r"K\^?\{?0\}?_?\{?([sSL])\}?(?![A-Za-z])")
_MOST = 14  # particles of a decay mode
_LONGEST = 200


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a particle or a mode stands, and its canonical form."""
    if not (any(one in text for one in _TOLD) or (not text.isascii() and _PHYSICS.search(text)) or _MINUS.search(text)):
        return
    for match in _TEX.finditer(text):
        if (form := canonical(match.group())) and _marked(match.group(1) or match.group(2), form):
            yield match.start(), match.end(), form
    for match in _PLAIN.finditer(text):
        written = match.group()
        if len(written) > 1 and (form := canonical(written)) and _marked(written, form):
            yield match.start(), match.end(), form


def is_mode(form: str) -> bool:
    """Whether a canonical form tells a decay or a reaction rather than one particle."""
    return " " in form


def named(name: str) -> str:
    """The canonical form of a name that is a particle or a mode; "" of any other."""
    form = canonical(name)
    return form if form and _sure(form) else ""


def _marked(written: str, form: str) -> bool:
    """Whether what stands in a text can be nothing but a particle or a mode."""
    lone = " " not in form and written[0] in "kdbh" and not written.isalpha()
    return not lone and _sure(form)


def _sure(form: str) -> bool:
    if "->" in form:
        sides = form.split(" -> ")
        return any(_SURE.fullmatch(part) for side in sides for part in side.split()) and (len(sides) == 2 or " " in sides[-1])
    if " " in form:
        return all(part[-1] in "+-0)" or part == "j/psi" for part in form.split()) and _SURE.match(form) is not None
    return _SURE.fullmatch(form) is not None


@lru_cache(maxsize=16_384)
def canonical(written: str) -> str:
    """The canonical form; "" where the whole is not made of particles (and arrows)."""
    if len(written) > _LONGEST:
        return ""
    text = unicodedata.normalize("NFC", written).strip().strip("$").removeprefix("\\(").removesuffix("\\)").translate(_SPELLED)
    text = _NEUTRAL_KAON.sub(r"K_\1^0", text)
    text = re.sub(r"-{1,2}>|=>", " -> ", _MACRO.sub(_macro, text).replace("\\,", " ").replace("^'", "'").replace("~ ", "~"))
    if not any(letter.isalpha() for letter in text):
        return ""
    parts: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " {}":
            at += 1
        elif text.startswith("->", at):
            parts.append("->")
            at += 2
        else:
            match = _PARTICLE.match(text, at)
            if not match or match.end() == at:
                return ""
            parts.append(_form(match))
            at = match.end()
        if len(parts) > _MOST:
            return ""
    return _checked(parts)


def _macro(match: re.Match[str]) -> str:
    name = match.group(1)
    if name in _MEANT:
        return _MEANT[name]
    return name if _GREEK_ONLY.fullmatch(name) else "?"


def _form(match: re.Match[str]) -> str:
    """One particle: bar, name, primes, index, mass, star, charge."""
    index = mass = star = charge = ""
    prime = match["prime"]
    for piece in _PIECE.finditer(match["marks"]):
        low, high, bracket, sign, word = piece[1] or piece[2], piece[3] or piece[4], piece[5], piece[6], piece[7]
        for mark in filter(None, (low, word)):
            index += mark
        if bracket:
            mass = bracket
        for mark in filter(None, (high, sign)):
            prime += "'" * mark.count("'")
            star += "*" if "*" in mark else ""
            charge += re.sub(r"[^+\-0-9]", "", mark)
    anti = "anti-" if match["anti"] or match["bar"] else ""
    return (anti + match["name"] + prime + index.strip("+-") + mass + star + charge).lower() if match["name"] != "H" else "H" + charge


def _checked(parts: list[str]) -> str:
    """Joined, if arrows stand between particles and something tells that these are particles at all."""
    if not parts or parts[0] == "->" or parts[-1] == "->" or parts.count("->") > 3:
        return ""
    joined = " ".join(parts)
    letters = [part for part in parts if part != "->"]
    certain = any(len(part) > 1 for part in letters)
    single = len(parts) == 1 and len(joined) < 2
    return "" if single or not certain else joined.lower()
