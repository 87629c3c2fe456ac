"""Which services a new project begins with: a template, or the answers of a person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from phlo.cli.shell import Shell
from phlo.compose.project_files import FILE_NAMES
from phlo.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from phlo.discovery.definition import ServiceDefinition

EMPTY, COMPOSE, CHOOSE = "empty", "compose", "choose"
_PREFERRED = "light"
_WHERE = "phlo init --template"

Definitions = Mapping[str, "ServiceDefinition"]


class Beginning(NamedTuple):
    """What is written into phlo.yaml.

    services: those to enable, in order. needed: what they need besides -> why. reasons: choices to tell.
    """

    services: tuple[str, ...] = ()
    capabilities: Mapping[str, str] = {}
    needed: Mapping[str, str] = {}
    reasons: tuple[str, ...] = ()
    include: tuple[str, ...] = ()

    @property
    def all_services(self) -> tuple[str, ...]:
        """The enabled services and what they need."""
        return (*self.services, *(name for name in self.needed if name not in self.services))


def choose(options: Any, shell: Shell, root: Path, definitions: Definitions) -> Beginning:
    """The services that --template names or a person chooses; without either those of the first template there is."""
    compose = next((name for name in FILE_NAMES if (root / name).is_file()), None)
    known = templates(definitions, has_compose=compose is not None)
    default = COMPOSE if compose else next(iter(known))
    name = options.template
    if name is None and shell.input.isatty() and not options.yes:
        name = _asked_template(known, default, definitions, shell)
    name = name or default
    if name == CHOOSE:
        return _begin(_asked_services(definitions, shell), definitions)
    if name == COMPOSE:
        if compose is None:
            fix = f"Go to its folder, or add {FILE_NAMES[0]}."
            raise ConfigError("there is no Compose file in the project's folder", where=_WHERE, fix=fix)
        return Beginning(include=(compose,))
    if name not in known:
        raise ConfigError(f'there is no template "{name}"', where=_WHERE, fix=did_you_mean(name, known))
    return _begin(known[name], definitions)


def templates(definitions: Definitions, *, has_compose: bool) -> dict[str, tuple[str, ...]]:
    """Each template with its services, the preferred one first.

    A template is what `starters` of installed services name. A service without a newer version is not part of it where
    its successor is installed.
    """
    found: dict[str, list[str]] = {}
    for name, definition in sorted(definitions.items()):
        for starter in definition.starters:
            if (definition.succeeded_by or "") not in definitions:
                found.setdefault(starter, []).append(name)
    ordered = sorted(found, key=lambda name: (name != _PREFERRED, len(found[name]), name))
    known = {name: tuple(found[name]) for name in ordered}
    return {**known, EMPTY: (), **({COMPOSE: ()} if has_compose else {})}


def _begin(names: tuple[str, ...], definitions: Definitions) -> Beginning:
    from phlo.config.provider_choice import ProviderChoice

    choice = ProviderChoice(definitions=definitions, enabled=dict.fromkeys(names, ""))
    choice.complete()
    # What was added as the provider of something is named in the file as well: a reader sees what runs.
    provided = {name for name, reason in choice.enabled.items() if reason.startswith("provides ")}
    return Beginning(
        services=tuple(name for name in choice.enabled if name in names or name in provided),
        capabilities=choice.capabilities,
        needed={name: reason for name, reason in choice.enabled.items() if name not in names},
        reasons=tuple(choice.reasons),
    )


def _asked_template(
    known: Mapping[str, tuple[str, ...]], default: str, definitions: Definitions, shell: Shell
) -> str | None:
    shell.tell("Which services should the project begin with?")
    meanings = {EMPTY: "none; enable or write them later", COMPOSE: "those of the Compose file in this folder"}
    rows = {name: meanings.get(name) or ", ".join(services) for name, services in known.items()}
    if definitions:
        rows[CHOOSE] = "ask for each service by name"
    width = max(map(len, rows))
    for name, meaning in rows.items():
        shell.tell(f"  {name:<{width}}  {meaning}")
    while True:
        answer = shell.ask(f"Template [{default}]:").strip()
        if not answer or answer in rows:
            return answer or default
        shell.tell(f'There is no template "{answer}". {did_you_mean(answer, rows)}')


def _asked_services(definitions: Definitions, shell: Shell) -> tuple[str, ...]:
    """The services that a person names; parts of other services are not offered."""
    parts = {other for one in definitions.values() for other, entry in one.depends_on.items() if entry["required"]}
    offered = {name: one for name, one in definitions.items() if name not in parts or one.default}
    width = max(map(len, offered))
    for name, definition in offered.items():
        needs = f" (needs {', '.join(definition.requires)})" if definition.requires else ""
        shell.tell(f"  {name:<{width}}  {definition.description}{needs}")
    while True:
        names = tuple(dict.fromkeys(shell.ask("Services, separated by spaces:").replace(",", " ").split()))
        unknown = [name for name in names if name not in definitions]
        if not unknown:
            return names
        shell.tell(f'There is no service "{unknown[0]}". {did_you_mean(unknown[0], definitions)}')
