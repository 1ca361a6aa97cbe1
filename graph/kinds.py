"""What a name names: by a list of the field's own names, by its form, or by the words around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from graph.facts import Kind
from graph.keys import key
from graph.words import ROLES

_UPPER = r"[A-ZÀ-ÖØ-Þ]"
_FAMILY = rf"{_UPPER}[\w’'-]+"
_INITIALED = re.compile(
    rf"(?:{_UPPER}\.[ -]?)+(?:(?:van|von|de|der|del|la) )*{_FAMILY}(?: {_FAMILY})?|{_FAMILY} (?:{_UPPER}\. ?)+{_FAMILY}"
)
_JOURNAL = re.compile(r" (?:Phys|Rev|Lett|Nucl|Instrum|Meth|Math|Comput|Conf|Ser|Proc|Chem|Astron|Astrophys|High|Eur)\b")
_LIVED = re.compile(
    r" ?\( ?(?:born|b\.|née|[^()]{0,60}\b1\d{3}\b[^()]{0,12} ?[–—-] ?[^()]{0,30}\d{4} ?\)|[^()]{0,40}; born)|\"? ?[<(][\w.+-]{1,60}@"
)
_AFTER = re.compile(
    r"[ \n](?:(?P<experiment>[Cc]ollaboration|[Ee]xperiment)|(?P<detector>detector|calorimeter|tracker|spectrometer|accelerator|collider)"
    r"|(?P<software>package|library|framework|software|toolkit|generator|module|plugin|extension|daemon|compiler))\b"
)
_FORMS = re.compile(
    r"(?P<paper>arXiv:\s?(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?|\b(?:hep|nucl|astro|math|cond)-(?:ex|ph|th|lat|mat)/\d{7}\b"
    r"|\b10\.\d{4,9}/[\w./()-]{2,60}\w)"
    r"|(?P<release>\b[A-Z][A-Za-z0-9+_]{1,20}[ \xa0-](?:version |release )?v?\d{1,4}(?:\.\d{1,4}){1,3}"
    r"(?:/\d{2})?(?:[-.]?(?:p|patch|rc|beta|alpha)\d{1,3})?\b)"
    r"|(?P<code>\b[A-Za-z_]\w{0,60}(?:::~?\w{1,60})+|\b_{0,2}[A-Za-z][A-Za-z0-9]{0,40}(?:_[A-Za-z0-9]{1,40})+\b"
    r"|\b[A-Z][a-z0-9]{1,30}(?:[A-Z]{1,5}[a-z0-9]{1,30})+\b)"
)
_BRACKET = re.compile(r"[(<]")
_HINT = re.compile(r"[a-z0-9][A-Z]|\d\.\d|_\w|::|-[a-z]{2,3}/\d")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|\d+")
_NO_RELEASE = frozenset(
    """
    in at on of to from by since section figure table chapter version release until between and or step fig eq sec
    """.split()  # noqa: SIM905
)
_NO_ROLES = frozenset({"prime", "chief", "crown", "st", "saint", "major"})
_VERSION = re.compile(r"[arXiv]*v\d+$")


def forms(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Papers, releases and code identifiers, which no run of words shows."""
    if not _HINT.search(text):
        return
    for match in _FORMS.finditer(text):
        start, end = match.span()
        if match.lastgroup == "paper":
            yield start, end - len(_version(match.group())), Kind.PAPER
        elif match.lastgroup == "release":
            name = match.group().split()[0].split("-")[0]
            if name.lower() not in _NO_RELEASE and not name.isdigit():
                yield start, end, Kind.RELEASE
        elif not match.group().startswith(("Mc", "Mac")):
            humps = 3 if "_" in match.group() or "::" in match.group() else len(_HUMP.findall(match.group()))
            yield start, end, Kind.CODE if humps > 2 else Kind.NAME


def _version(identifier: str) -> str:
    found = _VERSION.search(identifier) if identifier.lower().startswith("arxiv") else None
    return found.group() if found else ""


def spaced(name: str) -> str:
    """A WikiWord in words ("Access Control"); "" where it is none."""
    if not name.isalnum() or not name[0].isupper():
        return ""
    humps = _HUMP.findall(name)
    if len(humps) < 2 or "".join(humps) != name or sum(len(hump) > 1 and hump.isalpha() for hump in humps) < 2:
        return ""
    return " ".join(humps)


def kind_of(folded: str, name: str, text: str, end: int) -> Kind:
    """Of a proper name by the list, its form and the words after it."""
    known = listed().get(folded)
    if known:
        return known[0]
    if " " not in name:
        after = _AFTER.match(text, end)
        return Kind(str(after.lastgroup)) if after else Kind.NAME
    if ("." in name and _INITIALED.fullmatch(name) and not _JOURNAL.search(name)) or name.split(" ", 1)[0].rstrip(".").lower() in ROLES - {
        "prime",
        "chief",
        "crown",
        "st",
        "saint",
        "major",
    }:
        return Kind.PERSON
    return Kind.PERSON if _BRACKET.search(text, end, end + 3) and _LIVED.match(text, end) else Kind.NAME


@cache
def listed() -> Mapping[str, tuple[Kind, str]]:
    """Key -> kind and the key of the thing's usual name."""
    found: dict[str, tuple[Kind, str]] = {}
    for line in resources.files("graph").joinpath("known.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            kind, _, names = line.partition("\t")
            keys = [key(name) for name in names.split("|")]
            for one in keys:
                found.setdefault(one, (Kind(kind), keys[0]))
    return found
