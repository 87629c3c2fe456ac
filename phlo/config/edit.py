"""Changing phlo.yaml on the user's behalf: comments, order and quotes stay, and nothing else changes."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString
from ruamel.yaml.util import load_yaml_guess_indent
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from phlo.config.atomic import replace_file
from phlo.config.edit_lines import changed_by_lines
from phlo.config.file_lock import locked
from phlo.config.project_file import ProjectFile, load_project_file, parse_project_file
from phlo.errors import ConfigError
from phlo.yaml_source import CoreLoader, parse_yaml

# Gets the new text, and raises an error if the file must stay as it is.
Check = Callable[[str], None]

_BOM = b"\xef\xbb\xbf"
_TEXT = "tag:yaml.org,2002:str"
# YAML has escapes for all other characters, and reads some of them (U+0085, U+2028) as ends of lines.
_ORDINARY = re.compile(r"[\n\x20-\x7e\xa1-\u200a\u2030-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
# Several lines, the first of which shows how far the block is indented.
_BLOCK = re.compile(r"[^\s](?:.|\n)*")


def set_enabled(
    path: Path,
    names: Iterable[str],
    enabled: bool,
    *,
    capabilities: Mapping[str, str] | None = None,
    check: Check | None = None,
) -> bool:
    """Enable or disable services; return False if nothing had to be changed.

    Where the file has a list of enabled or disabled services, the lists are changed, else `services.NAME.enabled`.
    capabilities: providers to write under `capabilities`. check: see `_edit`.
    """

    def change(data: Any) -> None:
        for name in names:
            _switch(_section(data, "services"), name, enabled)
        for capability, provider in (capabilities or {}).items():
            _section(data, "capabilities")[capability] = provider

    return _edit(path, change, check)


def _switch(services: Any, service: str, enabled: bool) -> None:
    on, off = ("enabled", "disabled") if enabled else ("disabled", "enabled")
    if isinstance(services.get(off), list) and service in services[off]:
        services[off].remove(service)
    entry = services.get(service)
    if isinstance(entry, Mapping) and ("enabled" in entry or not _has_lists(services)):
        _put(services[service], "enabled", enabled)
    elif not _has_lists(services):
        services[service] = {"enabled": enabled}
    elif service not in (services.get(on) or []):
        if services.get(on) is None:
            services[on] = []
        services[on].append(service)


def _put(entry: Any, key: str, value: Any) -> None:
    """Set a key; a new one comes first, where a reader sees it."""
    if key in entry:
        entry[key] = value
    elif hasattr(entry, "insert"):  # ruamel.yaml's, which keeps comments
        entry.insert(0, key, value)
    else:
        others = dict(entry)
        entry.clear()
        entry.update({key: value, **others})


def add_service(path: Path, name: str, mapping: Mapping[str, Any], *, check: Check | None = None) -> None:
    """Add `services.NAME`. Raises ConfigError if the file has it already. check: see `_edit`."""

    def change(data: Any) -> None:
        services = _section(data, "services")
        if name in services:
            fix = f"Change it in the file, or remove it first with `phlo services remove {name}`."
            raise ConfigError(f'the service "{name}" already exists', where=f"{path.name} services.{name}", fix=fix)
        services[name] = unmistakable(mapping)

    _edit(path, change, check)


def remove_service(path: Path, name: str) -> None:
    """Remove `services.NAME`, and the name from the lists. Raises ConfigError when it is in none."""

    def change(data: Any) -> None:
        services = _section(data, "services")
        lists = [services[key] for key in ("enabled", "disabled") if isinstance(services.get(key), list)]
        holding = [names for names in lists if name in names]
        if name not in services and not holding:
            known = ", ".join(key for key in services if key not in ("defaults", "enabled", "disabled"))
            fix = f"It has: {known}." if known else ""
            raise ConfigError(f'there is no service "{name}" in the file', where=path.name, fix=fix)
        if not isinstance(services.get(name), list):
            services.pop(name, None)
        for names in holding:
            names.remove(name)

    _edit(path, change)


def unmistakable(value: Any) -> Any:
    """A copy of `value` with the texts in quotes that YAML would take for something else: `no`, `22:22`, `1.0`.

    A text of several lines is written as a block, where a block can hold it; one with other characters than those of
    ordinary text is quoted, so that these are escaped.
    """
    if isinstance(value, Mapping):
        return {unmistakable(key): unmistakable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [unmistakable(item) for item in value]
    if isinstance(value, str) and (_tag(value) != _TEXT or not _ORDINARY.fullmatch(value)):
        return DoubleQuotedScalarString(value)
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value) if _BLOCK.fullmatch(value) else DoubleQuotedScalarString(value)
    return value


def _tag(text: str) -> str:
    """What a YAML 1.1 parser takes a plain scalar for."""
    return str(Resolver().resolve(ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]


def _section(data: Any, key: str) -> Any:
    if data.get(key) is None:
        data[key] = {}
    return data[key]


def _has_lists(services: Mapping[str, Any]) -> bool:
    return any(isinstance(services.get(key), list) for key in ("enabled", "disabled"))


def _edit(path: Path, change: Callable[[Any], None], check: Check | None = None) -> bool:
    """Apply `change` to the file; return False if that changes nothing.

    The new text is read back before it replaces the old one: it must be a valid phlo.yaml, and contain exactly what the
    change makes of the old values. The file is locked meanwhile.
    check: called with the new text; the file stays as it is if it raises an error.
    """
    with locked(path):
        return _edit_locked(path, change, check)


def _edit_locked(path: Path, change: Callable[[Any], None], check: Check | None) -> bool:
    before = load_project_file(path)
    wanted = copy.deepcopy(before.document.data)
    change(wanted)
    if wanted == before.document.data:
        return False
    raw = path.read_bytes()
    text = raw.removeprefix(_BOM).decode().replace("\r\n", "\n")
    by_lines = changed_by_lines(text, before.document.data, wanted, lambda data: _dumped(text, data))
    after = by_lines if by_lines is not None and _holds(by_lines, wanted, path) else _changed_text(text, change)
    _check(before, after, wanted)
    if check is not None:
        check(after)
    if b"\r\n" in raw:
        after = after.replace("\n", "\r\n")
    replace_file(path, (_BOM if raw.startswith(_BOM) else b"") + after.encode())
    return True


def _changed_text(text: str, change: Callable[[Any], None]) -> str:
    yaml = _yaml_like(text)
    yaml.explicit_start = text.startswith("---")
    data = yaml.load(text)
    if data is None:
        data = yaml.map()
    change(data)
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _yaml_like(text: str) -> YAML:
    """A reader and writer of YAML that indents as the text does."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    _, indent, offset = load_yaml_guess_indent(text)
    yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    return yaml


def _dumped(text: str, data: Any) -> str:
    yaml = _yaml_like(text)
    if isinstance(data, list):
        yaml.indent(mapping=2, sequence=2, offset=0)  # indented as the list that it is added to
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _holds(text: str, wanted: Any, path: Path) -> bool:
    try:
        return bool(parse_yaml(text, label=path.name, loader=CoreLoader).data == wanted)
    except ConfigError:
        return False


def _check(before: ProjectFile, text: str, wanted: Any) -> None:
    after = parse_project_file(text, path=before.path)
    if after.document.data != wanted:
        what = "cannot be changed without touching more than was asked for"
        raise ConfigError(what, where=before.path.name, fix="Edit the file by hand.")
