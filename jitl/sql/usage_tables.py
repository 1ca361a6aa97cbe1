"""What calls of language models cost, and what may be spent. A call is written down before it is made, at the most it can take."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, String, Table

from jitl.sql.columns import Id, Moment, metadata

model_calls = Table(
    "model_calls",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("principal_id", Id, nullable=False),  # the owner of the folder stands in no table
    Column("key_id", Id),
    Column("route", String(16), nullable=False),
    Column("endpoint", String(100), nullable=False),
    Column("model", String(200), nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("cost", Float, nullable=False),  # in the currency of models.toml, at the prices of then
    Column("estimated", Boolean, nullable=False),  # the endpoint did not say how many tokens it took
    Column("outcome", String(16), nullable=False),  # open, done, cut, cancelled, failed
    Index("ix_model_calls_key", "key_id", "at"),
    Index("ix_model_calls_principal", "principal_id", "at"),
    Index("ix_model_calls_at", "at"),
)

model_call_shares = Table(
    "model_call_shares",  # of a call among the collections whose passages were read for it; together 1
    metadata,
    Column("collection_id", Id, primary_key=True),
    Column("call_id", ForeignKey("model_calls.id"), primary_key=True),
    Column("share", Float, nullable=False),
)

usage_caps = Table(
    "usage_caps",  # of one key, person or collection; others have those of models.toml
    metadata,
    Column("scope", String(16), primary_key=True),  # key, person, collection
    Column("ref", Id, primary_key=True),
    Column("tokens", BigInteger),  # None: no limit
    Column("money", Float),
    Column("per", String(8), nullable=False),  # day, month; of UTC
)
