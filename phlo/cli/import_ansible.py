"""phlo import ansible: the containers of a playbook become services, and its other tasks stay."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.ansible_import.collect import Collector
from phlo.ansible_import.expressions import Texts
from phlo.ansible_import.playbook import Imported, import_playbook
from phlo.ansible_import.walk import Around, Walk
from phlo.cli import exits
from phlo.cli.import_files import contents, open_ends, relative, tell_errors, tell_findings, write_all
from phlo.cli.shell import Shell
from phlo.cli.vault import vault_of
from phlo.compose_import.text import yaml_text
from phlo.config.extra import extra_values
from phlo.config.project_file import parse_project_file
from phlo.config.root import PROJECT_FILE
from phlo.errors import ConfigError, PhloError
from phlo.execute.play.run import check_play
from phlo.inventory import load
from phlo.operations.arguments import NOTHING_ACCEPTED
from phlo.playbook.load import Loader
from phlo.playbook.lookups import lookup_functions
from phlo.playbook.operations import Operations
from phlo.playbook.plays import read_playbook
from phlo.playbook.scope import Layer, Variable
from phlo.playbook.source import Origin
from phlo.playbook.templating import Templar
from phlo.user_cache import cache_folder
from phlo.yaml_source import missing_file_fix

if TYPE_CHECKING:
    from phlo.discovery.catalog import Catalog
    from phlo.inventory.hosts import Inventory

# Folders beside a playbook or its roles that tasks read files from.
_FOLDERS = ("group_vars", "host_vars", "files", "templates", "vars")


def import_ansible(options: Any, shell: Shell) -> int:
    """Show, or with `--out` write, the project that a playbook becomes."""
    from phlo.discovery.services import discover_services

    playbook = (shell.cwd / options.playbook).resolve()
    if not playbook.is_file():
        raise ConfigError("there is no such playbook", where=options.playbook, fix=missing_file_fix(playbook))
    root = _root(playbook)
    target = (shell.cwd / options.out).resolve() if options.out else root
    catalog = discover_services(target, cache=cache_folder(shell.environ))
    inventory = _inventory(options, shell, root)
    work = _Import(playbook, root, target, inventory, options, shell)
    found = work.result(catalog)
    data = {**found.project.data, **({"inventory": work.inventory_paths()} if options.inventory else {})}
    label = os.path.relpath(playbook, target)
    text = yaml_text(data, comment=f"Imported from {label} by `phlo import ansible`.")
    parse_project_file(text, path=target / PROJECT_FILE)
    tell_findings(found.project.findings, options, shell)
    unfinished: list[PhloError] = []
    if options.out:
        wanted = {target / PROJECT_FILE: (text.encode(), 0o644), **work.files(found)}
        written = write_all(wanted, force=options.force)
        unfinished = [*open_ends(target / PROJECT_FILE, catalog, inventory, shell), *work.unread(catalog)]
        tell_errors(unfinished, options, shell)
        shell.say(f"{relative(target, shell)}: {len(written)} of {len(wanted)} files written.")
    else:
        shell.say(text)
    counts = found.counts
    summary = (
        f"{PROJECT_FILE}: {contents(found.project)}\n{counts.all} tasks: {counts.services} became services, "
        f"{counts.kept} kept, {counts.renamed} renamed, {counts.left} left to do."
    )
    if not options.out:
        shell.tell(f"{summary}\nNothing was written. Add `-o FOLDER` to write the project there.")
        return exits.OK
    shell.say(summary)
    shell.say("Next: fix what is marked ✗." if unfinished else "Next: `phlo plan` shows what `phlo up` will do.")
    return exits.OK


class _Import:
    """Reads a playbook. root: the folder that has its roles. target: of the new project."""

    def __init__(
        self, playbook: Path, root: Path, target: Path, inventory: Inventory, options: Any, shell: Shell
    ) -> None:
        self._playbook, self._root, self._target = playbook, root, target
        self._inventory, self._options, self._shell = inventory, options, shell
        self._operations = Operations()
        self._loader = self._loader_of(root, {})
        self._walk = Walk(loader=self._loader)

    def result(self, catalog: Catalog) -> Imported:
        self._walk.playbook(self._playbook, Around(files=(self._playbook.parent,)))
        extra = extra_values(self._options.extra, folder=self._shell.cwd, vault=self._inventory.vault)
        above = {name: Variable(one.value, Origin(None, name=f"{one.source} {name}")) for name, one in extra.items()}
        own = self._inventory_layer()
        inventory = self._inventory
        collector = Collector(
            target=self._target,
            texts=Texts(templar=Templar(functions=lookup_functions(self._root)), own=own),
            below=(own,),
            above=(above,),
            known_hosts={*inventory.hosts, *inventory.groups} if self._options.inventory else None,
        )
        return import_playbook(
            self._walk,
            collector,
            operations=self._operations.names(),
            name=self._root.name,
            installed=list(catalog.services),
        )

    def inventory_paths(self) -> list[str]:
        return [os.path.relpath(self._shell.cwd / path, self._target) for path in self._options.inventory]

    def files(self, found: Imported) -> dict[Path, tuple[bytes, int]]:
        """The files of the new project besides phlo.yaml: those of tasks, and what they read."""
        wanted: dict[Path, tuple[bytes, int]] = {}
        for path in self._read_by_tasks():
            wanted[self._place(path)] = (path.read_bytes(), path.stat().st_mode & 0o777)
        for path, text in found.files.items():
            wanted[self._place(path)] = (text.encode(), path.stat().st_mode & 0o777)
        return wanted

    def unread(self, catalog: Catalog) -> list[PhloError]:
        """What phlo refuses of the playbook as written."""
        loader = self._loader_of(self._target, catalog.services)
        try:
            for play in read_playbook(loader, self._place(self._playbook)):
                check_play(play, self._operations.find, NOTHING_ACCEPTED)
        except PhloError as error:
            return list(error.each())
        return []

    def _loader_of(self, root: Path, services: Mapping[str, Any]) -> Loader:
        vault = vault_of(self._options, self._shell)
        return Loader(root=root, services=services, operations=self._operations.names(), vault=vault)

    def _read_by_tasks(self) -> Iterator[Path]:
        yield from self._walk.variable_files
        beside = {self._root, self._playbook.parent}
        for folder in (*self._walk.roles, *(one / name for one in beside for name in _FOLDERS)):
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                inside = path.relative_to(folder).parts
                if path.is_file() and not any(part.startswith(".") for part in inside):
                    yield path

    def _place(self, path: Path) -> Path:
        """Where a file of the playbook's goes; a role from elsewhere goes under roles/."""
        if path.is_relative_to(self._root):
            return self._target / path.relative_to(self._root)
        role = next((one for one in self._walk.roles if path.is_relative_to(one)), None)
        return self._target / (Path("roles") / path.relative_to(role.parent) if role else Path(path.name))

    def _inventory_layer(self) -> Layer:
        """The variables of the inventory; of several hosts those of the first one that has a name."""
        found: dict[str, Variable] = {}
        for host in self._inventory.hosts.values() if self._options.inventory else ():
            layers = (*self._inventory.group_layers(host.name), host.variables)
            given = {name: one for layer in layers for name, one in layer.items()}
            for name, one in given.items():
                found.setdefault(name, Variable(one.value, Origin(None, name=f"{one.source} {name}")))
        return found


def _root(playbook: Path) -> Path:
    """The nearest folder upwards with `roles/`, else the playbook's."""
    return next((one for one in playbook.parents if (one / "roles").is_dir()), playbook.parent)


def _inventory(options: Any, shell: Shell, root: Path) -> Inventory:
    paths = [shell.cwd / path for path in options.inventory]
    return load(paths, root=root, environ=shell.environ, vault=vault_of(options, shell))
