"""Pairs of (question, correction's question) with what is to be learned of them: whether it answers, whether it is needed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tests.quality.pairs.steps import agents, measures, same_step, second_step
from tests.quality.pairs.taught import Taught, lines, unrelated

Encode = Callable[[Sequence[str]], np.ndarray]


class Pair(NamedTuple):
    question: str
    taught: str
    same: int = 0
    dependent: int = 0


REPEATED = {"zsre": 4, "hep": 2, "hep_more": 2, "across": 2}
OPENINGS = (
    "please tell me: ",
    "could you say ",
    "i would like to know ",
    "quick question, ",
    "does anyone know ",
    "hi all, ",
    "remind me ",
)
ASKS = ("when", "where", "who", "why", "how", "which", "what")
OPPOSITES = {
    first: second
    for pair in (
        "begin end", "start stop", "first last", "before after", "above below", "maximum minimum", "longest shortest", "largest smallest",
        "upper lower", "inner outer", "barrel endcap", "open close", "input output", "enable disable", "user group", "old new", "day night",
        "mass width", "rate efficiency", "mean width", "birth death", "born died", "author publisher", "founded closed", "parent child",
        "mother father", "north south", "submit delete", "install remove", "previous next", "internal public", "electron muon",
    )
    for first, second in (pair.split(), pair.split()[::-1])
}  # fmt: skip
NUMBER = re.compile(r"\d+")
VERB = re.compile(r"\b(is|are|was|were|does|do|did|can)\b")


def make(taught: Mapping[str, Sequence[Taught]], encode: Encode, seed: int, of_half: int | None) -> list[Pair]:
    """Equal arguments, equal pairs. `of_half`: which unrelated questions may be used; None: all."""
    chance = random.Random(seed)
    everyone = [one for rows in taught.values() for one in rows]
    relations = Relations()
    pairs = [pair for name, rows in taught.items() if rows for pair in _of_set(name, rows, everyone, relations, encode, chance)]
    strangers = [text for at, text in enumerate(unrelated()) if of_half is None or at % 2 == of_half]
    for rows in taught.values():
        if rows:
            some = chance.sample(strangers, min(len(strangers), len(rows) // 4 + 60))
            pairs += [Pair(text, rows[at[0]].question) for text, at in zip(some, nearest(some, rows, encode, 2), strict=True)]
    pairs += list(relations.pairs(1500, chance))
    asked = [one.question for one in everyone if one.set == "hep"]
    pairs += [Pair(text, question, same=int(same)) for _ in range(3) for text, question, same in agents(asked, chance)]
    pairs += [Pair(text, question, same=int(same)) for text, question, same in measures(400, chance)]
    pairs = [_worn(pair, chance) for pair in pairs]
    chance.shuffle(pairs)
    return pairs


class Relations:
    """Wordings of relations between things of the world (kg_pararel)."""

    def __init__(self) -> None:
        self.wordings = {row["rel"]: row["patterns"] for row in lines("kg_pararel", "patterns.jsonl")}
        self._facts = [fact for fact in lines("kg_pararel", "facts.jsonl") if fact["rel"] in self.wordings]

    def said(self, relation: str, subject: str) -> list[str]:
        """The wordings that end where the answer would stand, about this subject."""
        ended = (wording.strip().rstrip(" .") for wording in self.wordings.get(relation, ()))
        return [wording[:-3].strip().replace("[X]", subject) for wording in ended if wording.endswith("[Y]")]

    def pairs(self, count: int, chance: random.Random) -> Iterator[Pair]:
        for fact in chance.sample(self._facts, count):
            here = self.said(fact["rel"], fact["s"])
            other = self.said(chance.choice([relation for relation in self.wordings if relation != fact["rel"]]), fact["s"])
            if len(here) > 1:
                first, second = chance.sample(here, 2)
                yield Pair(first, second, same=1)
            if here and other:
                yield Pair(chance.choice(here), chance.choice(other))


def _of_set(
    name: str, rows: Sequence[Taught], everyone: Sequence[Taught], relations: Relations, encode: Encode, chance: random.Random
) -> Iterator[Pair]:
    asked: list[tuple[str, Taught | None]] = []
    for one in list(rows) * REPEATED.get(name, 1):
        yield from _own(one, chance)
        yield from _made_up(one, rows, everyone, relations, chance)
        covered = one.covered if len(one.covered) < 3 else chance.sample(one.covered, 2)
        asked += [(text, one) for text in (*covered, *one.dependent[:1], one.question)]
        others = one.others if len(one.others) < 3 else chance.sample(one.others, 2)
        asked += [(text, None) for text in others]
    for (text, own), found in zip(asked, nearest([text for text, _ in asked], rows, encode, 6), strict=True):
        rivals = [rows[at] for at in found if _rival(text, own, rows[at])]
        yield from (Pair(text, rival.question) for rival in rivals[:2])


def _rival(text: str, own: Taught | None, other: Taught) -> bool:
    """Whether the other correction surely does not answer the text."""
    if own is None:
        return other.subject is None or other.subject not in text
    if own.id == other.id or text == other.question:
        return False
    return other.answer != own.answer if other.subject is None else (other.answer, other.subject) != (own.answer, own.subject)


def _own(one: Taught, chance: random.Random) -> Iterator[Pair]:
    """What its set says of it."""
    for text in one.covered if len(one.covered) < 4 else chance.sample(one.covered, 3):
        yield Pair(text, one.question, same=1)
        if one.set == "hep" and chance.random() < 0.5:
            yield Pair(one.question, text, same=1)  # whoever teaches may choose either words
    for text in one.others:
        yield Pair(text, one.question)
    for statement, text in zip(one.statements, one.others, strict=False):
        yield Pair(text, statement, same=1)
        yield Pair(statement, one.question)
    for text in one.dependent:
        yield Pair(text, one.question, dependent=1)
    if chance.random() < 0.2:
        yield Pair(one.question, one.question, same=1)


def _made_up(
    one: Taught, rows: Sequence[Taught], everyone: Sequence[Taught], relations: Relations, chance: random.Random
) -> Iterator[Pair]:
    asked = chance.choice((one.question, *one.covered))
    yield from _twisted(one, asked, chance)
    if one.subject:
        yield from _about_its_subject(one, asked, rows, everyone, relations, chance)


def _twisted(one: Taught, asked: str, chance: random.Random) -> Iterator[Pair]:
    """The same words but for the one that decides, and a question that needs the answer for another."""
    if chance.random() < (0.6 if one.set == "hep" else 0.3) and (further := second_step(asked, chance)):
        yield Pair(further, one.question, dependent=1)
    if chance.random() < 0.4 and (noun := same_step(asked, chance)):
        yield Pair(noun, one.question, same=1)
    if chance.random() < 0.15 and VERB.search(asked):
        yield Pair(VERB.sub(r"\1 not", asked, count=1), one.question)
    number = NUMBER.search(one.question)
    if number and one.subject is None and number.group() in asked:
        other = str(int(number.group()) + chance.choice((1, 2, 3, 10, 100)))
        yield Pair(asked.replace(number.group(), other), one.question)
    words = asked.split()
    turned = [at for at, word in enumerate(words) if word.lower().strip("?,.") in OPPOSITES]
    if turned and chance.random() < 0.7:
        at = chance.choice(turned)
        yield Pair(" ".join([*words[:at], OPPOSITES[words[at].lower().strip("?,.")], *words[at + 1 :]]), one.question)
    if words[0].lower() in ("when", "where", "who", "why") and chance.random() < 0.15:
        yield Pair(" ".join([chance.choice([w for w in ASKS[:4] if w != words[0].lower()]), *words[1:]]), one.question)


def _about_its_subject(
    one: Taught, asked: str, rows: Sequence[Taught], everyone: Sequence[Taught], relations: Relations, chance: random.Random
) -> Iterator[Pair]:
    subject = one.subject or ""
    # The same subject in another correction's words: another relation, where the two are known to differ.
    other = chance.choice(everyone if chance.random() < 0.4 else rows)
    words = chance.choice((other.question, *other.covered))
    if other.subject and other.subject in words and _differ(one, other):
        yield Pair(words.replace(other.subject, subject), one.question)
    if one.relation and chance.random() < 0.5:
        relation = chance.choice([name for name in relations.wordings if name != one.relation])
        yield from (Pair(text, one.question) for text in relations.said(relation, subject)[:1])
    # The same words about another subject.
    other = chance.choice(rows)
    if other.subject and other.subject != subject and subject in asked:
        yield Pair(asked.replace(subject, other.subject), one.question)
    same = relations.said(one.relation or "", subject)
    if same and chance.random() < 0.7:
        yield Pair(chance.choice(same), one.question, same=1)


def _differ(one: Taught, other: Taught) -> bool:
    """Whether they surely ask for different relations: two wordings without a word in common where no set names the relation."""
    if one.relation and other.relation:
        return one.relation != other.relation
    mine = set(re.findall(r"[a-z]{4,}", one.question.replace(one.subject or "", " ").lower()))
    theirs = set(re.findall(r"[a-z]{4,}", other.question.replace(other.subject or "", " ").lower()))
    return not {word[:5] for word in mine - COMMON} & {word[:5] for word in theirs - COMMON}


DROPPED = frozenset("a an the is are was were do does did of in on at to for by what which that".split())
COMMON = frozenset("what which where when whose name that have does with from this they there".split())


def _worn(pair: Pair, chance: random.Random) -> Pair:
    """A part as people type: an opening before, two letters in the wrong order, no mark at the end."""
    roll, text = chance.random(), pair.question
    if roll < 0.04:
        text = chance.choice(OPENINGS) + text
    elif roll < 0.07:
        at = [m.start() for m in re.finditer(r"[a-z]{6,}", text)]
        if at:
            k = chance.choice(at) + 2
            text = text[:k] + text[k + 1] + text[k] + text[k + 2 :]
    elif roll < 0.12:
        text = text.rstrip("?. ")
    elif roll < 0.18:  # as searched for, or as put together from a glossary
        text = " ".join(word for word in text.split() if word.lower() not in DROPPED) or text
    return pair._replace(question=text)


def nearest(texts: Sequence[str], rows: Sequence[Taught], encode: Encode, count: int) -> list[list[int]]:
    """By cosine, best first."""
    held = encode([one.question for one in rows]).T
    count = min(count, len(rows))
    found: list[list[int]] = []
    for start in range(0, len(texts), 512):
        cosines = encode(texts[start : start + 512]) @ held
        best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        found += [sorted(row.tolist(), key=lambda at, row=number: -cosines[row, at]) for number, row in enumerate(best)]
    return found
