"""Tables of the communities of names. Each refresh writes an edition of its own beside the current one; one flag makes it current.

Of documents nothing but names stands here: a sentence is a span of a passage, and what a model worded names the spans it rests on.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from jitl.sql.columns import Id, Moment, metadata
from jitl.sql.graph_tables import Key

community_editions = Table(
    "community_editions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("collection_id", ForeignKey("collections.id"), nullable=False, index=True),
    Column("current", Boolean, nullable=False, default=False),
    Column("epoch", Integer, nullable=False),  # of the collection when its passages were listed
    Column("at", Moment, nullable=False),
)

community_bases = Table(
    "community_bases",  # the versions of documents that an edition was computed from
    metadata,
    Column("edition", ForeignKey("community_editions.id"), primary_key=True),
    Column("version_id", Id, primary_key=True),
    Column("passages", Integer, nullable=False),
)

communities = Table(
    "communities",
    metadata,
    Column("edition", ForeignKey("community_editions.id"), primary_key=True),
    Column("id", Id, primary_key=True),  # the same from one edition to the next while it mostly stays
    Column("level", Integer, nullable=False),
    Column("parent", Id),
    Column("rank", Integer, nullable=False),  # within the level, from 0: what most passages speak of first
    Column("title", Text),  # as a model worded it; None: made of its names when it is read
    Column("report", String(64)),  # sha256 of what the model was asked
    Index("ix_communities_rank", "edition", "level", "rank"),
)

_OF_COMMUNITY = ("edition", "community"), ("communities.edition", "communities.id")

community_members = Table(
    "community_members",
    metadata,
    Column("edition", Id, primary_key=True),
    Column("community", Id, primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False),  # from 0: the most central first
    Column("key", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("chunks", JSON, nullable=False),  # ids of a few passages in which it is spelled so
    ForeignKeyConstraint(*_OF_COMMUNITY, name="fk_community_members_community"),
    Index("ix_community_members_key", "edition", "key"),
)

community_sentences = Table(
    "community_sentences",
    metadata,
    Column("edition", Id, primary_key=True),
    Column("community", Id, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("said", Text),  # a model's words; None: the span itself, verbatim
    Column("sources", JSON, nullable=False),  # [chunk id, start, end] of each sentence that it rests on
    ForeignKeyConstraint(*_OF_COMMUNITY, name="fk_community_sentences_community"),
)
