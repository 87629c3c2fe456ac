"""The reference page of phlo-api, made of its OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "api.md"
DESCRIPTION = ROOT / "packages" / "phlo-api" / "openapi.json"

_PREFIX = "#/components/schemas/"
# The heading of each group of routes, in the order of the page.
_GROUPS = {
    "session": "Session and tokens",
    "project": "Project and plan",
    "services": "Services",
    "hosts": "Hosts",
    "logs": "Logs",
    "runs": "Runs",
    "actions": "Actions",
    "data": "Data",
    "plugins": "Packages",
    "health": "Health",
}
_INTRODUCTION = """\
Every route of [phlo-api](../guides/api.md). `invoke docs` writes this page from the API's OpenAPI description,
[openapi.json](../../packages/phlo-api/openapi.json). A running API serves the description at `/openapi.json`; at
`/docs` it has a page to try each route.

All routes except `/health` need a token: `Authorization: Bearer TOKEN`. "For operators" means that the viewer's token
is refused. An error has `error` and `fix`, and where a file is the cause, `places` with file and line."""

Schema = Mapping[str, Any]


def api_page() -> str:
    """The page, as Markdown."""
    description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    schemas = description["components"]["schemas"]
    groups: dict[str, list[str]] = {name: [] for name in _GROUPS}
    for path, methods in sorted(description["paths"].items()):
        for method, operation in sorted(methods.items()):
            groups[operation["tags"][0]].append("\n\n".join(_route(method, path, operation, schemas)))
    parts = ["# API", _INTRODUCTION]
    for name, routes in groups.items():
        parts += [f"## {_GROUPS[name]}", *routes]
    parts += ["## Types", *(_type(name, schemas[name]) for name in _shown(schemas))]
    return "\n\n".join(parts) + "\n"


def _route(method: str, path: str, operation: Schema, schemas: Schema) -> Iterator[str]:
    yield f"### {method.upper()} `{path}`"
    if text := operation.get("description"):
        yield text
    rows = [
        (f"`{one['name']}`", one["in"], _kind(one["schema"]), one.get("description", ""))
        for one in operation.get("parameters", ())
    ]
    if rows:
        yield _table(("parameter", "in", "type", "meaning"), rows)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"Body: {_kind(content['schema'])}"
    answers = [
        (
            code,
            ", ".join(f"`{kind}` {_kind(body.get('schema', {}))}" for kind, body in answer.get("content", {}).items()),
        )
        for code, answer in sorted(operation["responses"].items())
        if code.startswith("2")
    ]
    yield "Answer: " + "; ".join(f"{code} {what}".strip() for code, what in answers) + _refusals(operation)


def _refusals(operation: Schema) -> str:
    codes = [code for code in sorted(operation["responses"]) if not code.startswith("2")]
    return f". Errors: {', '.join(codes)}" if codes else ""


def _shown(schemas: Schema) -> list[str]:
    return sorted(name for name, schema in schemas.items() if schema.keys() & {"properties", "enum", "anyOf", "oneOf"})


def _type(name: str, schema: Schema) -> str:
    parts = [f"### {name}"]
    if text := schema.get("description"):
        parts.append(text)
    if "enum" in schema:
        parts.append("One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".")
    if schema.keys() & {"anyOf", "oneOf"} and (kind := _kind(schema)) != "object":
        parts.append(f"{kind}.")
    required = schema.get("required", ())
    rows = [
        (f"`{key}`", _kind(one), "yes" if key in required else "no", one.get("description", ""))
        for key, one in schema.get("properties", {}).items()
    ]
    if rows:
        parts.append(_table(("field", "type", "required", "meaning"), rows))
    return "\n\n".join(parts)


def _kind(schema: Schema) -> str:
    """A type in words, with a link to one of the page's."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_PREFIX)
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[key]))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"mapping of {_kind(schema['additionalProperties'])}"
    return str(schema.get("type", ""))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table without the columns that no row has anything in."""
    kept = [at for at in range(len(heads)) if any(row[at] for row in rows)]
    lines = [[heads[at] for at in kept], ["---"] * len(kept)]
    lines += [[" ".join(row[at].split()).replace("|", "\\|") for at in kept] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
