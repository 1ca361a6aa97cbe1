r"""Our terms: words by their stems, identifiers and numbers whole and in parts, Chinese by signs and pairs of signs.

An identifier joins parts by punctuation (`J/psi`, `B0->K*mumu`, `Zc(3900)`, `snake_case`, `7.0.5`), by case (`BesEvtGen`) or with
digits (`DD4hep`). It counts once whole, as one word without its punctuation (so `Z_c(3900)`, `Zc(3900)` and `Zc3900` are one), and
once for each part. Greek letters, accents and TeX are written out (`J/ψ`, `$J/\psi$`, `J/psi` are one). Terms are hashed to u32;
engines and SQL hold nothing else.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from jitl.text import CJK

K1 = 1.2
B = 0.5
MEAN_LENGTH = 80.0  # of an ordinary passage; fixed, so that a passage's weights never change
SIGN_LENGTH = 0.2  # a Chinese sign or pair in the measure of an English word
_KNOWN = 50_000  # runs whose terms are remembered

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρςστυφχψωϕϑϵΓΔΘΛΞΠΣΦΨΩ",
        re.findall(
            r"\w+",
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon phi chi psi "
            "omega phi theta epsilon Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega",
        ),
        strict=True,
    )
)
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a about am an and any are as at be been being but by can could did do does doing for from had has have having he her here hers "
        "him his how i if in into is it its itself just me my of on or our ours she should so some such than that the their theirs them "
        "then there these they this those to too very was we were what when where which while who whom whose why will with would you "
        "your yours don didn doesn isn wasn aren weren hasn haven couldn wouldn shouldn",
    )
)
_RUN = re.compile(f"[{CJK}]+|[^\\s{CJK}]{{1,200}}")  # no name is longer, and patterns stay fast on junk
_SIGNS = re.compile(f"[{CJK}]")
_TEX_GROUP = re.compile(r"(?<=[\^_])\{([^{}\s]*)\}")
_TEX_COMMAND = re.compile(r"(?<![A-Za-z])\\(?=[A-Za-z])")  # \psi is psi; \alpha\beta stays two words
_BREAK = re.compile(
    r"[;\"\u201c\u201d\u201e\u00ab\u00bb|<\[\]{}=\\\u2013\u2014]|(?<!-)>|(?<!\d),|,(?!\d)|--(?!>)|\.{2,}|(?<=[a-z]{3})[.?!:)](?=[A-Z])"
)
_OUTER = re.compile(r"^[\W_]+|[\W_]+$")
_SUFFIX = re.compile(r"['\u2019](?:s|t|re|ve|ll|d|m)?$", re.IGNORECASE)
_PART = re.compile(r"[^\W_]+")
_CASE = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_VERSION = re.compile(r"(?<![\d.])\d+(?:\.\d+)+(?![\d.])")
_JOINT = re.compile(r"[^\w*]|_")
_ACCENT = re.compile("[\u0300-\u036f]")
_MOST_PARTS = 6  # of what still is one name: longer joins (paths, addresses) count by their parts alone


_Run = tuple[tuple[int, ...], float]
"""Hashed terms of a run of signs or letters, and its length in the measure of English words."""


class HepTerms:
    """Safe in several threads: a stemmer is not, so each thread has its own."""

    id = "hep-terms-1"

    def __init__(self) -> None:
        self._stemmers = threading.local()
        self._known: dict[str, _Run] = {}

    def terms(self, text: str) -> Mapping[int, int]:
        return Counter([term for hashed, _ in self._runs(text) for term in hashed])

    def passage(self, text: str) -> Mapping[int, float]:
        runs = self._runs(text)
        counts = Counter([term for hashed, _ in runs for term in hashed])
        length = 0.0
        for _, measure in runs:
            length += measure
        norm = K1 * (1 - B + B * length / MEAN_LENGTH)
        return {term: count * (K1 + 1) / (count + norm) for term, count in counts.items()}

    def question(self, text: str, frequencies: Mapping[int, int], passages: int) -> Mapping[int, float]:
        """Terms that no passage holds are left out: they find nothing."""
        held = ((term, count, frequencies.get(term, 0)) for term, count in self.terms(text).items())
        return {term: count * math.log1p((passages - n + 0.5) / (n + 0.5)) for term, count, n in held if 0 < n <= passages}

    def _runs(self, text: str) -> list[_Run]:
        known = self._known
        return [known.get(run) or self._learn(run) for run in _RUN.findall(_plain(text))]

    def _learn(self, run: str) -> _Run:
        signs = _SIGNS.match(run) is not None
        hashed = tuple(_hash(word) for word in (_signs(run) if signs else self._words(run)) if word)
        learnt = (hashed, len(hashed) * SIGN_LENGTH if signs else len(hashed))
        if len(self._known) >= _KNOWN:
            self._known.clear()
        if len(run) <= 40:
            self._known[run] = learnt
        return learnt

    def _words(self, run: str) -> Iterator[str]:
        for piece in _BREAK.split(_THOUSANDS.sub("", _spell(run))):
            name = _OUTER.sub("", _SUFFIX.sub("", _OUTER.sub("", piece)))
            yield from _versions(name)
            rest = _VERSION.sub(" ", name)
            parts = _PART.findall(name)
            if len(parts) > 1 and rest.strip():
                yield from map(self._stem, _whole(name, parts))
            if len(parts) > 1 and all(len(part) == 1 and part.isalpha() for part in parts):
                continue  # U.S. is one word
            for part in _PART.findall(rest):
                yield from self._part(part, alone=len(parts) == 1)

    def _part(self, part: str, *, alone: bool) -> Iterator[str]:
        """A stretch of letters and digits: a word, a number, or joined pieces of them."""
        pieces = _CASE.findall(part) if len(part) > 3 else [part]  # GeV is one word
        if len(pieces) > 1:
            yield self._stem(part.casefold())
            pieces = [piece for piece in pieces if len(piece) > 1]
        for piece in pieces:
            word = piece.casefold()
            if not (alone and word in _STOP):
                yield self._stem(word)

    def _stem(self, word: str) -> str:
        if not (word.isascii() and word.isalpha()):
            return word
        stemmer = getattr(self._stemmers, "english", None)
        if stemmer is None:
            import Stemmer

            stemmer = self._stemmers.english = Stemmer.Stemmer("english")
        stem: str = stemmer.stemWord(word)
        return stem


def _plain(text: str) -> str:
    """The text as terms are read from it: compatibility forms, TeX groups and commands written out."""
    text = unicodedata.normalize("NFKC", text)
    if "{" in text:
        text = _TEX_GROUP.sub(r"\1", text)
    if "\\" in text:
        text = _TEX_COMMAND.sub("", text)
    return text.replace("$", "") if "$" in text else text


def _signs(run: str) -> Iterator[str]:
    yield from run
    for first, second in itertools.pairwise(run):
        yield first + second


def _spell(run: str) -> str:
    """Accents dropped and Greek letters written out."""
    if run.isascii():
        return run
    return "".join(_GREEK.get(letter, letter) for letter in _ACCENT.sub("", unicodedata.normalize("NFKD", run)))


def _versions(name: str) -> Iterator[str]:
    """7.0.5 as it stands and as 7.0: who asks for one may mean the other. A decimal number stands for itself."""
    for match in _VERSION.finditer(name):
        numbers = match.group().split(".")
        for end in range(2, len(numbers) + 1):
            yield ".".join(numbers[:end])


def _whole(name: str, parts: Sequence[str]) -> Iterator[str]:
    """The identifier as one word; numbers keep what joins them: 10-20 is not 1020."""
    if all(part.isdigit() for part in parts):
        yield name
    elif len(parts) <= _MOST_PARTS:
        yield _JOINT.sub("", name).casefold()


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big")
