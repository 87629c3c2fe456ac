"""phlo services enable, disable, add and remove: editing phlo.yaml so that the project can still be planned."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, load_inventory, outline, project_file
from phlo.config.root import PROJECT_FILE
from phlo.errors import ConfigError, PhloError, did_you_mean, first_of

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.discovery.catalog import Catalog
    from phlo.discovery.definition import ServiceDefinition


def enable(options: Any, shell: Shell) -> int:
    """Make services part of `up`."""
    from phlo.config.compose_project import load_project
    from phlo.config.definitions import all_definitions
    from phlo.config.edit import set_enabled
    from phlo.discovery.services import discover_services

    path = project_file(options, shell)
    catalog = discover_services(path.parent)
    file = load_project(path.parent, environ=shell.environ)
    names = list(dict.fromkeys(options.services))
    _check_known(names, {*catalog.services, *file.config.services.overrides()})
    chosen: dict[str, str] = {}
    reasons: list[str] = []
    try:
        present = _outline(path, catalog, options, shell).services
    except PhloError:
        pass  # a broken project: the check below refuses the change if it adds an error
    else:
        definitions = all_definitions(catalog, file, warnings=[])
        chosen, reasons = _providers_for(names, definitions, present, file.config.capabilities)
    check = _check_of(path, catalog, options, shell)
    if set_enabled(path, names, True, capabilities=chosen, check=check):
        shell.say(f"{PROJECT_FILE}: {', '.join(names)} enabled. Next: `phlo up` to start.")
        for reason in reasons:
            shell.say(f"  {reason}")
    else:
        _already(names, "enabled", shell)
    return exits.OK


def disable(options: Any, shell: Shell) -> int:
    """Take services out of `up`."""
    from phlo.config.edit import set_enabled
    from phlo.config.project_file import load_project_file
    from phlo.discovery.services import discover_services

    path = project_file(options, shell)
    catalog = discover_services(path.parent)
    names = list(dict.fromkeys(options.services))
    _check_known(names, {*catalog.services, *load_project_file(path).config.services.overrides()})
    if set_enabled(path, names, False, check=_check_of(path, catalog, options, shell)):
        command = "phlo up --remove-orphans"
        shell.say(f"{PROJECT_FILE}: {', '.join(names)} disabled. Next: `{command}` to remove the containers.")
    else:
        _already(names, "disabled", shell)
    return exits.OK


def _already(names: list[str], word: str, shell: Shell) -> None:
    shell.say(f"{PROJECT_FILE}: {', '.join(names)} {'is' if len(names) == 1 else 'are'} {word} already.")


def _check_known(names: Iterable[str], known: Collection[str]) -> None:
    """Raise ConfigError for names that are no service of a package, a role or phlo.yaml."""
    from phlo.discovery.registry import offering_of

    for name in names:
        if name in known:
            continue
        offering = offering_of(name)
        if offering and offering.is_available:
            what = f'the service "{name}" belongs to the package {offering.name}, which is not installed'
            raise ConfigError(what, fix=f"Install it with `phlo plugin install {offering.name}`.")
        raise ConfigError(f'there is no service "{name}"', fix=did_you_mean(name, known))


def _providers_for(
    names: Iterable[str],
    definitions: Mapping[str, ServiceDefinition],
    present: Iterable[str],
    given: Mapping[str, str],
) -> tuple[dict[str, str], list[str]]:
    """The providers to write into phlo.yaml so that `names` can be enabled, by capability, and the reasons.

    present: the project's services so far. given: `capabilities` of phlo.yaml.
    """
    from phlo.config.provider_choice import ProviderChoice

    choice = ProviderChoice(
        definitions=definitions,
        enabled=dict.fromkeys((*present, *names), ""),
        capabilities=dict(given),
        present=frozenset(present),
    )
    choice.complete()
    return {name: one for name, one in choice.capabilities.items() if name not in given}, choice.reasons


def _check_of(path: Path, catalog: Catalog, options: Any, shell: Shell) -> Callable[[str], None]:
    """What refuses a new text of phlo.yaml that cannot be planned for reasons that the present text does not have."""

    def check(text: str) -> None:
        try:
            _outline(path, catalog, options, shell, text)
        except PhloError as error:
            known = errors_before()
            added = [one for one in error.each() if one.what not in known]
            for one in added:
                one.others = ()
            if added:
                added[0].fix = f"{added[0].fix} {PROJECT_FILE} was not changed.".strip()
                raise first_of(added) from None

    def errors_before() -> set[str]:
        try:
            _outline(path, catalog, options, shell)
        except PhloError as error:
            return {one.what for one in error.each()}
        return set()

    return check


def _outline(path: Path, catalog: Catalog, options: Any, shell: Shell, text: str | None = None) -> Project:
    """The project of a phlo.yaml, or of a new `text` of it, without secrets and files."""
    full = Namespace(**vars(options), extra=[], project_name=None)
    workspace = Workspace(path.parent, catalog, load_inventory(options, shell, path.parent))
    return outline(workspace, full, shell, text=text)


def add(options: Any, shell: Shell) -> int:
    """Add an inline service."""
    from phlo.config.edit import add_service
    from phlo.discovery.services import discover_services

    if not options.image:
        raise ConfigError("is given no image", where="phlo services add", fix="Add --image IMAGE.")
    entry: dict[str, Any] = {"type": "inline", "image": options.image}
    if options.command:
        entry["command"] = options.command
    if options.port:
        entry["ports"] = options.port
    if options.env:
        entry["environment"] = dict(_pair(text) for text in options.env)
    if options.volume:
        entry["volumes"] = options.volume
    if options.depends_on:
        entry["depends_on"] = options.depends_on
    path = project_file(options, shell)
    _check_entry(entry, path.parent)
    check = _check_of(path, discover_services(path.parent), options, shell)
    add_service(path, options.name, entry, check=check)
    shell.say(f"{PROJECT_FILE}: {options.name} added. Next: `phlo plan` shows what `phlo up` will do.")
    return exits.OK


def _check_entry(entry: Mapping[str, Any], root: Path) -> None:
    """Raise ConfigError for what no service can have; a value with a variable in it is not known yet."""
    from phlo.compose import parse_service

    flags = {"ports": "--port", "environment": "--env", "volumes": "--volume", "depends_on": "--depends-on"}
    plain = {
        key: [item for item in value if "$" not in item] if isinstance(value, list) else value
        for key, value in entry.items()
        if key not in ("type", "environment")
    }

    def where(*keys: str | int) -> str:
        return f"phlo services add {flags.get(str(keys[0]), f'--{keys[0]}')}" if keys else "phlo services add"

    parse_service({key: value for key, value in plain.items() if "$" not in value}, where=where, root=root)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        fix = "Write for example --env LOG_LEVEL=debug."
        raise ConfigError(f'"{name}" is not NAME=VALUE', where="phlo services add --env", fix=fix)
    return name, value


def remove(options: Any, shell: Shell) -> int:
    """Take a service out of phlo.yaml."""
    from phlo.config.edit import remove_service

    remove_service(project_file(options, shell), options.service)
    shell.say(f"{PROJECT_FILE}: {options.service} removed. Next: `phlo up --remove-orphans` to remove its containers.")
    return exits.OK
