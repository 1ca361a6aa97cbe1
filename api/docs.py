"""`/docs`: the OpenAPI document as one plain page. No script, no other host: it works in a control room without internet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{margin-bottom:0} h2{margin-top:2.5rem;border-bottom:1px solid #ccc;text-transform:capitalize}
details{border:1px solid #ddd;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem} summary{cursor:pointer}
.method{display:inline-block;min-width:4.5rem;font-weight:700} code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f5f5f5;padding:.8rem;overflow:auto;border-radius:6px} td,th{text-align:left;padding:.15rem 1rem .15rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#151515;color:#e6e6e6}pre{background:#222}details{border-color:#444}}
"""

Json = Mapping[str, Any]


def page(schema: Json) -> str:
    """The whole page for an OpenAPI document."""
    info = schema["info"]
    intro = "".join(f"<p>{_inline(part)}</p>" for part in info.get("description", "").split("\n\n"))
    body = "".join(_groups(schema))
    title = escape(f"{info['title']} {info['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>{intro}"
        f'<p>Machine-readable: <a href="/openapi.json">openapi.json</a></p>{body}</body></html>'
    )


def _groups(schema: Json) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(next(iter(operation.get("tags", [])), "other"), []).append(_operation(schema, path, method, operation))
    for name, operations in groups.items():
        yield f"<h2>{escape(name)}</h2>{''.join(operations)}"


def _operation(schema: Json, path: str, method: str, operation: Json) -> str:
    lines = operation.get("description", "").strip().split("\n")
    head = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code> {_inline(lines[0])}'
    rest = "".join(f"<p>{_inline(part)}</p>" for part in "\n".join(lines[1:]).strip().split("\n\n") if part)
    body = _body(schema, operation.get("requestBody", {}))
    return f"<details><summary>{head}</summary>{rest}{_parameters(operation.get('parameters', []))}{body}{_replies(operation)}</details>"


def _parameters(parameters: list[Json]) -> str:
    if not parameters:
        return ""
    rows = (
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td><td>{_kind(p.get('schema', {}))}</td>"
        f"<td>{_inline(p.get('description', ''))}</td></tr>"
        for p in parameters
    )
    return f"<table>{''.join(rows)}</table>"


def _body(schema: Json, body: Json) -> str:
    parts = []
    for media, content in body.get("content", {}).items():
        model = _resolved(schema, content.get("schema", {}))
        parts.append(f"<p>Body: <code>{escape(media)}</code></p>{_fields(schema, model)}")
        examples = model.get("examples") or ([content["example"]] if "example" in content else [])
        if examples:
            shown = examples[0] if isinstance(examples[0], str) else json.dumps(examples[0], indent=2, ensure_ascii=False)
            parts.append(f"<pre>{escape(shown)}</pre>")
    return "".join(parts)


def _fields(schema: Json, model: Json) -> str:
    needed = model.get("required", [])
    rows = []
    for name, field in model.get("properties", {}).items():
        what = _kind(field) + ("" if name in needed else ", optional")
        description = field.get("description") or _resolved(schema, field).get("description", "")
        rows.append(f"<tr><td><code>{escape(name)}</code></td><td>{what}</td><td>{_inline(description)}</td></tr>")
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _replies(operation: Json) -> str:
    replies = (
        f"<tr><td>{escape(code)}</td><td>{_inline(reply.get('description', ''))}</td></tr>"
        for code, reply in operation["responses"].items()
    )
    return f"<p>Replies:</p><table>{''.join(replies)}</table>"


def _kind(field: Json) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"])
    if "$ref" in field:
        return escape(field["$ref"].rsplit("/", 1)[-1])
    if "enum" in field:
        return " | ".join(escape(json.dumps(value)) for value in field["enum"])
    if "const" in field:
        return escape(json.dumps(field["const"]))
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return escape(str(field.get("format") or field.get("type", "any")))


def _resolved(schema: Json, field: Json) -> Json:
    name = field.get("$ref", "").rsplit("/", 1)[-1]
    found: Json = schema.get("components", {}).get("schemas", {}).get(name, field)
    return found


def _inline(text: str) -> str:
    """Escaped; what stands between backticks as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))
