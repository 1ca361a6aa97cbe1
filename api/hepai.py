"""How HepAI sees the service: a worker that carries the models of the OpenAI face, and functions that are called by name.

The forms are those of `hepai` 1.4.11, whose clients refuse a field that they do not know: nothing may be added to them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import jitl
from api.openai_talk import MODELS
from api.streaming import AT_ONCE
from jitl.errors import BadInput

Json = dict[str, Any]

PREFIX: Final = "/apiv2"
DESCRIPTION: Final = "Answers from a collaboration's own documents, with sources, and from what its experts corrected."
STARTED: Final = time.time()

FUNCTIONS: Final[Mapping[str, str]] = {
    "chat_completions": "A completion, as POST /chat/completions; with `stream` its chunks.",
    "embeddings": "Vectors of texts, as POST /embeddings.",
    "ask": "An answer with its sources, as POST /v1/ask. The question may be the first argument.",
    "__call__": "The same as `ask`.",
    "search": "Passages and corrections, as POST /v1/search. The question may be the first argument.",
    "get_register_functions": "These functions.",
}


def worker_id(address: str) -> str:
    """The same for the same address, so that a worker that comes back is the one that left."""
    return f"wk-jitl-{uuid5(NAMESPACE_URL, address).hex[:12]}"


def worker(address: str, permissions: Mapping[str, Any] | None = None) -> Json:
    """A `WorkerInfo`. `address`: under which the service is reached, without the prefix. `permissions`: who may use it (`permissions`)."""
    allowed = dict(permissions or {})
    known: Json = {"description": DESCRIPTION, "author": "jitl", "permissions": allowed, "is_free": True, "worker_name": "jitl"}
    known |= {"limit_model_concurrency": AT_ONCE, "priority": 0, "weight": 1}
    shown: Json = {"id": worker_id(address), "type": "llm", "network_info": _network(address), "status_info": status()}
    shown |= {"resource_info": [model(name, allowed) for name in MODELS], "check_heartbeat": True, "last_heartbeat": int(time.time())}
    shown |= {"version": "2.0", "metadata": known, "is_shared": bool(allowed.get("groups") or allowed.get("users"))}
    return shown | {"owner": allowed.get("owner"), "shared_groups": allowed.get("groups", []), "shared_users": allowed.get("users", [])}


def status() -> Json:
    """A `WorkerStatusInfo`."""
    return {"speed": 1, "queue_length": 0, "status": "ready", "start_time": STARTED}


def model(name: str, permissions: Mapping[str, Any] | None = None) -> Json:
    """A `ModelResourceInfo`."""
    allowed = permissions or {}
    shown: Json = {"model_name": name, "model_type": "llm", "model_version": jitl.__version__, "model_description": DESCRIPTION}
    shown |= {"model_author": "jitl", "model_owner": allowed.get("owner"), "model_functions": list(FUNCTIONS)}
    shown |= {"model_groups": allowed.get("groups", []), "model_users": allowed.get("users", [])}
    return shown | {"id": name, "created": int(STARTED), "object": "model", "owned_by": allowed.get("owner") or "jitl"}


def page(data: list[Json]) -> Json:
    """A `HListPage`."""
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return {"object": "list", "data": data, **ends, "has_more": False, "offset": 0, "total": len(data), "page_number": 1}


def stopped(id_: str, message: str) -> Json:
    """A `WorkerStoppedInfo`."""
    return {"id": id_, "stopped": True, "message": message, "shutdown": False}


def functions() -> list[Json]:
    """The functions as hepai's workers describe theirs."""
    return [{"__name__": name, "__doc__": told, "__signature__": [], "__return__": "Any"} for name, told in FUNCTIONS.items()]


def permissions(text: str) -> Json:
    """From hepai's own way to write them: `groups: a, b; users: c; owner: d`."""
    read: Json = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        kind, _, names = part.partition(":")
        listed = [name.strip() for name in names.split(",") if name.strip()]
        if kind.strip() not in ("groups", "users", "owner") or not listed or (kind.strip() == "owner" and len(listed) > 1):
            raise BadInput(
                f"{part!r} says not who may use the worker.", hint="JITL_HEPAI_PERMISSIONS reads `groups: a, b; users: c; owner: d`."
            )
        read[kind.strip()] = listed[0] if kind.strip() == "owner" else listed
    return read


def _network(address: str) -> Json:
    """A `WorkerNetworkInfo`."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    return {"host": host, "port": port, "route_prefix": PREFIX, "host_name": host, "worker_address": f"{address.rstrip('/')}{PREFIX}"}
