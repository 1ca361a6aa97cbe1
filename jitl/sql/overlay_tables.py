"""The table of what corrections state of names. A function of the corrections' texts alone, written in their own transactions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from jitl.sql.columns import Id, metadata
from jitl.sql.graph_tables import Key

correction_statements = Table(
    "correction_statements",  # of corrections that are not retracted; whether they have authority is told by their own rows
    metadata,
    # Of the event that made the correction, which it never changes: new rows stand at the end, and the latest are shown first.
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("correction_id", ForeignKey("corrections.id"), nullable=False),
    Column("version", Integer, nullable=False),  # of the correction that says so
    Column("collection_id", Id, nullable=False),
    Column("subject", Key, nullable=False),
    Column("relation", Text, nullable=False),
    Column("object", Key, nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("object_name", Text, nullable=False),
    Index("ix_correction_statements_subject", "subject"),
    Index("ix_correction_statements_object", "object"),
    sqlite_with_rowid=False,
)
