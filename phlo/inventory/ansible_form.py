"""Reading Ansible's inventory files: the YAML form here, and the INI form in its own module.

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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.errors import InventoryError, did_you_mean
from phlo.frozen import dataclass
from phlo.inventory.draft import Draft, variables_in
from phlo.inventory.hosts import Variable
from phlo.inventory.ini_form import read_ini
from phlo.inventory.ranges import RangeError, hosts_of
from phlo.values import Source
from phlo.vault.ansible_yaml import as_secrets, parse_ansible_yaml, read_ansible_text
from phlo.vault.passwords import Vault
from phlo.yaml_source import Keys, YamlDocument

YAML_ENDINGS = (".yaml", ".yml", ".json")
_SECTIONS = ("hosts", "children", "vars", "services")  # the last is phlo's own
_INI_SECTION = re.compile(r"^\s*\[[^\]\s]+\]\s*(#.*)?$", re.MULTILINE)


def read_file(path: Path, label: str, draft: Draft, vault: Vault) -> None:
    """Add what a file in YAML, JSON or the INI form says. Raises InventoryError when it cannot be read at all."""
    given = read_ansible_text(path, label=label, vault=vault, error=InventoryError)
    opener = vault if given.is_encrypted else None
    if path.suffix == ".ini" or (_INI_SECTION.search(given.text) and path.suffix not in YAML_ENDINGS):
        read_ini(given.text, label, draft, opener)
        return
    try:
        document = parse_ansible_yaml(given, label=label, vault=vault, error=InventoryError)
    except InventoryError:
        if path.suffix in YAML_ENDINGS and not _INI_SECTION.search(given.text):
            raise
        document = None
    if document is None or (isinstance(document.data, (str, list)) and _is_ini(given.text, path)):
        read_ini(given.text, label, draft, opener)
        return
    if isinstance(document.data, (str, list)):
        fix = "Write groups with their hosts: all: {hosts: {NAME: {}}}."
        raise InventoryError("should be a mapping", where=document.where(), fix=fix)
    _File(document=document, draft=draft, vault=opener).read()


def _is_ini(text: str, path: Path) -> bool:
    """Whether a text that is not a mapping in YAML is in the INI form."""
    return bool(_INI_SECTION.search(text)) or (path.suffix not in YAML_ENDINGS and not text.lstrip().startswith("- "))


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
            self._error(f"the group is inside itself ({' > '.join((*parents, name))})", keys, "Remove it there.")
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
        try:
            found = hosts_of(pattern)
        except RangeError as reason:
            self._error(str(reason), keys, reason.fix)
            return
        if found.port is not None:
            given = {"ansible_port": found.port, **given}
        for name in found.names:
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

    def _mapping(self, value: Any, keys: Keys) -> Mapping[Any, Any]:
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return value
        self._error("should be a mapping", keys, 'Write "name:" lines below it, indented.')
        return {}

    def _error(self, what: str, keys: Keys, fix: str = "") -> None:
        self.draft.errors.append(InventoryError(what, where=self.document.where(*keys), fix=fix))
