"""phlo plugin: the registry and what is installed of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.discovery.registry import RegistryEntry, registry_entry, search_registry
from phlo.report.table import table


def search(options: Any, shell: Shell) -> int:
    """Search the registry."""
    found = search_registry(options.query or "")
    installed = _installed()
    if options.json:
        shell.say_json([_entry_data(entry, installed) for entry in found])
    elif found:
        rows = [(entry.name, entry.category, _status(entry, installed), entry.summary) for entry in found]
        shell.say(table(("PACKAGE", "CATEGORY", "STATUS", "WHAT IT IS"), rows, shell.style(options)))
    else:
        shell.tell(f'The registry has nothing for "{options.query}". `phlo plugin search` lists all of it.')
    return exits.OK


def create(options: Any, shell: Shell) -> int:
    """Write the beginning of a package."""
    from phlo.scaffold.package import create_package

    folder = create_package(options.name, options.type, shell.cwd / (options.folder or "."))
    shown = folder.relative_to(shell.cwd) if folder.is_relative_to(shell.cwd) else folder
    style = shell.style(options)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        shell.say(f"  {style.sign('+')} {shown / path.relative_to(folder)}")
    shell.say("")
    shell.say(f"It works as it is: `phlo test {shown}`. `pip install -e {shown}` makes it part of your projects.")
    return exits.OK


def list_plugins(options: Any, shell: Shell) -> int:
    """List installed plug-ins, the broken ones with what is wrong."""
    from phlo.discovery.plugins import discover_plugins

    found = list(discover_plugins(None))
    if options.json:
        shell.say_json([asdict(plugin) for plugin in found])
        return exits.OK
    if not found:
        shell.tell("No plug-in is installed. `phlo plugin search` shows what there is.")
        return exits.OK
    style = shell.style(options)
    rows = [
        (plugin.name, _kind(plugin.group), plugin.distribution, plugin.version, plugin.problem or plugin.summary)
        for plugin in found
    ]
    shell.say(table(("NAME", "KIND", "PACKAGE", "VERSION", "WHAT IT IS"), rows, style))
    return exits.OK


def _kind(group: str) -> str:
    """`phlo.plugins.services` -> `service`."""
    return group.rpartition(".")[2].removesuffix("s")


def info(options: Any, shell: Shell) -> int:
    """Show an entry of the registry."""
    entry, installed = registry_entry(options.name), _installed()
    data = _entry_data(entry, installed)
    if options.json:
        shell.say_json(data)
        return exits.OK
    style = shell.style(options)
    data["status"] = _status(entry, installed)
    for key, value in data.items():
        if value not in (None, "", []):
            shown = ", ".join(value) if isinstance(value, list) else {True: "yes", False: "no"}.get(value, value)
            shell.say(f"{style(f'{key:<10}', 'bold')}  {shown}")
    if entry.is_available and entry.name not in installed:
        shell.tell(f"Install it with `phlo plugin install {entry.name}`.")
    return exits.OK


def install(options: Any, shell: Shell) -> int:
    """Install packages of the registry, one after the other."""
    from phlo.discovery.install import install as install_package
    from phlo.discovery.install import install_command

    commands = {
        name: install_command(name, index_url=options.index_url, environ=shell.environ) for name in options.names
    }
    for name, command in commands.items():
        shell.tell(f"Installing {registry_entry(name).name} from {command.source} ...")
        install_package(name, index_url=options.index_url, environ=shell.environ)
    names = ", ".join(registry_entry(name).name for name in commands)
    shell.say(f"Installed {names}. Next: `phlo services list --all` shows the services, `phlo up` starts them.")
    return exits.OK


def _installed() -> dict[str, str]:
    """Distribution -> version of every installed package that has a plug-in."""
    from phlo.discovery.plugins import discover_plugins

    return {plugin.distribution: plugin.version for plugin in discover_plugins(None)}


def _status(entry: RegistryEntry, installed: dict[str, str]) -> str:
    return f"installed {installed[entry.name]}" if entry.name in installed else entry.status


def _entry_data(entry: RegistryEntry, installed: dict[str, str]) -> dict[str, Any]:
    data = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(entry).items()}
    return {**data, "installed": installed.get(entry.name)}
