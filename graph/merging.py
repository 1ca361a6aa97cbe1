"""The write side of the graph in Neo4j: inside one transaction, what passages say now takes the place of what they said.

A passage whose stamp is unchanged is left alone, so that repeating a projection costs a look. Writers of one collection take turns
(each holds its node), so that counts add up and none takes for an orphan a name which another is about to use.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from graph import cypher, packing
from graph.bolt import Row, Run
from graph.facts import PassageFacts

BATCH: Final = 200
"""Passages a transaction moves."""
PARTS: Final = ("passages", "mentions", "aliases", "statements")
_UNTITLED: Final = 2**62

_Node: TypeAlias = tuple[str, str]
"""Collection and key."""
_Form: TypeAlias = tuple[str, str]
"""Spelling and kind."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A passage in the server's own form."""

    id: str
    version: str
    collection: str
    stamp: str
    names: bytes
    aliases: int
    statements: int


def write(run: Run, facts: Sequence[PassageFacts]) -> None:
    """Hold these facts of these passages; none is named twice."""
    ids = [passage.chunk_id for passage in facts]
    _lock(run, {passage.collection_id for passage in facts} | {row[2] for row in run(cypher.HELD, ids=ids)})
    held = {row[0]: _Held(*row) for row in run(cypher.HELD, ids=ids)}
    come = {passage.chunk_id: _packed(passage) for passage in facts}
    changed = [passage for passage in facts if held.get(passage.chunk_id) != come[passage.chunk_id]]
    if changed:
        _move(run, [held[one.chunk_id] for one in changed if one.chunk_id in held], [come[one.chunk_id] for one in changed], changed)


def remove(run: Run, wanted: str, **parameters: Any) -> bool:
    """Forget the passages that the statement finds, `BATCH` of them at most; False where it finds none."""
    _lock(run, {row[2] for row in run(wanted, most=BATCH, **parameters)})
    old = [_Held(*row) for row in run(wanted, most=BATCH, **parameters)]
    if old:
        _move(run, old, [], [])
    return bool(old)


def titled(place: int) -> bool:
    """Whether the name is the title of the document that this place of it is in."""
    return place < _UNTITLED


def _lock(run: Run, collections: Iterable[str]) -> None:
    """Until this transaction ends no other one writes to these collections."""
    run(cypher.LOCK, ids=sorted(collections))


def _packed(passage: PassageFacts) -> _Held:
    facts = packing.in_order(passage.facts)
    names, aliases, statements = (
        packing.pack_mentions(facts.mentions),
        packing.pack_aliases(facts.aliases),
        packing.pack_statements(facts.statements),
    )
    stamp = hashlib.sha256(b"%d %d " % (len(names), len(aliases)) + names + aliases + statements).hexdigest()
    return _Held(passage.chunk_id, passage.version_id, passage.collection_id, stamp, names, len(facts.aliases), len(facts.statements))


def _move(run: Run, old: Sequence[_Held], new: Sequence[_Held], facts: Sequence[PassageFacts]) -> None:
    """Let the new passages stand where the old ones stood; `facts` are those of the new ones."""
    ends = {(each.collection_id, key) for each in facts for one in each.facts.aliases for key in (one.key, one.other)}
    loose = {(row[0], row[1]) for clear in cypher.CLEAR for row in _for_each(run, clear, [each.id for each in old])}
    loose |= _count(run, old, new, ends)
    _for_each(run, cypher.DROP, sorted({each.id for each in old} - {each.id for each in new}))
    _for_each(run, cypher.PASSAGES, [astuple(each) for each in new])
    named = [(p.chunk_id, p.collection_id, [(m.key, _place(p.chunk_id, m.titled)) for m in p.facts.mentions]) for p in facts]
    aliases = [(p.chunk_id, p.collection_id, a.key, a.other) for p in facts for a in p.facts.aliases]
    stated = [(p.chunk_id, p.collection_id, *astuple(s)) for p in facts for s in p.facts.statements]
    for statement, rows in ((cypher.MENTIONS, named), (cypher.ALIASES, aliases), (cypher.STATEMENTS, stated)):
        _for_each(run, statement, rows)
    _for_each(run, cypher.PRUNE, sorted(loose))


def _for_each(run: Run, statement: str, rows: Sequence[Any]) -> list[Row]:
    return run(statement, rows=rows) if rows else []


def _count(run: Run, old: Sequence[_Held], new: Sequence[_Held], ends: set[_Node]) -> set[_Node]:
    """Move every count along, and have the names that the new passages and the ends of their aliases need; those in no passage now."""
    forms: defaultdict[_Node, Counter[_Form]] = defaultdict(Counter)
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sign, passages in ((1, new), (-1, old)):
        for each in passages:
            mentions = packing.unpack_mentions(each.names)
            for mention in mentions:
                forms[each.collection, mention.key][mention.name, mention.kind.value] += sign
            for part, number in zip(PARTS, (1, len(mentions), each.aliases, each.statements), strict=True):
                totals[each.collection][part] += sign * number
    _for_each(run, cypher.ADD, [(collection, *(sums[part] for part in PARTS)) for collection, sums in totals.items()])
    nodes = sorted(set(forms) | ends)
    held = {(row[0], row[1]): json.loads(row[2]) for row in _for_each(run, cypher.FORMS, nodes)}
    rows = [_name(node, held.get(node, []), forms[node]) for node in nodes if forms[node] or node not in held]
    _for_each(run, cypher.NAMES, rows)
    return {(collection, key) for collection, key, passages, _ in rows if not passages}


def _name(node: _Node, held: Sequence[tuple[str, str, int]], moved: Counter[_Form]) -> tuple[str, str, int, str]:
    """A name's collection, key, passages and forms as they are to be."""
    forms = Counter({(name, kind): passages for name, kind, passages in held})
    forms.update(moved)
    left = sorted((*form, passages) for form, passages in forms.items() if passages)
    return *node, sum(passages for *_, passages in left), json.dumps(left, ensure_ascii=False, separators=(",", ":"))


def _place(chunk_id: str, called_so: bool) -> int:
    """Sorts passages of a name: those titled so first, then by chunk id (its first 62 bits)."""
    return (0 if called_so else _UNTITLED) + (UUID(chunk_id).int >> 66)
