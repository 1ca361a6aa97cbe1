"""A passage's facts as the bytes that a row holds: columns of JSON, deflated; the same facts give the same bytes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np

from graph.facts import Alias, Facts, Kind, Mention, Statement

LEVEL = 6
_KINDS = {kind.value: kind for kind in Kind}


def passage_number(chunk_id: str) -> int:
    """The UUID's first 63 bits: numbers sort as chunks do. Among 10^6 passages two share one with a chance of 10^-6; one is lost then."""
    return UUID(chunk_id).int >> 65


def pack_mentions(mentions: Sequence[Mention]) -> bytes:
    """By key. The spelling is left out where it is the key."""
    columns = [
        [m.key for m in mentions],
        ["" if m.name == m.key else m.name for m in mentions],
        [m.kind.value for m in mentions],
        [m.count for m in mentions],
        [int(m.titled) for m in mentions],
        [m.start for m in mentions],
        [m.end for m in mentions],
    ]
    return _pack(columns) if mentions else b""


def unpack_mentions(packed: bytes) -> tuple[Mention, ...]:
    if not packed:
        return ()
    keys, names, kinds, counts, titled, starts, ends = _unpack(packed)
    spelled = [name or key for key, name in zip(keys, names, strict=True)]
    return tuple(map(Mention, keys, spelled, [_KINDS[kind] for kind in kinds], counts, map(bool, titled), starts, ends))


def pack_aliases(aliases: Sequence[Alias]) -> bytes:
    return _pack([[a.key, a.other] for a in aliases]) if aliases else b""


def unpack_aliases(packed: bytes) -> tuple[Alias, ...]:
    return tuple(Alias(*row) for row in _unpack(packed))


def pack_statements(statements: Sequence[Statement]) -> bytes:
    return _pack([[s.subject, s.relation, s.object, s.start, s.end] for s in statements]) if statements else b""


def unpack_statements(packed: bytes) -> tuple[Statement, ...]:
    return tuple(Statement(*row) for row in _unpack(packed))


def in_order(facts: Facts) -> Facts:
    """The same facts, sorted: mentions by key, statements by place."""
    return Facts(
        tuple(sorted(facts.mentions, key=lambda m: m.key)),
        tuple(sorted(facts.aliases, key=lambda a: (a.key, a.other))),
        tuple(sorted(facts.statements, key=lambda s: (s.start, s.end, s.subject, s.relation, s.object))),
    )


def pack(ordered: Facts) -> tuple[bytes, bytes, bytes]:
    """Mentions, aliases and statements of facts in order."""
    return pack_mentions(ordered.mentions), pack_aliases(ordered.aliases), pack_statements(ordered.statements)


def unpack(mentions: bytes, aliases: bytes, statements: bytes) -> Facts:
    return Facts(unpack_mentions(mentions), unpack_aliases(aliases), unpack_statements(statements))


def pack_nodes(ids: Sequence[int]) -> bytes:
    return np.array(ids, dtype="<u4").tobytes()


def unpack_nodes(packed: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.frombuffer(packed, dtype="<u4")


def _pack(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), LEVEL)


def _unpack(packed: bytes) -> Any:
    return json.loads(zlib.decompress(packed).decode()) if packed else []
