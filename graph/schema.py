"""What a model may say of a passage: kinds of names, and relations with the kinds that they lead from and to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.facts import Kind

KINDS: Final = tuple(kind for kind in Kind if kind is not Kind.TERM)
"""`Kind.NAME` stands for every other one and may be either end of any relation."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`name` is the relation phrase of its statements, folded."""

    name: str
    subjects: frozenset[Kind]
    objects: frozenset[Kind]

    def joins(self, subject: Kind, object_: Kind) -> bool:
        return all(kind is Kind.NAME or kind in ends for kind, ends in ((subject, self.subjects), (object_, self.objects)))


_PEOPLE: Final = frozenset({Kind.PERSON})
_GROUPS: Final = frozenset({Kind.EXPERIMENT})
_DEVICES: Final = frozenset({Kind.DETECTOR})
_CODE: Final = frozenset({Kind.SOFTWARE, Kind.RELEASE, Kind.CODE})
_PAPERS: Final = frozenset({Kind.PAPER})
_PHYSICS: Final = frozenset({Kind.PARTICLE, Kind.DECAY})
_MADE: Final = _DEVICES | _CODE | _PAPERS
_ALL: Final = frozenset(KINDS)

RELATIONS: Final = {
    one.name: one
    for one in (
        Relation("part of", _GROUPS | _DEVICES | _CODE, _GROUPS | _DEVICES | _CODE),
        Relation("member of", _PEOPLE | _GROUPS, _GROUPS),
        Relation("leads", _PEOPLE, _GROUPS | _DEVICES | _CODE),
        Relation("made", _PEOPLE | _GROUPS, _MADE),
        Relation("maintains", _PEOPLE | _GROUPS, _MADE),
        Relation("observes", _PEOPLE | _GROUPS | _DEVICES | _PAPERS, _PHYSICS),
        Relation("measures", _PEOPLE | _GROUPS | _DEVICES | _PAPERS | _CODE, _PHYSICS),
        Relation("decays to", _PHYSICS, _PHYSICS),
        Relation("produces", _GROUPS | _DEVICES | _CODE | _PHYSICS, _PHYSICS | _CODE),
        Relation("uses", _GROUPS | _MADE, _DEVICES | _CODE | _PAPERS),
        Relation("requires", _CODE | _DEVICES, _CODE | _DEVICES),
        Relation("calibrates", _CODE | _DEVICES | _PHYSICS, _DEVICES),
        Relation("reads", _CODE | _DEVICES, _CODE | _DEVICES),
        Relation("version of", _CODE, _CODE),
        Relation("replaces", _MADE, _MADE),
        Relation("describes", _PAPERS, _ALL),
        Relation("located at", _GROUPS | _DEVICES, _GROUPS),
    )
}


def listed() -> str:
    """The relations as a model is told of them, a line each."""
    return "\n".join(f"- {one.name}: {_kinds(one.subjects)} -> {_kinds(one.objects)}" for one in RELATIONS.values())


def _kinds(ends: frozenset[Kind]) -> str:
    return "any" if ends == _ALL else ", ".join(kind.value for kind in KINDS if kind in ends)
