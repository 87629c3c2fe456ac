"""The secrets of a project: which variables are, the values of those that nobody gave, what must not be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from phlo.config.candidates import STATE_FOLDER
from phlo.config.containers import literal_secret_warning
from phlo.config.layers import LOCAL_ENV_FILE, ROLE_DEFAULTS
from phlo.config.project import ResolvedService
from phlo.config.project_file import ProjectFile
from phlo.config.secrets import PLACEHOLDER, stored_secret
from phlo.discovery.definition import ServiceDefinition
from phlo.frozen import dataclass, field
from phlo.values import Secret, Source, Value

# Shorter lines of a secret are not masked on their own: `}` or `end` would be everywhere.
SHORTEST_LINE = 8


@dataclass(slots=True, kw_only=True)
class ProjectSecrets:
    """The secrets of the project. kept: those of `secret_sources`. pending: those that have a placeholder."""

    root: Path
    definitions: Mapping[str, ServiceDefinition]
    generate: bool
    make: Callable[[], str]
    kept: frozenset[str]
    pending: list[str] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        every = (item for definition in self.definitions.values() for item in definition.env_vars.items())
        return self.kept | {name for name, variable in every if variable.secret}

    def want(self, name: str) -> tuple[Secret, Source]:
        """The value of a secret that nobody gave."""
        path = self.root / STATE_FOLDER / ".env.local"
        source = Source(layer=LOCAL_ENV_FILE, path=f"{STATE_FOLDER}/{path.name}")
        if not self.generate:
            self.pending.append(name)
            return Secret(PLACEHOLDER), source
        purpose = " and ".join(
            service
            for service, definition in self.definitions.items()
            if name in definition.env_vars and definition.env_vars[name].secret
        )
        return stored_secret(path, name, purpose=purpose, make=self.make), source


def placeholder() -> Secret:
    return Secret(PLACEHOLDER)


def literal_secrets(file: ProjectFile, names: frozenset[str]) -> list[str]:
    given = file.config.env or {}
    return [
        literal_secret_warning(file.document.where("env", str(name)), str(name))
        for name, value in given.items()
        if str(name) in names and value is not None and "$" not in str(value)
    ]


def hidden_texts(values: Mapping[str, Value], services: Mapping[str, ResolvedService]) -> tuple[Secret, ...]:
    """Every text that must not be shown, besides constants that roles publish."""
    found = {value.text for value in values.values() if isinstance(value.text, Secret)}
    for value in values.values():
        found |= {text for text, source in value.losers if isinstance(text, Secret) and source.layer != ROLE_DEFAULTS}
    # Of a secret of several lines (a key in PEM, say) a log shows one at a time.
    lines = {line.strip() for secret in found for line in secret.reveal().splitlines()}
    found |= {Secret(line) for line in lines if len(line) >= SHORTEST_LINE}
    for service in services.values():
        found |= {text for text in service.compose.environment.values() if isinstance(text, Secret)}
        found |= {spec.content for spec in service.files if isinstance(spec.content, Secret)}
    found |= {Secret(secret.reveal().strip()) for secret in found}
    return tuple(secret for secret in sorted(found, key=Secret.reveal) if secret.reveal() not in ("", PLACEHOLDER))
