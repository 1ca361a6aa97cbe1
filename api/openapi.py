"""What FastAPI cannot say by itself about the interface: keys, problems, which routes are open."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.auth import OPEN
from api.errors import MEDIA_TYPE

_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "A stable name: `urn:jitl:problem:...`."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened."},
        "hint": {"type": "string", "description": "What to do next."},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": {"type": "string"}, "message": {"type": "string"}}},
            "description": "The fields that were refused.",
        },
        "request_id": {"type": "string"},
    },
}


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    401: _refusal("No key, or one that is not valid."),
    422: _refusal("The request is not valid; nothing was changed."),
    "default": _refusal("Any other problem: 403, 404, 409, 413, 429, 501, 503."),
}


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = _PROBLEM
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"key": []}]
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                if path in OPEN:
                    operation["security"] = []
        app.openapi_schema = schema
    return app.openapi_schema
