"""Tables of the documents' graph. Every number is a count; ids of nodes carry no meaning and are not kept by a rebuild.

A passage's number is taken from its chunk's UUID and sorts as it does, so that the first passages of a name are the first rows
of its postings, and spread evenly, so that these are found without looking at the others. Tables that are all key are their own
index where the database can do that (SQLite).
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from jitl.sql.columns import Id, Moment, Serial, metadata

# Sorted by code points on every database, as Python does.
Key = Text().with_variant(Text(collation="C"), "postgresql")

graph_collections = Table(
    "graph_collections",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("collection_id", Id, nullable=False, unique=True),
    Column("passages", Integer, nullable=False, default=0),
    Column("mentions", Integer, nullable=False, default=0),
    Column("aliases", Integer, nullable=False, default=0),
    Column("statements", Integer, nullable=False, default=0),
)

graph_passages = Table(
    "graph_passages",
    metadata,
    Column("id", Serial, primary_key=True),  # in the order of arrival: rows of one write stand together
    Column("passage", BigInteger, nullable=False),
    Column("chunk_id", String(36), nullable=False),
    Column("version_id", Id, nullable=False, index=True),
    Column("collection", Integer, nullable=False, index=True),
    Column("nodes", LargeBinary, nullable=False),  # u32 little-endian: the ids of its names, by key
    Column("mentions", LargeBinary, nullable=False),  # deflated JSON columns
    Column("statements", LargeBinary, nullable=False),  # the same; empty where there are none
    Column("aliases", LargeBinary, nullable=False),
    Index("ix_graph_passages_passage", "passage", "chunk_id", unique=True),  # with the id, so that postings need not look further
)

graph_nodes = Table(
    "graph_nodes",  # a name in a collection
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False),
    Column("collection", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("titled", Integer, nullable=False),  # passages whose document is called so
    Column("forms", Text, nullable=False),  # JSON: [spelling, kind, passages], sorted
    Index("ix_graph_nodes_key", "key", "collection", unique=True),
)

graph_words = Table(
    "graph_words",  # words of keys after their first, which the index of keys finds
    metadata,
    Column("word", Key, primary_key=True),
    Column("node", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

graph_postings = Table(
    "graph_postings",
    metadata,
    Column("node", BigInteger, primary_key=True, autoincrement=False),
    Column("untitled", SmallInteger, primary_key=True, autoincrement=False),  # 0 where the document is called so: these come first
    Column("passage", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

graph_stated = Table(
    "graph_stated",  # passages with a statement about the name
    metadata,
    Column("node", BigInteger, primary_key=True, autoincrement=False),
    Column("passage", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

graph_aliases = Table(
    "graph_aliases",  # each fact stands twice, once from either side
    metadata,
    Column("key", Key, primary_key=True),
    Column("collection", Integer, primary_key=True, autoincrement=False),
    Column("other", Key, primary_key=True),
    Column("passages", Integer, nullable=False),
    sqlite_with_rowid=False,
)

graph_claims = Table(
    "graph_claims",  # what a model said of a passage: no projection of SQL, and kept while the passage's version is wanted
    metadata,
    Column("chunk_id", String(36), primary_key=True),
    Column("version_id", Id, nullable=False, index=True),
    Column("collection_id", Id, nullable=False),
    Column("content", String(64), nullable=False),  # sha256 of the passage's text
    Column("asked", String(64), nullable=False),  # sha256 of model and prompt
    Column("said", JSON, nullable=False),  # spans of the passage, kinds and relations (`graph.claims`); no text stands here
    Column("dropped", Integer, nullable=False),  # what the passage did not bear out
    Column("job_id", Id, index=True),  # that asked; None where it was taken over from an earlier version
    Column("at", Moment, nullable=False),
    Index("ix_graph_claims_content", "collection_id", "content"),
)
