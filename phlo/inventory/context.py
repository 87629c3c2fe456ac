"""Contexts of the docker command line: an address under a name. Source: Docker's context store, `docker context`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from phlo.bounded import parse_json, read_file
from phlo.errors import InventoryError, did_you_mean


class ContextEndpoint(NamedTuple):
    """cert_path: folder with the TLS files of the context, None when it has none."""

    docker_host: str
    cert_path: str | None


DEFAULT = "default"


def context_endpoint(name: str, *, host: str, environ: Mapping[str, str]) -> ContextEndpoint | None:
    """The engine of a context; None for `default`, which is what Docker's own rules find.

    Raises InventoryError when there is no such context.
    """
    if name == DEFAULT:
        return None
    store = _store(environ)
    try:
        meta = parse_json(read_file(context_file(name, environ)))
        address = str(meta["Endpoints"]["docker"]["Host"])
    except FileNotFoundError:
        known = sorted(_names(store))
        fix = did_you_mean(name, known) if known else "No context exists; see `docker context create`."
        raise InventoryError(f'docker has no context "{name}"', where=host, fix=fix) from None
    except (OSError, ValueError, KeyError, TypeError) as reason:
        fix = f"`docker context inspect {name}` should show it; recreate it, or write docker_host instead."
        raise InventoryError(f'the docker context "{name}" cannot be read: {reason}', where=host, fix=fix) from None
    certificates = store / "tls" / _key(name) / "docker"
    return ContextEndpoint(address, str(certificates) if certificates.is_dir() else None)


def active_endpoint(environ: Mapping[str, str]) -> ContextEndpoint | None:
    """The engine of the context in use; None when none is, or DOCKER_HOST overrides it.

    Source: the docker command line (`docker context`): DOCKER_HOST, then DOCKER_CONTEXT, then `docker context use`,
    which writes `currentContext` into config.json. Raises InventoryError when there is no such context.
    """
    if environ.get("DOCKER_HOST"):
        return None
    name, where = environ.get("DOCKER_CONTEXT") or "", "DOCKER_CONTEXT"
    if not name:
        name, where = _chosen(environ), f"{config_file(environ)} currentContext"
    return context_endpoint(name, host=where, environ=environ) if name else None


def context_inputs(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that say which context is in use, and where its engine is."""
    name = environ.get("DOCKER_CONTEXT") or _chosen(environ)
    return (config_file(environ), *([context_file(name, environ)] if name else []))


def config_file(environ: Mapping[str, str]) -> Path:
    """The docker command line's own configuration."""
    return _store(environ).parent / "config.json"


def _chosen(environ: Mapping[str, str]) -> str:
    """The context that `docker context use` chose; "" for none, and for a file that docker could not read either."""
    try:
        name = parse_json(read_file(config_file(environ))).get("currentContext")
    except (OSError, ValueError, AttributeError):
        return ""
    return name if isinstance(name, str) else ""


def context_file(name: str, environ: Mapping[str, str]) -> Path:
    """The file that says where a context's engine is."""
    return _store(environ) / "meta" / _key(name) / "meta.json"


def _store(environ: Mapping[str, str]) -> Path:
    home = environ.get("DOCKER_CONFIG") or str(Path(environ.get("HOME") or Path.home()) / ".docker")
    return Path(home) / "contexts"


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _names(store: Path) -> list[str]:
    found = []
    for path in store.glob("meta/*/meta.json"):
        try:
            found.append(str(parse_json(read_file(path))["Name"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found
