"""What phlo makes of a Compose project: its services as resolved, and the requests that its plan would send."""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phlo.cli.shell import Shell
from phlo.cli.workspace import locate
from phlo.config.project import Project
from phlo.config.request import Request
from phlo.config.resolve import resolve
from phlo.discovery.catalog import NO_SERVICES
from phlo.errors import PhloError
from phlo.inventory import Inventory
from phlo.plan import up
from phlo.values import Secret
from tests.peers.compose.fileset import FileSet

# Fields of a service that say where its values came from, or which services are chosen; not what it is.
_ORIGINS = ("env_file", "environment_from_host", "read_files", "warnings", "profiles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """model: project, services, networks and volumes as plain values. requests: as `record` has those of Compose."""

    model: dict[str, Any]
    requests: list[dict[str, Any]]


def of_set(one: FileSet, root: Path) -> Made:
    """What phlo makes of a file set that was written to `root`. Raises PhloError when it refuses it."""
    environ = one.environment(root)
    return _made(
        _project(one.folder(root), files=one.use, env_files=one.env_files, profiles=one.profiles, environ=environ)
    )


def of_config(config: Mapping[str, Any], one: FileSet, root: Path) -> Made:
    """The same of what Compose's `config` gave for the set: one file without variables, merges and short forms."""
    folder = one.folder(root)
    services = {name: _repaired(service) for name, service in config["services"].items()}
    (folder / "canonical.json").write_text(json.dumps({**config, "services": services}), encoding="utf-8")
    environ = {name: value for name, value in one.environment(root).items() if not name.startswith("COMPOSE_")}
    return _made(_project(folder, files=["canonical.json"], env_files=(), profiles=(), environ=environ))


def _repaired(service: Mapping[str, Any]) -> dict[str, Any]:
    """A service of `config` as Compose itself would accept it as input; what is repaired are faults of its output."""
    found = {key: value for key, value in service.items() if key != "profiles"}
    for limits in (found.get("blkio_config") or {}).values():
        for limit in limits if isinstance(limits, list) else ():
            for key in list(limit):
                limit[key.lower()] = limit.pop(key)  # Path, Rate, Weight
    for rule in (found.get("develop") or {}).get("watch", ()):
        if not any((rule.get("exec") or {}).values()):
            rule.pop("exec", None)
    for key in ("labels", "annotations"):  # a dollar is doubled in names too, which are not interpolated
        if key in found:
            found[key] = {name.replace("$$", "$"): value for name, value in found[key].items()}
    return found


def _project(
    folder: Path, *, files: Sequence[str], env_files: Sequence[str], profiles: Sequence[str], environ: dict[str, str]
) -> Project:
    """The way a compose project goes into phlo, as its commands find and read one."""
    options = argparse.Namespace(project_dir=None, compose_file=files, env_file=env_files)
    shell = Shell(io.StringIO(), io.StringIO(), io.StringIO(), environ, folder)
    root, found = locate(options, shell)
    return resolve(
        NO_SERVICES,
        Inventory(),
        root=root,
        environ=environ,
        request=Request(profiles=tuple(profiles)),
        compose=found,
    )


def _made(project: Project) -> Made:
    services = {}
    for name, service in project.services.items():
        fields = {key: value for key, value in _plain(service.compose).items() if key not in _ORIGINS}
        files = [
            {"path": one.path, "content": one.data().decode(), "mode": one.mode, "uid": one.uid, "gid": one.gid}
            for one in service.files
        ]
        services[name] = {**fields, "scale": service.scale, "files": files}
    resources = {
        kind: {spec.name: {"options": _plain(spec.options), "is_external": spec.is_external} for spec in specs.values()}
        for kind, specs in (("networks", project.networks), ("volumes", project.volumes))
    }
    return Made(model={"name": project.name, "services": services, **resources}, requests=list(_requests(project)))


def _requests(project: Project) -> list[dict[str, Any]]:
    found = []
    for step in up.build(project).steps:
        args = step.args
        if step.operation in ("network", "volume") and not args.is_external:
            found.append({step.operation: args.name, "body": _plain(args.options)})
        elif step.operation == "container":
            networks = {one.name: _plain(one.endpoint) for one in args.networks}
            found.append({"container": args.name, "body": {**_plain(args.body), "networks": networks}})
    return found


def _plain(value: Any) -> Any:
    """Dataclasses, tuples, secrets and paths as plain values."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple, set, frozenset)) else value


__all__ = ["Made", "PhloError", "of_config", "of_set"]
