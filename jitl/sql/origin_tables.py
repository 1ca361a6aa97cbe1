"""The tables of the places that a collection is read from again and again, and of what it asks of its documents."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, UniqueConstraint

from jitl.sql.columns import Id, Moment, metadata

origins = Table(
    "origins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("collection_id", ForeignKey("collections.id"), nullable=False),
    Column("address", String(2000), nullable=False),  # as `ingest.sources.addresses` reads it
    Column("added_by", Id, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("revision", String(200)),  # the place's own mark of its state when it was last read whole
    Column("setup", String(64)),  # what decided how files are read, then
    Column("synced_at", Moment),  # None: never whole
    UniqueConstraint("collection_id", "address"),
)

intake_rules = Table(
    "intake_rules",  # of collections that ask for something; the others have the defaults
    metadata,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("pseudonyms", Boolean, nullable=False),  # people in mail, chat and issues get stable tokens
)
