"""Write, audit, publish: where tables are written before anybody sees them, and how they become what everybody sees.

A catalog with branches (Nessie) gets a branch for the run, and publishing is one atomic merge. Any other catalog gets a
namespace beside the real one, and publishing copies table by table.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import httpx
import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog

NAMESPACE = "stats"


class Audit(ABC):
    """The tables of a run that are not published yet."""

    @abstractmethod
    def write(self, table: str, rows: pa.Table) -> None:
        """Put rows in the place of what the unpublished table holds."""

    @abstractmethod
    def read(self, table: str) -> pa.Table:
        """The unpublished table."""

    @abstractmethod
    def publish(self) -> None:
        """Let everybody see the tables, and clear away what was only for the audit."""


def audit_of(run: str, platform: Mapping[str, Any]) -> Audit:
    """The audit of a run, opened or found again. platform: the facts of the capabilities that there are."""
    if versions := platform.get("versioned-catalog"):
        return BranchAudit(f"audit-{run}", versions)
    return NamespaceAudit(load_catalog("lake"))


class BranchAudit(Audit):
    """A branch of the whole catalog."""

    def __init__(self, branch: str, versions: Mapping[str, str]) -> None:
        self._branch, self._main, self._api = branch, versions["branch"], versions["api"]
        if self._head(branch) is None:
            body = {"type": "BRANCH", "name": self._main, "hash": self._head(self._main)}
            self._ask("POST", "/trees", params={"name": branch, "type": "BRANCH"}, json=body)
        uri = load_catalog("lake").properties["uri"]
        self._catalog = load_catalog("lake", uri=f"{uri.rstrip('/')}/{branch}")

    def write(self, table: str, rows: pa.Table) -> None:
        _write(self._catalog, f"{NAMESPACE}.{table}", rows)

    def read(self, table: str) -> pa.Table:
        return self._catalog.load_table(f"{NAMESPACE}.{table}").scan().to_arrow()

    def publish(self) -> None:
        head = self._head(self._branch)
        body = {"fromRefName": self._branch, "fromHash": head}
        self._ask("POST", f"/trees/{self._main}@{self._head(self._main)}/history/merge", json=body)
        self._ask("DELETE", f"/trees/{self._branch}@{head}")

    def _head(self, branch: str) -> str | None:
        """The commit that a branch is at, None when there is no such branch."""
        answer = httpx.get(f"{self._api}/trees/{branch}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(answer.raise_for_status().json()["reference"]["hash"])

    def _ask(self, method: str, path: str, **rest: Any) -> None:
        answer = httpx.request(method, self._api + path, timeout=60, **rest)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")


class NamespaceAudit(Audit):
    """A namespace beside the real one."""

    _STAGING = f"{NAMESPACE}_audit"

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def write(self, table: str, rows: pa.Table) -> None:
        _write(self._catalog, f"{self._STAGING}.{table}", rows)

    def read(self, table: str) -> pa.Table:
        return self._catalog.load_table(f"{self._STAGING}.{table}").scan().to_arrow()

    def publish(self) -> None:
        staged = [name for _, name in self._catalog.list_tables(self._STAGING)]
        for name in staged:
            _write(self._catalog, f"{NAMESPACE}.{name}", self.read(name))
        for name in staged:
            self._catalog.drop_table(f"{self._STAGING}.{name}")


def _write(catalog: Catalog, name: str, rows: pa.Table) -> None:
    catalog.create_namespace_if_not_exists(name.partition(".")[0])
    catalog.create_table_if_not_exists(name, schema=rows.schema).overwrite(rows)
