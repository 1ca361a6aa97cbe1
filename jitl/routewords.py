"""Names that speak for a route: of particle physics, of its software, of programming at large, of everything else.

`routewords.tsv` lists them by route and language. In a text the longest names are found first and none twice; letter case is nothing to
them, save for names that are plain words otherwise: BOSS and JUNO count as they stand here alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Final

from jitl import text as texts

ROUTES: Final = ("hep", "hep_code", "general", "general_code")
_LONGEST = 6  # words or signs of a name
_PLAIN = frozenset(
    re.findall(r"\w+", "boss root alice atlas juno belle athena gaudi art paw dune panda comet neut genie marlin eos ilc ams phoenix")
)

RUN: Final = re.compile(f"[{texts.CJK}]+|[^\\W\\d_{texts.CJK}]+|\\d+|[^\\w\\s]|_")
SIGN: Final = re.compile(f"[{texts.CJK}]")


def named(runs: Sequence[str]) -> dict[str, set[str]]:
    """Route -> its names among the text's runs (of `RUN`), in the form in which they are compared."""
    known = _known()
    found: dict[str, set[str]] = {route: set() for route in ROUTES}
    at = 0
    while at < len(runs):
        if SIGN.match(runs[at]):
            _signs(runs[at], known, found)
            at += 1
        else:
            at += _words(runs, at, known, found)
    return found


def _words(runs: Sequence[str], at: int, known: Mapping[str, str], found: dict[str, set[str]]) -> int:
    """Note the longest name that begins here; how many runs it takes."""
    first = runs[at].lower()
    if first not in _starts() and first.removesuffix("s") not in _starts():
        return 1  # of most words at once
    for size in range(min(_LONGEST, len(runs) - at), 0, -1):
        name = _form(runs[at : at + size])
        route = known.get(name) or known.get(name.removesuffix("s"))
        if route is not None:
            found[route].add(name)
            return size
    return 1


def _signs(run: str, known: Mapping[str, str], found: dict[str, set[str]]) -> None:
    at = 0
    while at < len(run):
        for size in range(min(_LONGEST, len(run) - at), 0, -1):
            route = known.get(run[at : at + size])
            if route is not None:
                found[route].add(run[at : at + size])
                at += size - 1
                break
        at += 1


def _form(runs: Sequence[str]) -> str:
    if len(runs) == 1 and runs[0].lower() in _PLAIN:
        return runs[0]
    return " ".join(run.lower() for run in runs)


@functools.cache
def _known() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for route, _, names in lines():
        for name in names:
            found.setdefault(_form(RUN.findall(name)), route)
    return found


@functools.cache
def _starts() -> frozenset[str]:
    """The first run of every name."""
    return frozenset(name.split(" ", 1)[0].lower() for name in _known())


def lines() -> Iterator[tuple[str, str, list[str]]]:
    """Route, language and names of each line."""
    for line in resources.files("jitl").joinpath("routewords.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            route, language, names = line.split("\t")
            yield route, language, names.split("|")
