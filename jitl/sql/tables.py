"""Every table. Ids are UUID strings; times are UTC; JSON columns hold small, documented values.

Texts that a person may ask us to erase stand in tables of their own (`correction_texts`, `answers`).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from jitl.sql import community_tables as community_tables  # noqa: PLC0414  # of the same metadata
from jitl.sql import failure_tables as failure_tables  # noqa: PLC0414  # of the same metadata
from jitl.sql import graph_tables as graph_tables  # noqa: PLC0414  # of the same metadata
from jitl.sql import origin_tables as origin_tables  # noqa: PLC0414  # of the same metadata
from jitl.sql import overlay_tables as overlay_tables  # noqa: PLC0414  # of the same metadata
from jitl.sql import route_tables as route_tables  # noqa: PLC0414  # of the same metadata
from jitl.sql import usage_tables as usage_tables  # noqa: PLC0414  # of the same metadata
from jitl.sql.columns import Id, Moment, Serial
from jitl.sql.columns import metadata as metadata  # noqa: PLC0414  # of all that stands here

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

# --- documents ------------------------------------------------------------------------------------------------

collections = Table(
    "collections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("encoder", String(200)),  # bound at the first document
    Column("passages", Integer, nullable=False, default=0),  # published ones; N of the IDF
    Column("documents", Integer, nullable=False, default=0),  # published ones
    Column("epoch", Integer, nullable=False, default=0),  # switches so far: a search that spans one is made again
    Column("created_at", Moment, nullable=False),
    Column("created_by", Id),
    Column("deleted_at", Moment),
    # One living collection of a name; a deleted one keeps its row (renamed to its id) until it is emptied.
    UniqueConstraint("name"),
)

sources = Table(
    "sources",  # a file as last read: lets an unchanged one be skipped whole
    metadata,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("uri", String(2000), primary_key=True),
    Column("root", String(2000)),  # the folder or archive it was found under; vanished files are looked for there
    Column("digest", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("size", BigInteger, nullable=False, default=0),
    Column("modified", Float),  # None: so shortly before it was read that another change may bear the same time
    Column("setup", String(64), nullable=False, default=""),  # digest of what decides how files are read
    Column("read_at", Moment, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Id, primary_key=True),  # uuid5 of collection and uri
    Column("collection_id", ForeignKey("collections.id"), nullable=False),
    Column("uri", String(2000), nullable=False),  # identity: source uri, '#member' after it where a file holds several
    Column("source_uri", String(2000), nullable=False),
    Column("name", String(1000), nullable=False),  # what faces call `document`: a record's id, a file's path
    Column("version_id", Id),  # the published version; None: nothing to read yet
    Column("created_at", Moment, nullable=False),
    Column("deleted_at", Moment),  # tombstone: hidden at once
    UniqueConstraint("collection_id", "uri"),
    UniqueConstraint("collection_id", "name"),
)
Index("ix_documents_source", documents.c.collection_id, documents.c.source_uri)

versions = Table(
    "versions",
    metadata,
    Column("id", Id, primary_key=True),  # uuid5 of document, digest and fingerprint
    Column("document_id", ForeignKey("documents.id"), nullable=False, index=True),
    Column("collection_id", ForeignKey("collections.id"), nullable=False),
    Column("digest", String(64), nullable=False),  # sha256 of what the parser returned for this document
    Column("fingerprint", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # pending, published, retired
    Column("writer", String(64)),  # whose it is while it is pending: a name that `Database.present` knows
    Column("title", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("blob", String(64)),  # sha256 of the original bytes, where they are kept
    Column("likeness", LargeBinary),  # MinHash of its text, as `jitl.likeness` makes it; None for short ones
    Column("term_counts", LargeBinary, nullable=False),  # deflated (u32 term, u32 passages) pairs: what publish added
    Column("passages", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("published_at", Moment),
)

version_texts = Table(
    "version_texts",  # canonical text in pieces, so that no write is long; chunk spans are slices of their concatenation
    metadata,
    Column("version_id", ForeignKey("versions.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", Id, primary_key=True),  # uuid5 of version and ordinal
    Column("version_id", ForeignKey("versions.id"), nullable=False, index=True),
    Column("document_id", Id, nullable=False),
    Column("collection_id", Id, nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("header", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("section", JSON, nullable=False),  # list of headings, outermost first
    Column("page", Integer),
    Column("slide", Integer),
    Column("message", String(1000)),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
)

frequencies = Table(
    "frequencies",  # in how many published passages of a collection a term stands
    metadata,
    Column("collection_id", Id, primary_key=True),
    Column("term", BigInteger, primary_key=True),
    Column("passages", Integer, nullable=False),
)

frequency_changes = Table(
    "frequency_changes",  # a publish's changes, written beforehand in small steps, made live by one flag
    metadata,
    Column("id", Id, primary_key=True),
    Column("collection_id", Id, nullable=False, index=True),
    Column("live", Boolean, nullable=False, default=False),
    Column("created_at", Moment, nullable=False),
)

frequency_deltas = Table(
    "frequency_deltas",
    metadata,
    Column("change_id", ForeignKey("frequency_changes.id"), primary_key=True),
    Column("term", BigInteger, primary_key=True),
    Column("delta", Integer, nullable=False),
)

outbox = Table(
    "outbox",  # names an id, never an operation: the projector reads what SQL says about it
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(32), nullable=False),  # version, collection, blob
    Column("ref", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # staged (its ingest holds it), waiting, applied; the row goes when done
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Index("ix_outbox_state", "state", "id"),
    Index("ix_outbox_ref", "ref"),
)

# --- corrections ----------------------------------------------------------------------------------------------

correction_events = Table(
    "correction_events",  # append-only; `seq` has no gap below what anyone has seen
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("correction_id", Id, index=True),  # None: the event is about a collection, which its metadata name
    Column("kind", String(32), nullable=False),  # taught, confirmed, amended, reviewed, retracted, erased, vector; fitted, reset
    Column("at", Moment, nullable=False),
    Column("principal_id", Id, nullable=False),
    Column("digest", String(64), nullable=False),  # sha256 of salt and texts: proves, does not tell
    Column("metadata", JSON, nullable=False),
    Index("ix_correction_events_principal", "principal_id", "at"),  # how much somebody taught lately
)

corrections = Table(
    "corrections",  # current state
    metadata,
    Column("id", Id, primary_key=True),
    Column("collection_id", ForeignKey("collections.id"), nullable=False, index=True),
    Column("seq", BigInteger, nullable=False),  # of the event that made it
    Column("last_seq", BigInteger, nullable=False, index=True),
    Column("status", String(16), nullable=False),  # proposed, approved, disputed, retracted
    Column("confirmed", Boolean, nullable=False, default=False),
    Column("author_id", Id, nullable=False),
    Column("author", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("batch", Id),
    Column("valid_from", Moment),
    Column("valid_to", Moment),
    Column("release", String(100)),
    Column("runs", String(200)),
    Column("groups", JSON, nullable=False),
    Column("encoder", String(200)),
    Column("vectors", LargeBinary),  # float32 rows: the question, then each paraphrase; None until embedded
    Column("question_key", String(64), index=True),  # sha256 of the folded question: finds contradictions; None once erased
    Column("version", Integer, nullable=False, default=1),  # counts up with every amendment of what was said
    Index("ix_corrections_author", "author_id"),
    Index("ix_corrections_batch", "batch"),
)

correction_texts = Table(
    "correction_texts",
    metadata,
    Column("correction_id", ForeignKey("corrections.id"), primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("subject", Text),
    Column("statement", Text),
    Column("paraphrases", JSON, nullable=False),
)

correction_versions = Table(
    "correction_versions",  # what an amended correction said before: the salt of its event's digest, and its texts
    metadata,
    Column("correction_id", ForeignKey("corrections.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of the event that replaced it
    Column("author_id", Id, nullable=False),
    Column("author", String(200), nullable=False),
    Column("salt", String(32), nullable=False),
    Column("said", JSON, nullable=False),  # the fields of a correction, its marks included
)

supersessions = Table(
    "supersessions",  # a wrong sentence, normalised; passages that contain it are superseded in that collection
    metadata,
    Column("id", Id, primary_key=True),
    Column("correction_id", ForeignKey("corrections.id"), nullable=False, index=True),
    Column("collection_id", Id, nullable=False),
    Column("document", String(1000)),  # where the expert saw it
    Column("quote", Text, nullable=False),
    Column("sentence", Text, nullable=False),
)

scope_thresholds = Table(
    "scope_thresholds",  # of collections whose threshold of the scope decision was fitted; the others have the shipped one
    metadata,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("threshold", Float, nullable=False),
    Column("seq", BigInteger, nullable=False),  # of the event that set it
    Column("corrections", Integer, nullable=False),  # it was fitted on
    Column("principal_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
)

scope_fits = Table(
    "scope_fits",  # a job's report: numbers alone
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("report", JSON, nullable=False),
)

correction_sources = Table(
    "correction_sources",  # what a proposed pair rests on, verbatim
    metadata,
    Column("correction_id", ForeignKey("corrections.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("document", String(1000), nullable=False),
    Column("document_id", Id, nullable=False),
    Column("quote", Text, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("principal_id", Id, primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),  # of the body; another body under the same key is a conflict
    Column("reference", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# --- people, work, answers ------------------------------------------------------------------------------------

principals = Table(
    "principals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("roles", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("suspended_at", Moment),
)

grants = Table(
    "grants",
    metadata,
    Column("principal_id", ForeignKey("principals.id"), primary_key=True),
    Column("collection_id", Id, primary_key=True),  # '*': every collection
    Column("right", String(8), nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("principal_id", ForeignKey("principals.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("rights", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("collection_id", Id, index=True),
    Column("principal_id", Id, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("state", String(16), nullable=False),  # queued, running, done, failed, cancelled
    Column("progress", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("owner", String(100)),
    Column("lease_until", Moment),
    Column("cancel", Boolean, nullable=False, default=False),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Index("ix_jobs_state", "state", "created_at"),
)

job_items = Table(
    "job_items",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False, index=True),
    Column("uri", String(2000), nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("document_id", Id),
    Column("chunks", Integer, nullable=False, default=0),
)

answers = Table(
    "answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("principal_id", Id, nullable=False, index=True),
    Column("collections", JSON, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", JSON, nullable=False),  # the answer as REST shows it
    Column("grounded", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

votes = Table(
    "votes",
    metadata,
    Column("answer_id", ForeignKey("answers.id"), primary_key=True),
    Column("principal_id", Id, primary_key=True),
    Column("vote", String(8), nullable=False),  # up, down
    Column("reason", Text, nullable=False, default=""),
    Column("at", Moment, nullable=False),
)

inbox_dismissals = Table(
    "inbox_dismissals",  # questions that experts of a collection want to see no more; the digest of the folded question
    metadata,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("question_key", String(64), primary_key=True),
    Column("principal_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
)

replay_states = Table(
    "replay_states",  # a correction as the last replay saw it
    metadata,
    Column("correction_id", ForeignKey("corrections.id"), primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("limits", String(64), nullable=False),  # sha256 of where and when it holds, and of what it marks
    Column("encoder", String(200)),  # whose vectors it had
)

replay_outcomes = Table(
    "replay_outcomes",  # what later replays are held against
    metadata,
    Column("correction_id", ForeignKey("corrections.id"), primary_key=True),
    Column("wording", String(64), primary_key=True),  # sha256 of the question as asked
    Column("held", Boolean, nullable=False),
)

replay_findings = Table(
    "replay_findings",  # a job's report; no text stands here: wordings are named, not repeated
    metadata,
    Column("id", Serial, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False, index=True),
    Column("correction_id", Id, nullable=False),
    Column("kind", String(16), nullable=False),  # regression, note
    Column("wording", String(64), nullable=False),  # question, paraphrase 1, derived please
    Column("why", String(32), nullable=False),
    Column("came", Id),  # the correction that answered instead
    Column("detail", JSON, nullable=False),  # numbers and ids
)

fission_passages = Table(
    "fission_passages",  # passages from which pairs were proposed: never again by the same prompts and the same model
    metadata,
    Column("collection_id", Id, primary_key=True),
    Column("key", String(64), primary_key=True),  # sha256 of passage, prompts and model
    Column("job_id", Id, nullable=False),
    Column("proposed", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

fission_calls = Table(
    "fission_calls",  # what a job has asked a model, written down before it is asked
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("key", String(64), primary_key=True),  # sha256 of the messages
    Column("calls", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),  # spent, or set aside while the reply is awaited
    Column("reply", Text),  # until its passage is done
)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("principal_id", Id, nullable=False),
    Column("action", String(64), nullable=False),
    Column("object", String(200), nullable=False),
    Column("detail", JSON, nullable=False),
)
