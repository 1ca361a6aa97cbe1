"""What people taught about routes. A lesson that is taken back keeps its row, under a new sequence number, without its text."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table, Text

from jitl.sql.columns import Id, Moment, metadata

route_lessons = Table(
    "route_lessons",
    metadata,
    Column("id", Id, primary_key=True),
    Column("seq", Integer, nullable=False, unique=True),  # of its latest change: readers ask for what came after the last they saw
    Column("principal_id", Id, nullable=False, index=True),  # the owner of the folder stands in no table
    Column("everyone", Boolean, nullable=False),  # else it holds for its author alone
    Column("question", Text, nullable=False),
    Column("label", String(16), nullable=False),
    Column("vector", LargeBinary),  # float32, of the encoder named
    Column("encoder", String(200)),
    Column("at", Moment, nullable=False),
    Column("taken_back_at", Moment),
)
