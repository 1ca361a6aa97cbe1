"""Files that could not be read, so that nobody tries the same bytes for ever."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from jitl.sql.columns import Moment, metadata

failures = Table(
    "failures",
    metadata,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("uri", String(2000), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of what should have read it
    Column("times", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),  # the last time
)
