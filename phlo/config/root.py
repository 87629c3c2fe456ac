"""Where the project is, and what it is called."""

from __future__ import annotations

import re
from pathlib import Path

from phlo.compose.project_files import FILE_NAMES, has_compose_file
from phlo.errors import ConfigError
from phlo.values import Text, reveal

PROJECT_FILE = "phlo.yaml"
_PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def find_project_root(start: Path) -> Path:
    """The nearest folder with a phlo.yaml or a Compose file, from `start` upwards.

    Raises ConfigError when there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file() or has_compose_file(folder):
            return folder
    what = f"there is no {PROJECT_FILE} or {FILE_NAMES[0]} here or in a folder above"
    raise ConfigError(what, where=start, fix="Go to the project's folder, or make a project with `phlo init NAME`.")


def checked_name(given: Text | None, root: Path, *, where: object) -> str:
    """The project's name: `given` when it is one, else made of the folder's name, by Docker Compose's rules.

    where: the position of `given`. Source: Compose specification, "Version and name".
    """
    if given is not None:
        name = reveal(given)
        if _PROJECT_NAME.fullmatch(name):
            return name
        better = normalized_name(name)
        fix = "Use small letters, digits, - and _, a letter or digit first" + (f': "{better}".' if better else ".")
        raise ConfigError(f'"{given}" cannot name a project', where=where, fix=fix)
    name = normalized_name(root.name)
    if name:
        return name
    what = f'the folder\'s name "{root.name}" cannot name the project'
    raise ConfigError(what, where=PROJECT_FILE, fix='Add "name: my-project".')


def normalized_name(text: str) -> str:
    """`text` with only what a project's name may have; empty when nothing is left."""
    return re.sub(r"[^a-z0-9_-]", "", text.lower()).lstrip("_-")
