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
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

from graph import cypher, packing
from graph.bolt import Row, Run
from graph.facts import PassageFacts

BATCH: Final = 200
"""Passages a transaction moves."""
PARTS: Final = ("passages", "mentions", "aliases", "statements")
UNTITLED: Final = 2**62

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


def number(collection: str, key: str) -> int:
    """A name's identity: 63 bits of a digest. Among 10^6 names two share one with a chance of 10^-7."""
    return int.from_bytes(hashlib.blake2b(f"{collection}\0{key}".encode(), digest_size=8).digest()) >> 1


def place(chunk_id: str, *, titled: bool) -> int:
    """Sorts passages of a name: those titled so first (below `UNTITLED`), then by chunk id (its first 62 bits)."""
    return (0 if titled else UNTITLED) + (UUID(chunk_id).int >> 66)


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
    loose = {row[0] for clear in cypher.CLEAR for row in _for_each(run, clear, [each.id for each in old])}
    loose |= _count(run, old, new, ends)
    _for_each(run, cypher.DROP, sorted({each.id for each in old} - {each.id for each in new}))
    _for_each(run, cypher.PASSAGES, [astuple(each) for each in new])
    _point(run, facts)
    _for_each(run, cypher.PRUNE, sorted(loose))


def _point(run: Run, facts: Sequence[PassageFacts]) -> None:
    """From passages to their names, and from name to name."""
    mentions, aliases, statements = [], [], []
    for passage in facts:
        id_, of = passage.chunk_id, partial(number, passage.collection_id)
        places = {titled: place(id_, titled=titled) for titled in (True, False)}
        mentions.append((id_, [(of(one.key), places[one.titled]) for one in passage.facts.mentions]))
        aliases += [(id_, of(one.key), of(one.other)) for one in passage.facts.aliases]
        statements += [(id_, of(one.subject), one.relation, of(one.object), one.start, one.end) for one in passage.facts.statements]
    for statement, rows in ((cypher.MENTIONS, mentions), (cypher.ALIASES, aliases), (cypher.STATEMENTS, statements)):
        _for_each(run, statement, rows)


def _for_each(run: Run, statement: str, rows: Sequence[Any]) -> list[Row]:
    return run(statement, rows=rows) if rows else []


def _count(run: Run, old: Sequence[_Held], new: Sequence[_Held], ends: set[_Node]) -> set[int]:
    """Move every count along, and have the names that the new passages and these ends of aliases need; those in no passage now."""
    forms: defaultdict[_Node, Counter[_Form]] = defaultdict(Counter)
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sign, passages in ((1, new), (-1, old)):
        for each in passages:
            mentions = packing.unpack_mentions(each.names)
            for mention in mentions:
                forms[each.collection, mention.key][mention.name, mention.kind.value] += sign
            for part, amount in zip(PARTS, (1, len(mentions), each.aliases, each.statements), strict=True):
                totals[each.collection][part] += sign * amount
    _for_each(run, cypher.ADD, [(collection, *(sums[part] for part in PARTS)) for collection, sums in totals.items()])
    nodes = {number(*node): node for node in sorted(set(forms) | ends)}
    held = {row[0]: json.loads(row[1]) for row in _for_each(run, cypher.FORMS, list(nodes))}
    rows = [(id_, *node, *_moved(held.get(id_, []), forms[node])) for id_, node in nodes.items() if forms[node] or id_ not in held]
    _for_each(run, cypher.NAMES, rows)
    return {row[0] for row in rows if not row[3]}


def _moved(held: Sequence[tuple[str, str, int]], moved: Counter[_Form]) -> tuple[int, str]:
    """A name's passages and forms as they are to be."""
    forms = Counter({(name, kind): passages for name, kind, passages in held})
    forms.update(moved)
    left = sorted((*form, passages) for form, passages in forms.items() if passages)
    return sum(passages for *_, passages in left), json.dumps(left, ensure_ascii=False, separators=(",", ":"))
