"""Settings hold values and build nothing. Each is an environment variable `JITL_<NAME>` or a line of `<data>/jitl.env`."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Profile(StrEnum):
    EMBEDDED = "embedded"
    CLUSTER = "cluster"


def _origins(given: object) -> object:
    """A comma-separated list, as browsers write origins: scheme, host and, where it is not the usual one, port."""
    found = [one.strip() for one in given.split(",") if one.strip()] if isinstance(given, str) else given
    for one in found if isinstance(found, list | tuple) else ():
        if one != "*" and re.fullmatch(r"[a-z][a-z0-9+.-]*://[^\s/?#*]+", str(one)) is None:
            message = f"{one!r} is no origin: write it like https://page.example.org, without a path"
            raise ValueError(message)
    return found


class Settings(BaseSettings):
    """The defaults are the embedded profile; `profile` only chooses other defaults."""

    model_config = SettingsConfigDict(env_prefix="JITL_", env_file_encoding="utf-8", extra="ignore", frozen=True)

    profile: Profile = Profile.EMBEDDED
    data_dir: Path = Field(default_factory=lambda: user_data_path("jitl"), description="Folder of everything the service keeps.")
    database_url: SecretStr | None = Field(default=None, description="SQLAlchemy URL; default: jitl.db in the data folder.")

    host: str = Field(default="127.0.0.1", description="Address `jitl serve` binds.")
    port: int = Field(default=8765, ge=0, le=65535)
    public_url: str | None = Field(
        default=None, description="Address under which people reach the service, for links in answers; none: the one a request came by."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        default=(), description="Origins whose pages browsers may let speak to the service, parted by commas; * for all; none: no page may."
    )
    max_upload_bytes: int = Field(default=512 * 2**20, description="Largest request body that carries documents.")
    max_batch_bytes: int = Field(default=64 * 2**20, description="Largest request body that carries a batch of corrections.")
    max_body_bytes: int = Field(default=2 * 2**20, description="Largest request body of every other route.")
    max_question_chars: int = Field(default=20_000)
    max_answer_chars: int = Field(default=100_000, description="Longest text of a correction.")

    encoder_threads: int = Field(default=1, ge=1, description="ONNX Runtime threads of ingest; questions use one.")
    search_timeout_s: float = Field(default=5.0, gt=0, description="One deadline for all legs of a search.")
    teach_embed_timeout_s: float = Field(default=2.0, gt=0, description="A correction waits this long for its vector.")
    teach_per_minute: int = Field(default=60, ge=0, description="Corrections one person may teach a minute over REST; 0: no limit.")
    personal_collections: int = Field(default=5, ge=0, description="Personal collections one person may have; 0: none.")
    candidates: int = Field(default=30, ge=1, description="Hits each leg brings to fusion.")

    parse_timeout_s: float = Field(default=120.0, gt=0)
    parse_memory_mb: int = Field(default=2048, ge=256)
    parse_workers: int = Field(default=1, ge=1)
    max_file_bytes: int = Field(default=256 * 2**20)
    max_archive_bytes: int = Field(default=4 * 2**30, description="Unpacked size at which an archive is refused.")
    max_archive_members: int = Field(default=100_000)
    fetch_private: bool = Field(default=False, description="Fetch also from private and loopback addresses (an intranet's wiki).")
    fetch_pages: int = Field(default=2000, ge=1, description="Pages that one section of a site may have.")
    fetch_pause_s: float = Field(default=1.0, ge=0, description="Pause between two requests to one host; robots.txt may ask for longer.")
    fetch_timeout_s: float = Field(default=60.0, gt=0, description="Longest that one page, or one step of git, may take.")

    model_url: str | None = Field(default=None, description="Base URL of an OpenAI-compatible endpoint; none: extractive answers.")
    model_name: str | None = None
    model_key: SecretStr | None = None
    model_timeout_s: float = Field(default=60.0, gt=0)
    model_context: int | None = Field(default=None, ge=512, description="Tokens that this model can read and write together.")
    models_file: Path | None = Field(
        default=None, description="Several endpoints, routes, prices and caps; default: models.toml in the data folder, if there is one."
    )
    grounded_threshold: float | None = Field(default=None, ge=0, le=1, description="Overrides the shipped, fitted threshold.")
    scope_weights: Path | None = Field(
        default=None, description="Another scope.json than the one shipped, as the fitting script writes it."
    )
    pair_weights: Path | None = Field(default=None, description="Another pairs.safetensors than the one shipped.")
    default_route: Literal["hep", "hep_code", "general", "general_code"] = Field(
        default="general", description="Route of a question whose own is not clear."
    )
    route_threshold: float = Field(default=0.4, ge=0, le=1, description="Confidence below which the default route is taken.")
    hep_own_knowledge: bool = Field(
        default=False, description="On the HEP routes a configured model may answer, marked, what the collections do not hold."
    )
    hepai_controller: str | None = Field(
        default=None, description="A HepAI controller to register with as a worker, its prefix included; none: not registered."
    )
    hepai_owner_key: SecretStr | None = Field(default=None, description="Your key at that controller.")
    hepai_worker_key: SecretStr | None = Field(default=None, description="Key of this service that the controller sends with each request.")
    hepai_permissions: str = Field(default="", description="Who may use the worker there: groups: a, b; users: c; owner: d.")
    hepai_heartbeat_s: float = Field(default=60.0, gt=0, description="How often the worker is announced again.")
    vectors_url: str | None = Field(
        default=None,
        description="URL of a Qdrant server for the passages' index; none: the data folder, in the cluster profile http://127.0.0.1:6333.",
    )
    vectors_key: SecretStr | None = Field(default=None, description="Key of that server, if it wants one.")
    vectors_collection: str = Field(default="jitl-passages", min_length=1, description="The index's name on that server.")
    broker_url: SecretStr | None = Field(
        default=None, description="URL of a Redis server that wakes the cluster's workers; none: redis://127.0.0.1:6379/0."
    )
    worker_threads: int = Field(default=2, ge=1, description="Jobs that one `jitl worker` does at the same time.")
    graph_url: str | None = Field(
        default=None,
        description="Bolt URL of a Neo4j server for the documents' graph; none: SQL, in the cluster profile bolt://127.0.0.1:7687.",
    )
    graph_user: str = Field(default="neo4j")
    graph_password: SecretStr = Field(default=SecretStr("neo4j"))
    graph_walk: bool = Field(default=True, description="Follow the documents' graph from what a search finds.")
    walk_weights: Path | None = Field(default=None, description="Another walk.json than the one shipped.")
    graph_timeout_s: float = Field(default=0.4, gt=0, description="Longest a question waits for one answer of that server.")
    replay_after_changes: bool = Field(default=True, description="Replay the corrections after a reindex and when a model changed.")
    communities_after: float = Field(
        default=0.1, ge=0, le=1, description="Share of changed passages at which communities are computed anew; 0: only when asked."
    )
    communities_tokens: int = Field(
        default=0, ge=0, description="Tokens that the model may take to describe communities anew; 0: the documents' own sentences."
    )
    graph_extract_tokens: int = Field(
        default=0, ge=0, description="Tokens that one extraction by the model may take where its caller names none; 0: they must be named."
    )
    keep_answers: bool = Field(default=True, description="Keep questions and answers for feedback and replay.")

    @property
    def shared(self) -> bool:
        """Whether other processes, on other machines too, work on the same database, index and blobs."""
        return self.profile is Profile.CLUSTER

    @property
    def vectors_server(self) -> str | None:
        """URL of the passages' index; None where it lives in the data folder."""
        return self.vectors_url or ("http://127.0.0.1:6333" if self.shared else None)

    @property
    def broker(self) -> str:
        """URL of the broker, its password in it."""
        return self.broker_url.get_secret_value() if self.broker_url is not None else "redis://127.0.0.1:6379/0"

    @property
    def graph_server(self) -> str | None:
        """URL of the graph's server; None where the graph lives in SQL."""
        return self.graph_url or ("bolt://127.0.0.1:7687" if self.profile is Profile.CLUSTER else None)

    @property
    def sql_url(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'jitl.db'}"


def load_settings(data_dir: Path | None = None) -> Settings:
    """Settings from the environment and, weaker, from `jitl.env` in the data folder. `data_dir` beats JITL_DATA_DIR."""
    first = Settings() if data_dir is None else Settings(data_dir=data_dir)
    folder = first.data_dir.expanduser().resolve()
    return Settings(_env_file=folder / "jitl.env", data_dir=folder)
