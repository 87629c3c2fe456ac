"""A role's folder: which of its files describe services, and what they say."""

from __future__ import annotations

import re
from pathlib import Path

from phlo.discovery.definition import Kind, ServiceDefinition
from phlo.errors import PackageError, PhloError, first_of
from phlo.sections.accepted import Accepted
from phlo.yaml_source import CoreLoader, load_yaml

_MAIN = ("service.yaml", "service.yml")
_COMPANION = re.compile(r".+[-_](service|setup)\.ya?ml")
_NAME = re.compile(r"^name:\s*[\"']?([A-Za-z0-9._-]+)", re.MULTILINE)
_CONTAINER = re.compile(r"^(compose|image|build):", re.MULTILINE)


def service_files(folder: Path) -> list[Path]:
    """The files of a role that describe a service, the main one first.

    These are `service.yaml`, `*_service.yaml`, `*-service.yaml`, `*-setup.yaml` and `*_setup.yaml`, and every other
    YAML file at the folder's top that has the keys `name` and one of `compose`, `image`, `build`.
    """
    names = sorted(path.name for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())
    main = [name for name in names if name in _MAIN]
    others = [name for name in names if name not in _MAIN]
    return [folder / name for name in (*main, *others) if _is_service_file(folder / name)]


def _is_service_file(path: Path) -> bool:
    if path.name in _MAIN or _COMPANION.fullmatch(path.name):
        return True
    text = _text(path)
    return bool(_NAME.search(text) and _CONTAINER.search(text))


def service_names(folder: Path) -> tuple[str, ...]:
    """The names of a role's services, as far as its files can be read at all."""
    found = (_NAME.search(_text(path)) for path in service_files(folder))
    return tuple(match[1] for match in found if match)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def read_role(
    folder: Path,
    *,
    label: str,
    kind: Kind,
    package: str | None = None,
    package_version: str | None = None,
    accepted: Accepted | None = None,
) -> tuple[ServiceDefinition, ...]:
    """The services of a role.

    label: what errors call the folder. accepted: see `ServiceDefinition.from_file`.
    Raises PackageError with all that is wrong in any of its files: half a role is not used.
    """
    found: dict[str, ServiceDefinition] = {}
    errors: list[PhloError] = []
    for path in service_files(folder):
        try:
            definition = ServiceDefinition.from_file(
                load_yaml(path, label=f"{label}/{path.name}", error=PackageError, loader=CoreLoader),
                root=folder,
                kind=kind,
                package=package,
                package_version=package_version,
                is_main=path.name in _MAIN,
                accepted=accepted,
            )
        except PhloError as error:
            errors.append(error)
            continue
        if definition.name in found:
            what = f'a second file of this role describes the service "{definition.name}"'
            errors.append(PackageError(what, where=definition.where("name"), fix="Give each its own name."))
        found.setdefault(definition.name, definition)
    if errors:
        raise first_of(errors)
    return tuple(found.values())


def role_inputs(folder: Path) -> tuple[Path, ...]:
    """The files and folders whose change may change what `read_role` gives."""
    inside = tuple(folder / name for name in ("image", "tasks", "templates"))
    return (folder, *service_files(folder), *inside)
