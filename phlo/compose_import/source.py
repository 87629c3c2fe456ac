"""The Compose project to import, with its variables and what phlo.yaml has no section for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.compose.interpolate import names_in
from phlo.compose.project import ComposeProject, read_project
from phlo.compose.project_files import ComposeFiles
from phlo.compose_import.finding import Finding, sentence
from phlo.config.layers import ENV_FILE, PROJECT, Candidate, Variables
from phlo.errors import ConfigError
from phlo.frozen import dataclass
from phlo.values import Source, Value
from phlo.yaml_source import Keys


@dataclass(slots=True, kw_only=True)
class ComposeSource:
    """A Compose project as read.

    variables: those of its files, and of the process environment above.
    env_files: of the project and its includes; of a file made of all of them, the last value counts.
    findings:  sections that phlo does not know, and variables that more services see afterwards.
    """

    project: ComposeProject
    variables: Variables
    env_files: tuple[Path, ...]
    findings: tuple[Finding, ...]


def read_source(files: ComposeFiles, *, environ: Mapping[str, str]) -> ComposeSource:
    """Read a project. Raises ConfigError for what cannot be read, and for a variable with two values."""
    unknown: list[ConfigError] = []
    project = read_project(files, environ=environ, unknown=unknown.append)
    candidates: dict[str, Candidate] = {}
    for scope in project.scopes:
        for entry, label in scope.entries.values():
            source = Source(layer=ENV_FILE, path=label, line=entry.line)
            given = Candidate(name=entry.name, text=entry.text, source=source, is_literal=entry.is_literal)
            before = candidates.setdefault(entry.name, given)
            if before.text != entry.text:
                what = f"{entry.name} has another value here than in another included project"
                fix = "Give the variable another name in one of the two."
                raise ConfigError(what, where=f"{source} {entry.name}", fix=fix)
    variables = Variables(candidates.values(), environ=environ)
    folder = Source(layer=PROJECT, path="the project's folder")
    variables.define(Value(name="PWD", text=str(files.folder), source=folder))
    env_files = [path for scope in reversed(project.scopes) for path in scope.env_files]
    return ComposeSource(
        project=project,
        variables=variables,
        env_files=tuple(dict.fromkeys(env_files)),
        findings=(
            *(Finding(str(error.where), sentence(error)) for error in unknown),
            *_newly_visible(project, candidates, environ),
        ),
    )


def _newly_visible(
    project: ComposeProject, candidates: Mapping[str, Candidate], environ: Mapping[str, str]
) -> Iterator[Finding]:
    """Variables of an included project that a service outside of it names."""
    seen = {scope.name: scope.visible for scope in project.scopes}
    for service, parts in project.services.items():
        visible = seen[project.scope_of[service]]
        known = {name for scope in project.scopes if scope.name in visible for name in scope.entries}
        for part in parts:
            for keys, text in _texts(part.attributes):
                for name in sorted(names_in(text) & set(candidates) - known - set(environ)):
                    path = candidates[name].source.path
                    what = f"{name} gets the value that {path} has, which Compose does not use here"
                    yield Finding(part.where(*keys), what, False)


def _texts(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """Every text with a dollar sign in nested data, with its keys."""
    if isinstance(value, str) and "$" in value:
        yield keys, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*keys, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*keys, index))
