"""phlo import compose: a Compose project becomes a phlo.yaml."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.compose.project_files import FILE_NAMES, default_files, existing, files_of
from phlo.compose_import.convert import Converted, convert
from phlo.compose_import.source import ComposeSource, read_source
from phlo.compose_import.text import yaml_text
from phlo.config.atomic import replace_file
from phlo.config.candidates import STATE_FOLDER
from phlo.config.project_file import parse_project_file
from phlo.config.root import PROJECT_FILE
from phlo.errors import ConfigError, PhloError

if TYPE_CHECKING:
    from phlo.discovery.catalog import Catalog


def import_compose(options: Any, shell: Shell) -> int:
    """Write the phlo.yaml that stands for a Compose project."""
    from phlo.discovery.services import discover_services

    cwd = shell.cwd.resolve()
    files = [existing(cwd / name) for name in options.files] or list(default_files(cwd))
    if not files:
        fix = f"Name one, or add {FILE_NAMES[0]}."
        raise ConfigError("there is no Compose file here", where=shell.cwd, fix=fix)
    env_files = [existing(cwd / name) for name in options.env_file]
    found_files = files_of(files, start=cwd, environ=shell.environ, env_files=env_files)
    project = read_source(found_files, environ=shell.environ)
    target = (cwd / options.out if options.out else found_files.folder).resolve()
    target = target / PROJECT_FILE if target.is_dir() else target
    catalog = discover_services(target.parent)
    default = [name for name, one in catalog.services.items() if one.default]
    found = convert(project, target=target.parent, installed=list(catalog.services), default=default)
    names = ", ".join(os.path.relpath(path, target.parent) for path in files)
    text = yaml_text(found.data, comment=f"Imported from {names} by `phlo import compose`.")
    parse_project_file(text, path=target)
    wanted = {target: (text.encode(), 0o644)}
    if project.env_files:
        texts = [path.read_bytes() for path in project.env_files]
        wanted[target.parent / STATE_FOLDER / ".env"] = (b"\n".join(texts), 0o600)
    written = _write(wanted, force=options.force)
    _tell(found, project, target, written, catalog, options, shell)
    return exits.OK


def _write(wanted: Mapping[Path, tuple[bytes, int]], *, force: bool) -> list[Path]:
    """Write the files that differ from what is there: all of them or, where one would be overwritten, none."""
    differing = [path for path, (data, _) in wanted.items() if not path.is_file() or path.read_bytes() != data]
    errors: list[PhloError] = [
        ConfigError("is there already, and says something else", where=path, fix="Add --force to overwrite it.")
        for path in differing
        if path.exists() and not force
    ]
    if errors:
        from phlo.errors import first_of

        raise first_of(errors)
    for path in differing:
        data, mode = wanted[path]
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data, mode=mode)
    return differing


def _tell(
    found: Converted,
    project: ComposeSource,
    target: Path,
    written: Collection[Path],
    catalog: Catalog,
    options: Any,
    shell: Shell,
) -> None:
    style = shell.style(options, err=True)
    for one in found.findings:
        shell.tell(f"{style.sign('!')} {one.where}: {one.what}.{' Left out.' if one.is_lost else ''}")
    open_ends = _open_ends(target, catalog, options, shell)
    for error in open_ends:
        shell.tell(f"{style.sign('✗')} {error}")
    services = [name for name in found.data["services"] if name not in ("enabled", "disabled")]
    counted = [f"{len(services)} service{'s' * (len(services) != 1)}"]
    for section in ("networks", "volumes", "configs", "secrets"):
        if count := len(found.data.get(section, ())):
            counted.append(f"{count} {section[:-1] if count == 1 else section}")
    lost = sum(one.is_lost for one in found.findings)
    state = "" if target in written else " (nothing new)"
    shell.say(f"{_shown(target, shell)}{state}: {', '.join(counted)}. Left out: {lost or 'nothing'}.")
    env = target.parent / STATE_FOLDER / ".env"
    if env in written:
        shell.say(
            f"{_shown(env, shell)}: the variables of {' and '.join(_shown(one, shell) for one in project.env_files)}."
        )
    shell.say("Next: fix what is marked ✗." if open_ends else "Next: `phlo plan` shows what `phlo up` will do.")


def _shown(path: Path, shell: Shell) -> str:
    return os.path.relpath(path, shell.cwd.resolve())


def _open_ends(target: Path, catalog: Catalog, options: Any, shell: Shell) -> list[PhloError]:
    """What is wrong with the project as written: a variable without a value, a file that is not there."""
    from phlo.config.request import Request
    from phlo.config.resolve import resolve
    from phlo.inventory.hosts import Inventory
    from phlo.plan import build

    if target.name != PROJECT_FILE:
        return []
    try:
        build(
            resolve(
                catalog,
                Inventory(),
                root=target.parent,
                environ=shell.environ,
                request=Request(fetch_secrets=False),
            )
        )
    except PhloError as error:
        return list(error.each())
    return []
