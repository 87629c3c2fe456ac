"""What another phlo needs to see a project as this one does, beside what is installed (`phlo.config.installed`).

Templates of services that look after the project themselves know it as `phlo_control`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.config.layers import COMMAND_LINE, PROCESS, ROLE_DEFAULTS, SECRET_SOURCES, Candidate, Variables
from phlo.values import Secret, Source, reveal

ROOT_VARIABLE = "PHLO_PROJECT_ROOT"
OWNER_VARIABLE = "PHLO_PROJECT_OWNER"

_GIVEN = (SECRET_SOURCES, PROCESS, COMMAND_LINE)


def project_variables(root: Path) -> Iterator[Candidate]:
    """Variables that every project has: where its folder is, and whose (`UID:GID`)."""
    found, source = root.stat(), Source(layer=ROLE_DEFAULTS, path="phlo")
    yield Candidate(name=ROOT_VARIABLE, text=str(root), source=source, is_literal=True)
    yield Candidate(name=OWNER_VARIABLE, text=f"{found.st_uid}:{found.st_gid}", source=source)


def control_data(project: str, variables: Variables, bases: Mapping[str, Any]) -> Secret:
    """Data for another phlo, as JSON: the project's name, this machine's part in images, and the variables that no file
    of the project has: those of the process environment, the command line and secret sources.
    """
    import json

    data: dict[str, Any] = {
        "project": project,
        "home": os.path.expanduser("~"),
        "variables": dict(_given(variables)),
        "bases": bases,
    }
    return Secret(json.dumps(data, sort_keys=True))


def _given(variables: Variables) -> Iterator[tuple[str, str]]:
    for name in sorted({*variables.names, *variables.environment_read}):
        value = variables.known_value(name)
        if value is not None and value.source.layer in _GIVEN and (value.text or not isinstance(value.text, Secret)):
            yield name, reveal(value.text)
