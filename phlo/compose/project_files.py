"""Where a Compose project is: its folder, its files and its files of variables, found as Docker Compose finds them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from phlo.compose.dotenv import Entry, load_env_file
from phlo.errors import ConfigError
from phlo.frozen import dataclass
from phlo.yaml_source import missing_file_fix

# In Compose's order of preference.
FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
ENV_FILE_NAME = ".env"

# Variables of Compose that say where a project is.
FILES_VARIABLE, SEPARATOR_VARIABLE, ENV_FILES_VARIABLE = "COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "COMPOSE_ENV_FILES"
LOCATING = (FILES_VARIABLE, SEPARATOR_VARIABLE, ENV_FILES_VARIABLE, "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeFiles:
    """folder: what relative paths start at. files: the one that wins last. env_files: the same."""

    folder: Path
    files: tuple[Path, ...]
    env_files: tuple[Path, ...] = ()

    @property
    def candidates(self) -> tuple[Path, ...]:
        """Files of the folder that would change what the project is, whether they exist or not."""
        names = (*FILE_NAMES, *OVERRIDE_NAMES, ENV_FILE_NAME)
        return tuple(self.folder / name for name in names)


def has_compose_file(folder: Path) -> bool:
    return any((folder / name).is_file() for name in FILE_NAMES)


def default_files(folder: Path) -> tuple[Path, ...]:
    """The files that Compose reads in a folder when none is named, with the override file; () when there is none."""
    found = [folder / name for name in FILE_NAMES if (folder / name).is_file()][:1]
    overrides = [folder / name for name in OVERRIDE_NAMES if (folder / name).is_file()][:1]
    return (*found, *overrides) if found else ()


def named_files(environ: Mapping[str, str], start: Path) -> tuple[Path, ...]:
    """The files that COMPOSE_FILE names, in the environment or else in the `.env` of `start`; () without it."""
    given = {name: text for name in (FILES_VARIABLE, SEPARATOR_VARIABLE) if (text := environ.get(name))}
    if FILES_VARIABLE not in given and (start / ENV_FILE_NAME).is_file():
        entries = env_entries([start / ENV_FILE_NAME], start)
        given = {name: entry.text for name, entry in entries.items() if entry.text} | given
    names = given.get(FILES_VARIABLE, "").split(given.get(SEPARATOR_VARIABLE) or os.pathsep)
    return tuple(existing(start / name) for name in names if name)


def files_of(
    files: Sequence[Path],
    *,
    start: Path,
    environ: Mapping[str, str],
    env_files: Sequence[Path] = (),
    folder: Path | None = None,
) -> ComposeFiles:
    """A project of these files.

    start:     the folder that phlo was called in, or was sent to.
    env_files: instead of COMPOSE_ENV_FILES and the `.env` of `folder`.
    folder:    what relative paths start at; None: the folder of the first file.
    Raises ConfigError for a file of variables that does not exist.
    """
    folder = folder or files[0].parent
    given = [*env_files]
    if not given and (names := environ.get(ENV_FILES_VARIABLE)):
        given = [start / name.strip() for name in names.split(",") if name.strip()]
    if not given and (folder / ENV_FILE_NAME).is_file():
        given = [folder / ENV_FILE_NAME]
    return ComposeFiles(folder=folder, files=tuple(files), env_files=tuple(existing(path) for path in given))


def existing(path: Path) -> Path:
    """The path, absolute. Raises ConfigError when there is no such file."""
    if not path.is_file():
        raise ConfigError("there is no such file", where=path, fix=missing_file_fix(path))
    return Path(os.path.abspath(path))


def env_entries(paths: Sequence[Path], top: Path) -> dict[str, Entry]:
    """What files of variables say, a later file winning. top: the folder that errors name files from."""
    found: dict[str, Entry] = {}
    for path in paths:
        try:
            found |= load_env_file(path, label=label_of(path, top))
        except FileNotFoundError:
            raise ConfigError("there is no such file", where=label_of(path, top), fix=missing_file_fix(path)) from None
    return found


def label_of(path: Path, top: Path) -> str:
    """What errors call a file: its path from the project's folder, where it is inside of it."""
    return str(path.relative_to(top)) if path.is_relative_to(top) else str(path)
