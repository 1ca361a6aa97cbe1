"""Editions of a collection's communities in SQL: written beside the current one in small steps, made current by one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import sqlalchemy as sa

from graph.community import Base, Community, Edition, Member, Sentence
from graph.facts import Kind
from jitl.errors import NotFound
from jitl.sql.community_tables import communities, community_bases, community_editions, community_members, community_sentences
from jitl.sql.frequencies import slices
from jitl.sql.tables import collections, documents, versions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

STEP: Final = 200
"""Rows of a transaction; keeps it under 20 ms."""


class Editions:
    """Safe to call from several threads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # --- what there is to compute from

    def base(self, collection_id: str) -> Base:
        """What is published now. Raises `NotFound` where the collection is gone."""
        k = collections.c
        with self._db.read() as connection:
            epoch = connection.scalar(sa.select(k.epoch).where(k.id == collection_id, k.deleted_at.is_(None)))
            if epoch is None:
                raise NotFound("There is no such collection.")
            return Base(epoch, tuple((row.id, row.passages) for row in connection.execute(_published(collection_id))))

    def changed(self, collection_id: str) -> float:
        """Share of the passages, those of then and those of now, that came or went since the current edition; 1 without one."""
        b = community_bases.c
        with self._db.read() as connection:
            edition = _current(connection, [collection_id]).get(collection_id)
            if edition is None:
                return 1.0
            if connection.scalar(sa.select(collections.c.epoch).where(collections.c.id == collection_id)) == edition.epoch:
                return 0.0
            then = {
                row.version_id: row.passages
                for row in connection.execute(sa.select(b.version_id, b.passages).where(b.edition == edition.id))
            }
            now = {row.id: row.passages for row in connection.execute(_published(collection_id))}
        every = sum((then | now).values())
        moved = sum(passages for id_, passages in (then | now).items() if (id_ in then) is not (id_ in now))
        return moved / every if every else 0.0

    # --- writing

    @contextmanager
    def alone(self, collection_id: str) -> Iterator[None]:
        """One refresh of a collection at a time, whatever process it runs in."""
        with self._db.exclusive(f"communities {collection_id}"):
            yield

    def begin(self, collection_id: str, base: Base) -> str:
        """A new edition's id; nobody reads it until it is made current."""
        id_ = str(uuid4())
        row = {"id": id_, "collection_id": collection_id, "current": False, "epoch": base.epoch, "at": datetime.now(UTC)}
        with self._db.write() as connection:
            connection.execute(sa.insert(community_editions), row)
        for some in slices(base.versions, STEP):
            with self._db.write() as connection:
                rows = [{"edition": id_, "version_id": version, "passages": passages} for version, passages in some]
                connection.execute(sa.insert(community_bases), rows)
        return id_

    def add(self, edition: str, one: Community) -> None:
        """Its parent was added before."""
        here = {"edition": edition, "community": one.id}
        row = {"edition": edition, "id": one.id, "level": one.level, "parent": one.parent, "rank": one.rank}
        with self._db.write() as connection:
            connection.execute(sa.insert(communities), row | {"title": one.title, "report": one.report})
            said = [{**here, "ordinal": at, "said": each.said, "sources": list(each.sources)} for at, each in enumerate(one.sentences)]
            if said:
                connection.execute(sa.insert(community_sentences), said)
        members = [
            {**here, "rank": at, "key": each.key, "name": each.name, "kind": str(each.kind), "chunks": list(each.chunks)}
            for at, each in enumerate(one.members)
        ]
        for some in slices(members, STEP):
            with self._db.write() as connection:
                connection.execute(sa.insert(community_members), list(some))

    def switch(self, collection_id: str, edition: str) -> None:
        """From now on readers see this edition, and none of what was before. Raises `NotFound` where the collection is gone."""
        e, k = community_editions.c, collections.c
        with self._db.write() as connection:
            if connection.scalar(sa.select(k.id).where(k.id == collection_id, k.deleted_at.is_(None)).with_for_update()) is None:
                raise NotFound("The collection was deleted meanwhile.")
            connection.execute(sa.update(community_editions).where(e.collection_id == collection_id, e.current).values(current=False))
            connection.execute(sa.update(community_editions).where(e.id == edition).values(current=True))

    def sweep(self, collection_id: str, *, everything: bool = False) -> None:
        """Remove what was replaced or never finished; `everything`: the current edition too."""
        e = community_editions.c
        wanted = sa.select(e.id).where(e.collection_id == collection_id)
        with self._db.read() as connection:
            old = list(connection.scalars(wanted if everything else wanted.where(~e.current)))
        for edition in old:
            self._remove(edition)

    def _remove(self, edition: str) -> None:
        for table in (community_sentences, community_members, communities, community_bases):
            key = sa.tuple_(*table.primary_key.columns)
            some = sa.select(*table.primary_key.columns).where(table.c.edition == edition).limit(STEP)
            while True:
                with self._db.write() as connection:
                    rows = [tuple(row) for row in connection.execute(some)]
                    if rows:
                        connection.execute(sa.delete(table).where(key.in_(rows)))
                if len(rows) < STEP:
                    break
        with self._db.write() as connection:
            connection.execute(sa.delete(community_editions).where(community_editions.c.id == edition))

    # --- reading

    def current(self, places: Sequence[str]) -> dict[str, Edition]:
        """Collection -> its current edition, where it has one."""
        with self._db.read() as connection:
            return _current(connection, places)

    def memberships(self, collection_id: str) -> dict[str, tuple[int, list[str]]]:
        """Of the current edition: community -> its level and the keys of its members."""
        c, m = communities.c, community_members.c
        with self._db.read() as connection:
            edition = _current(connection, [collection_id]).get(collection_id)
            if edition is None:
                return {}
            levels = {row.id: row.level for row in connection.execute(sa.select(c.id, c.level).where(c.edition == edition.id))}
            keys: defaultdict[str, list[str]] = defaultdict(list)
            for row in connection.execute(sa.select(m.community, m.key).where(m.edition == edition.id)):
                keys[row.community].append(row.key)
        return {id_: (level, keys[id_]) for id_, level in levels.items()}

    def reported(self, collection_id: str, report: str) -> tuple[str | None, list[Sentence]] | None:
        """What a model said when it was asked just this, for any edition that is still there."""
        c, e = communities.c, community_editions.c
        joined = communities.join(community_editions, e.id == c.edition)
        wanted = sa.select(c.edition, c.id, c.title).select_from(joined).where(e.collection_id == collection_id, c.report == report)
        with self._db.read() as connection:
            row = connection.execute(wanted.order_by(c.edition, c.id).limit(1)).first()
            if row is None:
                return None
            return row.title, _sentences(connection, row.edition, [row.id]).get(row.id, [])

    def listed(
        self, places: Sequence[str], *, level: int, after: int = -1, limit: int = 100, most: int | None = None
    ) -> tuple[list[Community], int | None]:
        """Communities of the level in these collections, by (rank, collection): `limit` of those of a rank above `after`, and the others
        of the last one's rank. With the `after` that the next ones follow; None: there are none. `most`: members of each that are read.
        """
        c = communities.c
        found = self._read(places, (c.level == level) & (c.rank > after), limit, most=most)
        if len(found) < limit:
            return found, None
        last = found[-1].rank
        return self._read(places, (c.level == level) & (c.rank > after) & (c.rank <= last), limit + len(places), most=most), last

    def named(self, places: Sequence[str], ids: Sequence[str]) -> list[Community]:
        return self._read(places, communities.c.id.in_(ids), len(ids))

    def below(self, places: Sequence[str], parent: str, most: int | None = None) -> list[Community]:
        return self._read(places, communities.c.parent == parent, 1000, most=most)

    def holding(self, places: Sequence[str], keys: Sequence[str], limit: int, most: int | None = None) -> list[Community]:
        """Those with one of these names, the most special level first, by (rank, collection)."""
        m = community_members.c
        within = sa.exists().where(m.edition == communities.c.edition, m.community == communities.c.id, m.key.in_(keys))
        return self._read(places, within, limit, special_first=True, most=most)

    def _read(
        self,
        places: Sequence[str],
        condition: sa.ColumnElement[bool],
        limit: int,
        *,
        special_first: bool = False,
        most: int | None = None,
    ) -> list[Community]:
        """One look, so that no switch comes between."""
        c = communities.c
        with self._db.read() as connection:
            editions = {edition.id: edition for edition in _current(connection, places).values()}
            order = (c.level.desc() if special_first else c.level, c.rank, c.edition, c.id)
            rows = connection.execute(
                sa.select(communities).where(c.edition.in_(list(editions)), condition).order_by(*order).limit(limit)
            ).all()
            found = []
            for edition in dict.fromkeys(row.edition for row in rows):
                ids = [row.id for row in rows if row.edition == edition]
                members, said = _members(connection, edition, ids, most), _sentences(connection, edition, ids)
                sizes = {} if most is None else _sizes(connection, edition, ids)
                place = editions[edition].collection_id
                found += [_community(row, place, members, said, sizes) for row in rows if row.edition == edition]
        return sorted(found, key=lambda one: (-one.level if special_first else one.level, one.rank, one.collection_id, one.id))


def _community(
    row: sa.Row[Any], place: str, members: Mapping[str, list[Member]], said: Mapping[str, list[Sentence]], sizes: Mapping[str, int]
) -> Community:
    held, sentences = members.get(row.id, ()), said.get(row.id, ())
    return Community(row.id, place, row.level, row.parent, row.rank, held, sentences, row.title, row.report, sizes.get(row.id))


def _current(connection: Connection, places: Sequence[str]) -> dict[str, Edition]:
    e = community_editions.c
    wanted = sa.select(e.id, e.collection_id, e.epoch, e.at).where(e.collection_id.in_(list(places)), e.current)
    return {row.collection_id: Edition(*row) for row in connection.execute(wanted)}


def _sizes(connection: Connection, edition: str, ids: Sequence[str]) -> dict[str, int]:
    m = community_members.c
    wanted = sa.select(m.community, sa.func.count()).where(m.edition == edition, m.community.in_(ids)).group_by(m.community)
    return {row[0]: row[1] for row in connection.execute(wanted)}


def _members(connection: Connection, edition: str, ids: Sequence[str], most: int | None) -> dict[str, list[Member]]:
    m = community_members.c
    found: defaultdict[str, list[Member]] = defaultdict(list)
    wanted = sa.select(m.community, m.key, m.name, m.kind, m.chunks).where(m.edition == edition, m.community.in_(ids))
    wanted = wanted if most is None else wanted.where(m.rank < most)
    for row in connection.execute(wanted.order_by(m.community, m.rank)):
        found[row.community].append(Member(row.key, row.name, Kind(row.kind), tuple(row.chunks)))
    return found


def _sentences(connection: Connection, edition: str, ids: Sequence[str]) -> dict[str, list[Sentence]]:
    s = community_sentences.c
    found: defaultdict[str, list[Sentence]] = defaultdict(list)
    wanted = sa.select(s.community, s.said, s.sources).where(s.edition == edition, s.community.in_(ids))
    for row in connection.execute(wanted.order_by(s.community, s.ordinal)):
        found[row.community].append(Sentence(row.said, tuple((chunk, start, end) for chunk, start, end in row.sources)))
    return found


def _published(collection_id: str) -> sa.Select[Any]:
    d, v = documents.c, versions.c
    joined = documents.join(versions, v.id == d.version_id)
    living = (d.collection_id == collection_id) & d.deleted_at.is_(None)
    return sa.select(v.id, v.passages).select_from(joined).where(living).order_by(v.id)
