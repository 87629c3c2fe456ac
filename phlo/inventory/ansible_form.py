"""Reading Ansible's YAML inventory form.

all:
  vars: {region: north}
  children:
    storage:
      hosts:
        data-1: {docker_host: "ssh://ops@10.0.0.1"}
        data-[2:4]:
      vars: {tier: fast}
      services: [web]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.errors import InventoryError, PhloError, did_you_mean
from phlo.frozen import dataclass
from phlo.inventory.draft import Draft, variables_in
from phlo.inventory.hosts import Variable
from phlo.values import Source
from phlo.vault.ansible_yaml import as_secrets, parse_ansible_yaml, read_ansible_text
from phlo.vault.passwords import Vault
from phlo.yaml_source import Keys, YamlDocument

_SECTIONS = ("hosts", "children", "vars", "services")  # the last is phlo's own
_RANGE = re.compile(r"\[(\d+|[a-zA-Z]):(\d+|[a-zA-Z])(?::(\d+))?\]")
_PORT = re.compile(r"([^:\[]+|[^\[]*\[.*\][^:]*):(\d+)")
_INI_SECTION = re.compile(r"^\s*\[[^\]\s]+\]\s*(#.*)?$", re.MULTILINE)


def read_yaml(path: Path, label: str, draft: Draft, vault: Vault) -> None:
    """Add what a file in YAML (or JSON) says. Raises InventoryError when it cannot be read at all."""
    given = read_ansible_text(path, label=label, vault=vault, error=InventoryError)
    try:
        document = parse_ansible_yaml(given, label=label, vault=vault, error=InventoryError)
    except InventoryError as error:
        raise _ini_form(path, label) or error from None
    if isinstance(document.data, (str, list)):
        fix = "Write groups with their hosts: all: {hosts: {NAME: {}}}."
        raise _ini_form(path, label) or InventoryError("should be a mapping", where=document.where(), fix=fix)
    _File(document=document, draft=draft, vault=vault if given.is_encrypted else None).read()


def _ini_form(path: Path, label: str) -> PhloError | None:
    """The error for a file in the form of an INI file, None when it is in no such form."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    is_plain = not re.search("[:{]", text) and not text.lstrip().startswith("- ")
    is_ini = _INI_SECTION.search(text) or path.suffix == ".ini" or is_plain
    fix = f"phlo reads the YAML form: ansible-inventory -i {label} --list --yaml --output hosts.yaml"
    return InventoryError("is in Ansible's INI form", where=label, fix=fix) if text.strip() and is_ini else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One inventory file being read into a draft. vault: of a file that is encrypted as a whole, else None."""

    document: YamlDocument
    draft: Draft
    vault: Vault | None

    def read(self) -> None:
        top = self._mapping(self.document.data, ())
        if isinstance(top.get("plugin"), str):
            fix = "Have Ansible print what it finds (ansible-inventory --list) from a program, and name that with -i."
            self._error(f'is for Ansible\'s inventory plug-in "{top["plugin"]}", which phlo does not run', (), fix)
            return
        for name, body in top.items():
            if name in _SECTIONS:
                fix = f"Put it below a group: all: {{{name}: ...}}."
                self._error(f'"{name}" stands outside of a group', (name,), fix)
            else:
                self._group(str(name), body, (str(name),), parents=())

    def _group(self, name: str, body: Any, keys: Keys, parents: tuple[str, ...]) -> None:
        if name in parents:
            self._error(f"the group is inside itself ({' > '.join((*parents, name))})", keys, "Take it out there.")
            return
        self.draft.add_group(name)
        content = self._mapping(body, keys)
        for section in content:
            if section not in _SECTIONS:
                self._error(f'"{section}" is not part of a group', (*keys, section), did_you_mean(section, _SECTIONS))
        variables = self._mapping(content.get("vars"), (*keys, "vars"))
        self.draft.variables[name] |= self._variables(
            variables, lambda key: self.document.source(*keys, "vars", key, layer="group vars")
        )
        for pattern, given in self._mapping(content.get("hosts"), (*keys, "hosts")).items():
            self._hosts(name, str(pattern), given, (*keys, "hosts", str(pattern)))
        for index, service in enumerate(self._services(content.get("services"), (*keys, "services"))):
            self.draft.add_service(service, name, self.document.source(*keys, "services", index, layer="inventory"))
        for child, inside in self._mapping(content.get("children"), (*keys, "children")).items():
            self._group(str(child), inside, (*keys, "children", str(child)), (*parents, name))
            if str(child) not in (*parents, name) and not self.draft.add_child(name, str(child)):
                what = f'the groups "{name}" and "{child}" are inside each other'
                self._error(what, (*keys, "children", str(child)), "Take one of the two out of the other.")

    def _hosts(self, group: str, pattern: str, variables: Any, keys: Keys) -> None:
        given = self._mapping(variables, keys)
        if port := _PORT.fullmatch(pattern):
            pattern, given = port[1], {"ansible_port": int(port[2]), **given}
        for name in self._expand(pattern, keys):
            known = self.draft.add_host(name, group, self.document.source(*keys, layer="inventory"))
            known |= self._variables(given, lambda key: self.document.source(*keys, key, layer="host vars"))

    def _variables(self, given: Mapping[Any, Any], source: Callable[[str], Source]) -> dict[str, Variable]:
        return variables_in(as_secrets(given, self.vault) if self.vault else given, source)

    def _services(self, given: Any, keys: Keys) -> list[str]:
        if given is None:
            return []
        if isinstance(given, list) and all(isinstance(name, str) for name in given):
            return given
        self._error("should be a list of services", keys, "Write [NAME, NAME].")
        return []

    def _expand(self, pattern: str, keys: Keys) -> Iterator[str]:
        """`data-[1:3]` -> data-1, data-2, data-3."""
        found = _RANGE.search(pattern)
        if not found:
            if re.search(r"[\s\[\]]", pattern) or not pattern:
                self._error(f'"{pattern}" is not a host\'s name', keys, "Write a name, or a range such as data-[1:3].")
                return
            yield pattern
            return
        first, last, step = found.group(1), found.group(2), int(found.group(3) or 1)
        if first.isdigit() != last.isdigit() or step == 0:
            self._error(f'"{found.group()}" is not a range', keys, "Write [1:9], [01:09] or [a:f].")
            return
        if first.isdigit():
            names = [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1, step)]
        else:
            names = [chr(code) for code in range(ord(first), ord(last) + 1, step)]
        if not names:
            self._error(f'the range "{found.group()}" is empty', keys, "Put the lower end first.")
        for name in names:
            yield from self._expand(pattern[: found.start()] + name + pattern[found.end() :], keys)

    def _mapping(self, value: Any, keys: Keys) -> Mapping[Any, Any]:
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return value
        self._error("should be a mapping", keys, 'Write "name:" lines below it, indented.')
        return {}

    def _error(self, what: str, keys: Keys, fix: str = "") -> None:
        self.draft.errors.append(InventoryError(what, where=self.document.where(*keys), fix=fix))
