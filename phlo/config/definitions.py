"""The services that phlo.yaml can speak of: those of the catalog, and its own inline ones."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.config.compose_project import compose_definitions
from phlo.config.project_file import ROLE_KEYS, ProjectFile
from phlo.discovery.catalog import Catalog
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError, PhloError, first_of, nearest
from phlo.frozen import dataclass
from phlo.values import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What phlo.yaml says about a service being part of a run. is_on: None if it is not set."""

    is_on: bool | None
    source: Source


def all_definitions(catalog: Catalog, file: ProjectFile, *, warnings: list[str]) -> dict[str, ServiceDefinition]:
    """Every service by name, in alphabetical order.

    warnings: gets a sentence for each service that is disabled and not installed.
    Raises ConfigError for every name in phlo.yaml that is not a service's, and for what is wrong in inline services.
    """
    found = {**catalog.services, **compose_definitions(file.compose)}
    errors: list[PhloError] = []
    for name, override in file.config.services.overrides().items():
        where = file.document.where("services", name)
        try:
            if override.type == "inline":
                _check_not_included(name, file)
                found[name] = _inline(name, catalog, file)
            elif name in found:
                _check_role_keys(name, catalog, file)
            else:
                is_off = override.enabled is False
                _check_known(name, where, catalog, file, is_off=is_off, warnings=warnings)
        except PhloError as error:
            errors.append(error)
    for key in ("enabled", "disabled"):
        for index, name in enumerate(getattr(file.config.services, key)):
            where = file.document.where("services", key, index)
            try:
                if name not in found:
                    _check_known(name, where, catalog, file, is_off=key == "disabled", warnings=warnings)
            except PhloError as error:
                errors.append(error)
    if errors:
        raise first_of(errors)
    return dict(sorted(found.items()))


def switches(file: ProjectFile) -> dict[str, Switch]:
    """Service -> whether phlo.yaml switches it on or off. Raises ConfigError for those that it does both."""
    found: dict[str, Switch] = {}
    errors: list[PhloError] = []
    services = file.config.services
    given = [
        (name, override.enabled, file.document.source("services", name, "enabled", layer="phlo.yaml"))
        for name, override in services.overrides().items()
        if override.enabled is not None
    ]
    for key, names in (("enabled", services.enabled), ("disabled", services.disabled)):
        for index, name in enumerate(names):
            source = file.document.source("services", key, index, layer="phlo.yaml")
            given.append((name, key == "enabled", source))
    for name, is_on, source in given:
        other = found.setdefault(name, Switch(is_on=is_on, source=source))
        if other.is_on != is_on:
            what = f'"{name}" is enabled and disabled (see {other.source})'
            errors.append(ConfigError(what, where=source, fix="Keep one of the two."))
    if errors:
        raise first_of(errors)
    return found


def _inline(name: str, catalog: Catalog, file: ProjectFile) -> ServiceDefinition:
    if name in catalog.services and file.service(name).get("replaces") is not True:
        definition = catalog.services[name]
        owner = definition.package or f"the {definition.kind} role"
        where = file.document.where("services", name, "type")
        fix = 'Take "type: inline" out to change that service, write "replaces: true", or choose another name.'
        raise ConfigError(f'{owner} has a service "{name}" already', where=where, fix=fix)
    keys = ("services", name)
    return ServiceDefinition.from_inline(
        name, file.service(name), file.document, keys, root=file.path.parent, accepted=file.accepted
    )


def _check_not_included(name: str, file: ProjectFile) -> None:
    if file.compose is not None and name in file.compose.services:
        included = file.compose.services[name][-1].where()
        where = file.document.where("services", name, "type")
        fix = 'Take "type: inline" out to change that service, or choose another name.'
        raise ConfigError(f'an included Compose project has a service "{name}", at {included}', where=where, fix=fix)


def _check_role_keys(name: str, catalog: Catalog, file: ProjectFile) -> None:
    errors: list[PhloError] = [
        ConfigError(
            f'"{key}" is for inline services; here {_owner(name, catalog)} says it',
            where=file.document.where("services", name, key),
            fix="Remove it.",
        )
        for key in file.service(name)
        if key in ROLE_KEYS
    ]
    if errors:
        raise first_of(errors)


def _owner(name: str, catalog: Catalog) -> str:
    definition = catalog.services.get(name)
    return (definition.package if definition else "the Compose file") or "the role"


def _check_known(
    name: str, where: str, catalog: Catalog, file: ProjectFile, *, is_off: bool, warnings: list[str]
) -> None:
    """Refuse a name that no service has, unless it is disabled and nothing alike is there."""
    known = (*catalog.services, *inline_names(file))
    near = nearest(name, known)
    is_broken = any(name in problem.services for problem in catalog.problems)
    if is_off and (near is None or is_broken):
        warnings.append(f'{where}: "{name}" is disabled, but there is no such service.')
        return
    from phlo.discovery.registry import offering_of

    if offering := offering_of(name):
        fix = f"Install it with `phlo plugin install {offering.name}`."
        if not offering.is_available:
            fix = f"{offering.name}, which would provide it, is only planned."
        raise ConfigError(f'the service "{name}" is not installed', where=where, fix=fix)
    given = file.service(name)
    if near is None and ("image" in given or "build" in given):
        what, fix = f'there is no service "{name}"', 'Add "type: inline" to define it here.'
        raise ConfigError(what, where=where, fix=fix)
    if near is not None and not is_broken:
        raise ConfigError(f'there is no service "{name}"', where=where, fix=f'Did you mean "{near}"?')
    try:
        catalog.lookup(name)
    except ConfigError as error:
        error.where = where
        raise


def inline_names(file: ProjectFile) -> tuple[str, ...]:
    overrides: Mapping[str, object] = file.config.services.overrides()
    return tuple(name for name in overrides if file.service(name).get("type") == "inline")
