"""Reading Ansible's INI inventory form.

    gate ansible_host=10.0.0.9
    [storage]
    data-[1:3]:2222 tier=fast
    [storage:vars]
    region = north
    [all_data:children]
    storage

Values are literals of Python where they can be, and texts otherwise.
Source: Ansible's documentation of the plug-in `ini`, and `ansible-inventory` for what it does not say.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Mapping
from typing import Any

from phlo.errors import InventoryError
from phlo.frozen import dataclass, field
from phlo.inventory.draft import Draft, variables_in
from phlo.inventory.hosts import ALL
from phlo.inventory.ranges import RangeError, hosts_of
from phlo.values import Source
from phlo.vault.ansible_yaml import as_secrets
from phlo.vault.passwords import Vault

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_GROUP = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
_UNGROUPED = "ungrouped"
_KINDS = ("hosts", "vars", "children")
_PORT = "ansible_port"


def read_ini(text: str, label: str, draft: Draft, vault: Vault | None = None) -> None:
    """Add what a file says. vault: of a file that is encrypted as a whole, so that its values are secrets."""
    _File(label=label, draft=draft, vault=vault).read(text)


@dataclass(slots=True, kw_only=True)
class _File:
    """One file being read. group, kind: of the section. undefined: groups that are used before they are defined."""

    label: str
    draft: Draft
    vault: Vault | None
    group: str = ALL
    kind: str = "hosts"
    line: int = 0
    defined: set[str] = field(default_factory=lambda: {ALL})
    used: dict[str, Source] = field(default_factory=dict)
    is_skipped: bool = False

    def read(self, text: str) -> None:
        for self.line, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if not line or line[0] in "#;":
                continue
            if section := _SECTION.fullmatch(line):
                self._section(section[1], section[2] or "hosts")
            elif line.startswith("[") and line.endswith("]"):
                self._error(f"{line} is not a section", "Write [GROUP], [GROUP:vars] or [GROUP:children].")
            elif not self.is_skipped:
                getattr(self, f"_{self.kind}")(line)
        for name, source in self.used.items():
            if name not in self.defined:
                what, fix = f'there is no group "{name}"', f"Add a section [{name}], or remove the name here."
                self.draft.errors.append(InventoryError(what, where=source, fix=fix))

    def _section(self, name: str, kind: str) -> None:
        self.is_skipped = kind not in _KINDS
        if self.is_skipped:
            self._error(f'"{kind}" is not a kind of section', "Write [GROUP], [GROUP:vars] or [GROUP:children].")
            return
        self.group, self.kind = ALL if name == _UNGROUPED else name, kind
        self.draft.add_group(self.group)
        if kind == "vars":
            self.used.setdefault(self.group, self._source("inventory"))
        else:
            self.defined.add(self.group)

    def _hosts(self, line: str) -> None:
        try:
            pattern, *words = shlex.split(line, comments=True)
            found = hosts_of(pattern)
        except RangeError as reason:
            self._error(str(reason), reason.fix)
            return
        except ValueError as reason:
            self._error(f"the line cannot be read: {reason}", "Close each quotation mark, or escape it with \\.")
            return
        values: dict[str, Any] = {} if found.port is None else {_PORT: found.port}
        for word in words:
            name, equals, value = word.partition("=")
            if not equals:
                self._error(f'"{word}" is not a variable', f"Write NAME=VALUE behind {pattern}.")
                return
            values[name] = literal(value)
        for host in found.names:
            known = self.draft.add_host(host, self.group, self._source("inventory"))
            known |= variables_in(self._kept(values), lambda _: self._source("host vars"))

    def _vars(self, line: str) -> None:
        name, equals, value = line.partition("=")
        if not equals:
            self._error(f'"{line}" is not a variable', "Write NAME=VALUE.")
            return
        values = self._kept({name.strip(): literal(value.strip())})
        self.draft.variables[self.group] |= variables_in(values, lambda _: self._source("group vars"))

    def _children(self, line: str) -> None:
        found = _GROUP.fullmatch(line)
        if not found:
            self._error(f'"{line}" is not the name of a group', "Write one name in a line.")
            return
        child = found[1]
        self.used.setdefault(child, self._source("inventory"))
        self.draft.add_group(child)
        if not self.draft.add_child(self.group, child):
            what = f'the groups "{self.group}" and "{child}" are inside each other'
            self._error(what, "Take one of the two out of the other.")

    def _kept(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return values if self.vault is None else as_secrets(values, self.vault)

    def _source(self, layer: str) -> Source:
        return Source(layer=layer, path=self.label, line=self.line)

    def _error(self, what: str, fix: str) -> None:
        self.draft.errors.append(InventoryError(what, where=f"{self.label}:{self.line}", fix=fix))


def literal(text: str) -> Any:
    """The value of a literal of Python: a number, a text in quotes, True, None, a list; any other text is itself."""
    try:
        return _plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    """The value with tuples and sets as lists."""
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): _plain(item) for key, item in value.items()}
    return value
