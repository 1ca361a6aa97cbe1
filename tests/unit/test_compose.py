"""`compose.yaml` as a file: what it passes exists, and nothing of ours runs as root or without limits."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import app
from jitl.settings import Profile, Settings
from tests.cluster import OURS, compose, interpolated
from tests.data import ROOT

GIVEN = {"POSTGRES_PASSWORD": "letters", "NEO4J_PASSWORD": "digits"}
SERVICES = compose()["services"]


def settings(name: str) -> dict[str, str]:
    return {key: interpolated(str(value), GIVEN) for key, value in SERVICES[name]["environment"].items()}


@pytest.mark.parametrize("name", OURS)
def test_every_setting_it_passes_exists_and_is_understood(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = settings(name)
    unknown = {key for key in passed if key.removeprefix("JITL_").lower() not in Settings.model_fields}
    assert not unknown
    for key, value in passed.items():
        monkeypatch.setenv(key, value)
    read = Settings()
    assert read.profile is Profile.CLUSTER
    assert read.sql_url == "postgresql+psycopg://jitl:letters@postgres:5432/jitl"
    assert (read.vectors_server, read.graph_server) == ("http://qdrant:6333", "bolt://neo4j:7687")
    assert read.broker == "redis://redis:6379/0"
    for address in (read.sql_url, read.vectors_server or "", read.graph_server or "", read.broker):
        assert address.split("@")[-1].split("//")[-1].split(":")[0] in SERVICES, "its host is a service of the file"


@pytest.mark.parametrize("name", OURS)
def test_its_commands_are_ours(name: str) -> None:
    program, command, *_ = SERVICES[name]["command"]
    assert program == "jitl"
    assert command in {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}


def test_secrets_must_be_given() -> None:
    with pytest.raises(AssertionError, match="NEO4J_PASSWORD is not set"):
        interpolated(SERVICES["api"]["environment"]["JITL_GRAPH_PASSWORD"], {})


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_checked_bounded_and_not_root(name: str) -> None:
    service: dict[str, Any] = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service.get("user", "").split(":")[0] not in ("", "0", "root") or service["image"].endswith("-unprivileged")
    assert service["restart"] == "unless-stopped"
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), "what is open to all is the proxy's to say"


def test_volumes_and_dependencies_are_declared() -> None:
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert named == set(compose()["volumes"])
    needed = {other for service in SERVICES.values() for other in service.get("depends_on", ())}
    assert needed <= set(SERVICES)
    assert {SERVICES[name]["deploy"].get("replicas", 1) for name in OURS} == {2}


def test_the_image_holds_what_the_package_is_made_of_and_runs_as_the_same_user() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = {part for line in lines if line.startswith("COPY ") for part in shlex.split(line)[1:-1]}
    assert {"jitl", "ingest", "graph", "feedback", "api", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"} == copied
    assert all((ROOT / part).exists() for part in copied)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert copied == {part.removeprefix("!") for part in ignored if part.startswith("!")}
    [user] = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert {SERVICES[name]["user"] for name in OURS} == {user}
    data = Path("/data")
    assert {settings(name)["JITL_DATA_DIR"] for name in OURS} == {str(data)}
