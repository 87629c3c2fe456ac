"""The lake's tables: SQL through the provider of `query-engine`, Iceberg's REST catalog, branches.

The protocols are Trino's client protocol (https://trino.io/docs/current/develop/client-protocol.html), phlo-duckdb's
own, the Iceberg REST catalog (https://iceberg.apache.org/rest-catalog-spec/) and Nessie's API of version 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from phlo.config.project import Project
from phlo.values import reveal_all
from phlo_api.server.data_models import Branch, Snapshot, Table, TableField, TableName
from phlo_api.server.problems import Refusal

QUERY_SECONDS = 120.0
ASK_SECONDS = 20.0
MOST_TABLES = 2000
# All that may be read for one request of the API, in however many answers it comes.
MOST_ANSWER_BYTES = 16_000_000
# Beyond it numbers of JSON are another one in a browser.
MOST_EXACT = 2**53 - 1
DIALECTS = ("trino", "duckdb")
_SEPARATOR = "\x1f"


class Lake:
    """Asks the project's data services, for one request of the API.

    reach: makes an address of the project's network one that can be asked.
    """

    def __init__(self, project: Project, client: httpx.Client, reach: Mapping[str, str]) -> None:
        self._project = project
        self._client = client
        self._reach = reach
        self._left_bytes = MOST_ANSWER_BYTES

    def query_engine(self) -> Mapping[str, Any]:
        """The facts of the query engine. Raises a Refusal without one that can be asked."""
        facts = self._facts("query-engine", "phlo-trino or phlo-duckdb")
        if facts["dialect"] not in DIALECTS:
            what = f'no way is known to ask a query engine that speaks "{facts["dialect"]}"'
            raise Refusal(404, what, fix="phlo-trino and phlo-duckdb can be asked.")
        return facts

    def tables(self) -> list[TableName]:
        """Every table of the Iceberg catalog."""
        catalog = self._catalog()
        found: list[TableName] = []
        waiting: list[list[str]] = [[]]
        while waiting and len(found) < MOST_TABLES:
            parent = waiting.pop()
            query = {"parent": _SEPARATOR.join(parent)} if parent else {}
            below = catalog.get("namespaces", query).get("namespaces", [])
            waiting += [names for names in below if len(names) > len(parent)]
            if parent:
                listed = catalog.get(f"namespaces/{_part(_SEPARATOR.join(parent))}/tables", {})
                found += [
                    TableName(namespace=".".join(one["namespace"]), name=one["name"])
                    for one in listed.get("identifiers", [])
                ]
        return sorted(found, key=lambda one: (one.namespace, one.name))

    def table(self, namespace: str, name: str) -> Table:
        """One table with its columns and snapshots."""
        inner = _part(_SEPARATOR.join(namespace.split(".")))
        data = self._catalog().get(f"namespaces/{inner}/tables/{_part(name)}", {"snapshots": "all"})
        meta = data["metadata"]
        schema = _current(meta.get("schemas", []), "schema-id", meta.get("current-schema-id"))
        spec = _current(meta.get("partition-specs", []), "spec-id", meta.get("default-spec-id"))
        snapshots = [_snapshot(one, meta.get("current-snapshot-id")) for one in meta.get("snapshots") or []]
        return Table(
            namespace=namespace,
            name=name,
            location=str(meta.get("location", "")),
            format_version=int(meta.get("format-version", 0)),
            columns=[
                TableField(
                    name=one["name"],
                    type=_type(one["type"]),
                    required=bool(one.get("required")),
                    doc=one.get("doc"),
                )
                for one in schema.get("fields", [])
            ],
            partitioned_by=[f"{one['transform']}({one['name']})" for one in spec.get("fields", [])],
            snapshots=sorted(snapshots, key=lambda one: one.time, reverse=True),
            properties={key: str(value) for key, value in (meta.get("properties") or {}).items()},
        )

    def branches(self) -> list[Branch]:
        """Branches and tags of the versioned catalog."""
        facts = self._facts("versioned-catalog", "phlo-nessie")
        data = self._json("GET", f"{facts['api']}/trees", params={"max-records": 1000}, seconds=ASK_SECONDS)
        return [
            Branch(
                name=one["name"],
                kind=str(one.get("type", "")).lower(),
                hash=one.get("hash", ""),
                is_default=one["name"] == facts["branch"],
            )
            for one in data.get("references", [])
        ]

    def _catalog(self) -> _Catalog:
        facts = self._facts("iceberg-catalog", "phlo-nessie or phlo-seaweedfs")
        headers = {}
        if facts.get("credential"):
            headers = {"Authorization": f"Bearer {self._oauth_token(facts)}"}
        base = str(facts["uri"]).rstrip("/")
        base = base if base.endswith("/v1") else f"{base}/v1"
        params = {"warehouse": str(facts["warehouse"])}
        given = self._json("GET", f"{base}/config", params=params, headers=headers, seconds=ASK_SECONDS)
        prefix = {**given.get("defaults", {}), **given.get("overrides", {})}.get("prefix", "")
        return _Catalog(self, f"{base}/{prefix}".rstrip("/"), headers)

    def _oauth_token(self, facts: Mapping[str, Any]) -> str:
        client, _, secret = str(facts["credential"]).partition(":")
        url = facts.get("oauth2_uri") or f"{facts['uri']}/v1/oauth/tokens"
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "scope": "catalog",
        }
        return str(self._json("POST", str(url), data=form, seconds=ASK_SECONDS)["access_token"])

    def _facts(self, capability: str, brought_by: str) -> Mapping[str, Any]:
        facts = self._project.capabilities.get(capability)
        if not facts:
            what = f'no service of the project provides "{capability}"'
            raise Refusal(404, what, fix=f"{brought_by.capitalize()} brings one: `phlo plugin search {capability}`.")
        found: Mapping[str, Any] = reveal_all(facts)
        return found

    def _json(self, method: str, url: str, *, seconds: float, **request: Any) -> Any:
        try:
            with self._client.stream(method, self.reachable(url), timeout=seconds, **request) as answer:
                content = bytearray()
                for piece in answer.iter_bytes():
                    content += piece
                    self._left_bytes -= len(piece)
                    if self._left_bytes < 0:
                        raise too_large(answer)
        except httpx.HTTPError as reason:
            where = httpx.URL(url).host
            what = f"{where} does not answer ({type(reason).__name__})"
            raise Refusal(502, what, fix=f"`phlo services list` says how {where} is doing.") from None
        if answer.status_code >= 400:
            raise Refusal(404 if answer.status_code == 404 else 400, said(answer, bytes(content)))
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise Refusal(502, f"{answer.url.host} sends an answer that is not JSON") from None

    def reachable(self, url: str) -> str:
        parts = httpx.URL(url)
        there = self._reach.get(f"{parts.host}:{parts.port}")
        if there is None:
            return url
        host, _, port = there.rpartition(":")
        return str(parts.copy_with(host=host, port=int(port)))


class _Catalog:
    """An Iceberg REST catalog under its prefix."""

    def __init__(self, lake: Lake, base: str, headers: Mapping[str, str]) -> None:
        self._lake = lake
        self._base = base
        self._headers = headers

    def get(self, path: str, query: Mapping[str, str]) -> Any:
        return self._lake._json("GET", f"{self._base}/{path}", params=query, headers=self._headers, seconds=ASK_SECONDS)


def published_addresses(project: Project) -> dict[str, str]:
    """`service:port` on the project's network -> the address of this machine that it is published on."""
    return {
        f"{service.name}:{port.target}": f"{port.host_ip or '127.0.0.1'}:{port.published}"
        for service in project.services.values()
        for port in service.compose.ports
        if port.published and port.published.isdigit()
    }


def too_large(answer: httpx.Response) -> Refusal:
    what = f"{answer.url.host} sends more than {MOST_ANSWER_BYTES // 1_000_000} MB"
    return Refusal(502, what, fix="Ask for fewer rows or columns.")


def said(answer: httpx.Response, content: bytes) -> str:
    """The message in an error's body, whichever of the protocols it is."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        start = content[:300].decode(errors="replace")
        return f"{answer.url.host} answers with status {answer.status_code}: {start}"
    error = data.get("error", data) if isinstance(data, dict) else data
    text = error.get("message") if isinstance(error, dict) else error
    return str(text or f"{answer.url.host} answers with status {answer.status_code}")


def _part(text: str) -> str:
    return quote(text, safe="")


def _current(entries: list[Mapping[str, Any]], key: str, wanted: Any) -> Mapping[str, Any]:
    return next((one for one in entries if one.get(key) == wanted), entries[-1] if entries else {})


def _snapshot(data: Mapping[str, Any], current: Any) -> Snapshot:
    summary = {key: str(value) for key, value in (data.get("summary") or {}).items()}
    parent = data.get("parent-snapshot-id")
    return Snapshot(
        id=str(data["snapshot-id"]),
        parent=None if parent is None else str(parent),
        time=data["timestamp-ms"] / 1000,
        operation=summary.pop("operation", None),
        is_current=data["snapshot-id"] == current,
        summary=summary,
    )


def exact(value: Any) -> Any:
    """A value of a row; whole numbers that a browser would round are texts."""
    if isinstance(value, list):
        return [exact(one) for one in value]
    if isinstance(value, dict):
        return {key: exact(one) for key, one in value.items()}
    return str(value) if isinstance(value, int) and abs(value) > MOST_EXACT else value


def _type(value: Any) -> str:
    """An Iceberg type as SQL would write it."""
    if not isinstance(value, Mapping):
        return str(value)
    if value.get("type") == "list":
        return f"list<{_type(value['element'])}>"
    if value.get("type") == "map":
        return f"map<{_type(value['key'])}, {_type(value['value'])}>"
    fields = (f"{one['name']}: {_type(one['type'])}" for one in value.get("fields", []))
    return f"struct<{', '.join(fields)}>"
