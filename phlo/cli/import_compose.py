"""phlo import compose: a Compose project becomes a phlo.yaml."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.import_files import contents, open_ends, relative, tell_errors, tell_findings, write_all
from phlo.cli.shell import Shell
from phlo.compose.project_files import FILE_NAMES, default_files, existing, files_of
from phlo.compose_import.convert import Converted, convert
from phlo.compose_import.source import ComposeSource, read_source
from phlo.compose_import.text import yaml_text
from phlo.config.candidates import STATE_FOLDER
from phlo.config.project_file import parse_project_file
from phlo.config.root import PROJECT_FILE
from phlo.errors import ConfigError

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
    found = convert(project, target=target.parent, installed=list(catalog.services))
    names = ", ".join(os.path.relpath(path, target.parent) for path in files)
    text = yaml_text(found.data, comment=f"Imported from {names} by `phlo import compose`.")
    parse_project_file(text, path=target)
    wanted = {target: (text.encode(), 0o644)}
    if project.env_files:
        texts = [path.read_bytes() for path in project.env_files]
        wanted[target.parent / STATE_FOLDER / ".env"] = (b"\n".join(texts), 0o600)
    written = write_all(wanted, force=options.force)
    _tell(found, project, target, written, catalog, options, shell)
    return exits.OK


def _tell(
    found: Converted,
    project: ComposeSource,
    target: Path,
    written: Collection[Path],
    catalog: Catalog,
    options: Any,
    shell: Shell,
) -> None:
    from phlo.inventory.hosts import Inventory

    tell_findings(found.findings, options, shell)
    unfinished = open_ends(target, catalog, Inventory(), shell)
    tell_errors(unfinished, options, shell)
    state = "" if target in written else " (nothing new)"
    shell.say(f"{relative(target, shell)}{state}: {contents(found)}")
    env = target.parent / STATE_FOLDER / ".env"
    if env in written:
        names = " and ".join(relative(one, shell) for one in project.env_files)
        shell.say(f"{relative(env, shell)}: the variables of {names}.")
    shell.say("Next: fix what is marked ✗." if unfinished else "Next: `phlo plan` shows what `phlo up` will do.")
