"""From the words of `-i` to an inventory: files, folders of files and programs, and the variables beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from phlo.errors import InventoryError, PhloError, first_of
from phlo.frozen import replace
from phlo.inventory.draft import Draft
from phlo.inventory.hosts import ALL, LOCAL, Inventory
from phlo.inventory.names import Label, is_left_out
from phlo.inventory.vars_files import GROUP_VARS, HOST_VARS, VarsFiles
from phlo.values import Source
from phlo.vault.passwords import Vault

_YAML = (".yaml", ".yml", ".json")


def load(
    paths: Sequence[Path] = (),
    *,
    root: Path | None = None,
    environ: Mapping[str, str] | None = None,
    vault: Vault | None = None,
) -> Inventory:
    """Read inventories, later ones overriding earlier ones; without any, there is one host named `local`.

    paths: files, folders of files, and programs that print one.
    root: the project's folder, whose `group_vars` and `host_vars` count as well; errors name files relative to it.
    environ: what programs get; None: that of this process.
    vault: decrypts what Ansible Vault encrypted; None: without any password.
    Raises InventoryError with everything that is wrong.
    """
    environ = os.environ if environ is None else environ
    vault = vault or Vault()
    draft = Draft()
    label = _labels(root)
    inputs: list[Path] = []
    beside: list[Path] = []
    is_volatile = False
    for path in paths:
        beside.append(path if path.is_dir() else path.parent)
        for file in _files(path, label, inputs):
            try:
                is_volatile |= _read(file, label(file), draft, environ, vault)
            except PhloError as error:
                draft.errors.append(error)
    if not paths:
        draft.add_host(LOCAL, ALL, Source(layer="built in"))
    elif not draft.errors and not draft.hosts:
        draft.errors.append(InventoryError("has no host", where=label(paths[0]), fix="Add one under all.hosts."))
    if root is not None:
        beside.append(root)
    # Of a folder that counts more than once the last time decides.
    folders = tuple(reversed(dict.fromkeys(reversed(beside))))
    files = VarsFiles(label=label, vault=vault)
    found = draft.frozen(tuple(files.read(folder, draft.members, draft.hosts) for folder in folders), environ)
    if errors := [*draft.errors, *files.errors]:
        raise first_of(errors)
    every = tuple(dict.fromkeys((*inputs, *files.inputs, *vault.inputs, *_context_files(found, environ))))
    unused = (*draft.unused, *files.unused)
    return replace(
        found,
        sources=tuple(paths),
        inputs=every,
        is_volatile=is_volatile,
        unused=unused,
        beside=folders,
        vault=vault,
    )


def _context_files(inventory: Inventory, environ: Mapping[str, str]) -> list[Path]:
    contexts = {host.docker_context for host in inventory.hosts.values() if host.docker_context}
    if not contexts:
        return []
    from phlo.inventory.context import context_file

    return [context_file(name, environ) for name in sorted(contexts)]


def _labels(root: Path | None) -> Label:
    return lambda path: str(path.relative_to(root)) if root and path.is_relative_to(root) else str(path)


def _files(path: Path, label: Label, inputs: list[Path]) -> Iterator[Path]:
    """The files of an inventory, in order; what was looked into goes to `inputs`."""
    inputs.append(path)
    if not path.is_dir():
        yield path
        return
    for inner in sorted(path.iterdir()):
        if is_left_out(inner.name) or inner.name in (GROUP_VARS, HOST_VARS):
            continue
        if inner.is_dir():
            yield from _files(inner, label, inputs)
        elif inner.suffix in (*_YAML, ".ini", "") or _is_program(inner):
            inputs.append(inner)
            yield inner


def _read(path: Path, label: str, draft: Draft, environ: Mapping[str, str], vault: Vault) -> bool:
    """Add what a file says; True when a program was asked."""
    if _is_program(path):
        from phlo.inventory.program import read_program

        read_program(path, label, draft, environ)
        return True
    from phlo.inventory.ansible_form import read_file

    if path.suffix not in _YAML and _first_bytes(path) == b"#!":
        raise InventoryError("is a program, and may not be executed", where=label, fix=f"chmod +x {label}")
    read_file(path, label, draft, vault)
    return False


def _is_program(path: Path) -> bool:
    """Whether a file is to be run: it may be, and is not merely YAML on a disk where everything may be."""
    return path.is_file() and os.access(path, os.X_OK) and (path.suffix not in _YAML or _first_bytes(path) == b"#!")


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(2)
    except OSError:
        return b""
