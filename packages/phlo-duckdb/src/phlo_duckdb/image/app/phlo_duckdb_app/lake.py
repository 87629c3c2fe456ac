"""The one DuckDB instance: extensions, secrets and the attached catalog, closed to everything else."""

from __future__ import annotations

import importlib.resources
import os
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from phlo_duckdb_app.settings import Settings

CATALOG = "iceberg"
_EXTENSIONS = ("avro", "httpfs", "iceberg")
# Version 2 and version 1 of control groups, as seen inside a container.
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class LakeError(Exception):
    """The catalog cannot be attached."""


def load_extensions() -> duckdb.DuckDBPyConnection:
    """An instance in memory with the extensions of the image; nothing is downloaded."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for name in _EXTENSIONS:
        package = importlib.resources.files(f"duckdb_extension_{name}")
        connection.execute(f"LOAD {quoted(package / f'extensions/v{duckdb.__version__}/{name}.duckdb_extension')}")
    return connection


def quoted(value: Any) -> str:
    """A text as SQL writes it; statements like ATTACH take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"


class Lake:
    """Gives a cursor for each query. The first query makes the instance; after a failure the next one tries again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._attached = 0

    def open(self) -> duckdb.DuckDBPyConnection:
        """The instance, catalog attached. Raises LakeError."""
        with self._lock:
            if self._connection is None:
                connection = load_extensions()
                try:
                    _prepare(connection, self._settings)
                    self._attach(connection)
                except Exception:
                    connection.close()
                    raise
                self._connection = connection
            return self._connection

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the instance: its transaction and temporary tables are nobody else's.

        The catalog is attached anew for each, which takes milliseconds and leaves what runs alone: the extension
        remembers for good that a schema was missing, and others make schemas at any time.
        """
        cursor = self.open().cursor()
        try:
            with self._lock:
                self._attach(cursor)
        except Exception:
            cursor.close()
            raise
        return cursor

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        catalog = self._settings.catalog
        self._attached += 1
        try:
            connection.execute(_attach(catalog, self._attached))
        except duckdb.Error as error:
            raise LakeError(f"the catalog {catalog['uri']} cannot be attached: {error}") from None


def _prepare(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    connection.execute(_s3_secret(settings.s3))
    if settings.catalog["credential"]:
        connection.execute(_catalog_secret(settings.catalog))
    for setting, value in {
        "memory_limit": quoted(f"{_memory_bytes()} bytes"),
        "temp_directory": quoted(settings.spill),
        "http_timeout": str(max(1, int(min(30, settings.timeout_seconds)))),
        "python_enable_replacements": "false",
        # Queries reach object stores and Iceberg catalogs: no file of the container, no further extension.
        # `data`: for CREATE TABLE AS the iceberg extension makes a folder of that name here, and leaves it empty.
        "allowed_directories": "['s3://']",
        "allowed_paths": "['data']",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }.items():
        connection.execute(f"SET {setting} = {value}")


def _memory_bytes() -> int:
    """What queries may take of the container's memory: DuckDB's own 80 % leave too little for the process itself."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUP_LIMITS:
        if path.is_file() and (text := path.read_text().strip()).isdigit():
            memory = min(int(text), memory)
    return int(memory * 0.65)


def _s3_secret(s3: dict[str, Any]) -> str:
    endpoint = urlsplit(s3["endpoint"])
    return (
        f"CREATE SECRET store (TYPE s3, KEY_ID {quoted(s3['access_key'])}, SECRET {quoted(s3['secret_key'])},"
        f" ENDPOINT {quoted(endpoint.netloc)}, USE_SSL {str(endpoint.scheme == 'https').lower()},"
        f" URL_STYLE {quoted('path' if s3['path_style'] else 'vhost')}, REGION {quoted(s3['region'])})"
    )


def _catalog_secret(catalog: dict[str, Any]) -> str:
    name, _, secret = catalog["credential"].partition(":")
    server = catalog["oauth2_uri"] or catalog["uri"].rstrip("/") + "/v1/oauth/tokens"
    return (
        f"CREATE SECRET catalog (TYPE iceberg, CLIENT_ID {quoted(name)}, CLIENT_SECRET {quoted(secret)},"
        f" OAUTH2_SERVER_URI {quoted(server)})"
    )


def _attach(catalog: dict[str, Any], number: int) -> str:
    sign_in = "SECRET catalog" if catalog["credential"] else "AUTHORIZATION_TYPE 'none'"
    options = (
        "TYPE iceberg",
        f"ENDPOINT {quoted(catalog['uri'])}",
        sign_in,
        "ACCESS_DELEGATION_MODE 'none'",
        # DuckDB takes a warehouse named by an s3:// address for read-only.
        "READ_ONLY false",
        # DuckDB replaces an attachment only by one that is not the same; names have three parts, so this is never used.
        f"DEFAULT_SCHEMA 'unused_{number}'",
    )
    return f"ATTACH OR REPLACE {quoted(catalog['warehouse'])} AS {CATALOG} ({', '.join(options)})"
