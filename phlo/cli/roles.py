"""phlo roles: the roles that plays and services can use, and what each takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.cli import exits
from phlo.cli.play import loader_of
from phlo.cli.shell import Shell
from phlo.cli.vault import vault_of
from phlo.cli.workspace import Workspace, root_or_here
from phlo.discovery.folders import builtin_roles_folder
from phlo.discovery.services import discover_services
from phlo.errors import ConfigError, did_you_mean
from phlo.inventory.hosts import Inventory
from phlo.playbook.load import Loader
from phlo.playbook.role_about import RoleAbout, role_about
from phlo.report.roles import role_data, role_text, roles_table
from phlo.user_cache import cache_folder


def list_roles(options: Any, shell: Shell) -> int:
    """List the roles and where each is from."""
    loader, folders = _found(options, shell)
    found = [_about(loader, name, folder, origin) for name, (folder, origin) in sorted(folders.items())]
    if options.json:
        shell.say_json([{"name": one.name, "from": one.origin, "description": one.description} for one in found])
    else:
        shell.say(roles_table(found, shell.style(options)))
    return exits.OK


def show_role(options: Any, shell: Shell) -> int:
    """Show a role: where it is from, its arguments, its defaults and its task files."""
    loader, folders = _found(options, shell)
    if options.role not in folders:
        fix = did_you_mean(options.role, folders)
        raise ConfigError(f'there is no role "{options.role}"', where="phlo roles show", fix=fix)
    about = _about(loader, options.role, *folders[options.role])
    if options.json:
        shell.say_json(role_data(about))
    else:
        shell.say(role_text(about, shell.style(options)))
    return exits.OK


def _found(options: Any, shell: Shell) -> tuple[Loader, Mapping[str, tuple[Path, str]]]:
    """What reads roles, and every role with its folder and where it is from; the project's own win."""
    root = root_or_here(options, shell)
    cache = cache_folder(shell.environ)
    catalog = discover_services(root, cache=cache)
    inventory = Inventory(vault=vault_of(options, shell))
    loader, _ = loader_of(Workspace(root, catalog, inventory, None, cache))
    found: dict[str, tuple[Path, str]] = {}
    shipped = builtin_roles_folder()
    for folder, origin in (*([(shipped, "phlo")] if shipped else []),):
        found |= {one.name: (one, origin) for one in _folders(folder)}
    for name, service in catalog.services.items():
        if service.kind == "package":
            found[name] = (service.root, f"{service.package} {service.package_version or ''}".strip())
    found |= {one.name: (one, f"roles/{one.name}") for one in _folders(root / "roles")}
    return loader, found


def _folders(folder: Path) -> list[Path]:
    parts = ("tasks", "defaults", "meta", "service.yaml", "handlers")
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    return [one for one in there if one.is_dir() and any((one / part).exists() for part in parts)]


def _about(loader: Loader, name: str, folder: Path, origin: str) -> RoleAbout:
    service = loader.services.get(name)
    return role_about(loader, name, folder, origin=origin, service=service.description if service else "")
