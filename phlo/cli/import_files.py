"""Writing what an import makes, and telling what it left out and what is still wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli.shell import Shell
from phlo.compose_import.convert import Converted
from phlo.compose_import.finding import Finding
from phlo.config.atomic import replace_file
from phlo.config.root import PROJECT_FILE
from phlo.errors import ConfigError, PhloError

if TYPE_CHECKING:
    from phlo.discovery.catalog import Catalog
    from phlo.inventory.hosts import Inventory


def write_all(wanted: Mapping[Path, tuple[bytes, int]], *, force: bool) -> list[Path]:
    """Write the files that differ from existing ones: all of them or, if one would be overwritten, none."""
    differing = [path for path, (data, _) in wanted.items() if not path.is_file() or path.read_bytes() != data]
    errors: list[PhloError] = [
        ConfigError("exists with different content", where=path, fix="Add --force to overwrite it.")
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


def tell_findings(findings: Iterable[Finding], options: Any, shell: Shell) -> None:
    """One line for each thing that is not the same afterwards."""
    style = shell.style(options, err=True)
    for one in findings:
        shell.tell(f"{style.sign('!')} {one.where}: {one.what}.{' Left out.' if one.is_lost else ''}")


def tell_errors(errors: Iterable[PhloError], options: Any, shell: Shell) -> None:
    style = shell.style(options, err=True)
    for error in errors:
        shell.tell(f"{style.sign('✗')} {error}")


def contents(found: Converted) -> str:
    """`3 services, 1 network. Left out: nothing.`"""
    services = [name for name in found.data["services"] if name != "defaults"]
    counted = [f"{len(services)} service{'s' * (len(services) != 1)}"]
    for section in ("networks", "volumes", "configs", "secrets"):
        if count := len(found.data.get(section, ())):
            counted.append(f"{count} {section[:-1] if count == 1 else section}")
    lost = sum(one.is_lost for one in found.findings)
    return f"{', '.join(counted)}. Left out: {lost or 'nothing'}."


def relative(path: Path, shell: Shell) -> str:
    return os.path.relpath(path, shell.cwd.resolve())


def open_ends(target: Path, catalog: Catalog, inventory: Inventory, shell: Shell) -> list[PhloError]:
    """What is wrong with the project as written: a variable without a value, a file that is not there."""
    from phlo.config.request import Request
    from phlo.config.resolve import resolve
    from phlo.plan import build

    if target.name != PROJECT_FILE:
        return []
    request = Request(fetch_secrets=False)
    try:
        build(resolve(catalog, inventory, root=target.parent, environ=shell.environ, request=request))
    except PhloError as error:
        return list(error.each())
    return []
