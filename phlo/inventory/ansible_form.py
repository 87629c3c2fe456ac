"""Reading Ansible's YAML inventory form.

all:
  vars: {region: north}
  children:
    storage:
      hosts:
        data-1: {docker_host: "ssh://ops@10.0.0.1"}
        data-[2:4]:
      vars: {tier: fast}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from phlo.errors import InventoryError, PhloError, did_you_mean, first_of
from phlo.frozen import dataclass, field
from phlo.inventory.connection import connection_of
from phlo.inventory.hosts import Group, Host, Inventory, Variable
from phlo.values import Source
from phlo.yaml_source import Keys, YamlDocument, load_yaml

_SECTIONS = ("hosts", "children", "vars")
_CONNECTION = ("docker_host", "docker_context", "docker_cert_path", "address")
_RANGE = re.compile(r"\[(\d+|[a-zA-Z]):(\d+|[a-zA-Z])(?::(\d+))?\]")


def load(paths: Sequence[Path] = (), *, root: Path | None = None) -> Inventory:
    """Read inventory files, later ones adding to earlier ones; without any, one host named `local`.

    root: folder that errors name files relative to.
    Raises InventoryError with everything that is wrong.
    """
    if not paths:
        return Inventory()
    draft = _Draft()
    labels = [str(path.relative_to(root)) if root and path.is_relative_to(root) else str(path) for path in paths]
    for path, label in zip(paths, labels, strict=True):
        _File(document=load_yaml(path, label=label, error=InventoryError), draft=draft).read()
    if not draft.errors and not draft.hosts:
        draft.errors.append(InventoryError("has no host", where=labels[0], fix="Add one under all.hosts."))
    if draft.errors:
        raise first_of(draft.errors)
    groups = draft.frozen_groups()
    hosts = draft.frozen_hosts(groups)
    if draft.errors:
        raise first_of(draft.errors)
    return Inventory(hosts=hosts, groups=groups, inputs=tuple(paths))


@dataclass(slots=True, kw_only=True)
class _Draft:
    """What has been read so far."""

    hosts: dict[str, dict[str, Variable]] = field(default_factory=dict)
    host_sources: dict[str, Source] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=lambda: {"all": {}})
    children: dict[str, dict[str, None]] = field(default_factory=lambda: {"all": {}})
    variables: dict[str, dict[str, Variable]] = field(default_factory=lambda: {"all": {}})
    errors: list[PhloError] = field(default_factory=list)

    def group(self, name: str) -> None:
        for part in (self.members, self.children):
            part.setdefault(name, {})
        self.variables.setdefault(name, {})

    def frozen_hosts(self, groups: Mapping[str, Group]) -> dict[str, Host]:
        ordered = Inventory(groups=groups)
        found = {}
        for name, variables in self.hosts.items():
            known: dict[str, Variable] = {}
            for group in ordered.groups_of(name):
                known |= group.variables
            try:
                found[name] = self._host(name, variables, {**known, **variables})
            except InventoryError as error:
                self.errors.append(error)
        return found

    def _host(self, name: str, variables: Mapping[str, Variable], known: Mapping[str, Variable]) -> Host:
        """known: `variables` and those of the host's groups."""
        connection = connection_of(name, known)
        return Host(
            name=name,
            docker_host=connection.docker_host,
            docker_context=connection.docker_context,
            cert_path=connection.cert_path,
            ssh_options=connection.ssh_options,
            address=connection.address,
            variables={key: value for key, value in variables.items() if key not in _CONNECTION},
            source=self.host_sources[name],
        )

    def frozen_groups(self) -> dict[str, Group]:
        depths = self._depths()
        return {
            name: Group(
                name=name,
                hosts=tuple(host for host in self.hosts if name == "all" or host in self._all_members(name)),
                children=tuple(self.children[name]),
                depth=depths.get(name, 1),
                variables=self.variables[name],
            )
            for name in self.members
        }

    def _all_members(self, group: str) -> set[str]:
        found = set(self.members[group])
        for child in self.children[group]:
            found |= self._all_members(child)
        return found

    def _depths(self) -> dict[str, int]:
        depths = {"all": 0}
        queue = ["all", *(name for name in self.members if name != "all")]
        while queue:
            name = queue.pop(0)
            for child in self.children[name]:
                depth = max(depths.get(child, 0), depths.get(name, 1) + 1)
                if depths.get(child) != depth:
                    depths[child] = depth
                    queue.append(child)
        return depths


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One inventory file being read into a draft."""

    document: YamlDocument
    draft: _Draft

    def read(self) -> None:
        top = self._mapping(self.document.data, ())
        for name, body in top.items():
            if name in _SECTIONS:
                fix = f"Put it below a group: all: {{{name}: ...}}."
                self._error(f'"{name}" stands outside of a group', (name,), fix)
            else:
                self._group(str(name), body, (str(name),), parents=())

    def _group(self, name: str, body: Any, keys: Keys, parents: tuple[str, ...]) -> None:
        if name in parents:
            self._error(f"the group is inside itself ({' > '.join((*parents, name))})", keys)
            return
        self.draft.group(name)
        content = self._mapping(body, keys)
        for section in content:
            if section not in _SECTIONS:
                self._error(f'"{section}" is not part of a group', (*keys, section), did_you_mean(section, _SECTIONS))
        for key, value in self._mapping(content.get("vars"), (*keys, "vars")).items():
            self.draft.variables[name][str(key)] = self._variable(value, (*keys, "vars", str(key)), "group vars")
        for pattern, variables in self._mapping(content.get("hosts"), (*keys, "hosts")).items():
            self._hosts(name, str(pattern), variables, (*keys, "hosts", str(pattern)))
        for child, inside in self._mapping(content.get("children"), (*keys, "children")).items():
            self.draft.children[name][str(child)] = None
            self._group(str(child), inside, (*keys, "children", str(child)), (*parents, name))
            if self._reaches(str(child), name):
                self._error(f'the groups "{name}" and "{child}" are inside each other', (*keys, "children", str(child)))
                del self.draft.children[name][str(child)]

    def _reaches(self, start: str, wanted: str) -> bool:
        children = self.draft.children.get(start, {})
        return wanted in children or any(self._reaches(child, wanted) for child in children)

    def _hosts(self, group: str, pattern: str, variables: Any, keys: Keys) -> None:
        given = self._mapping(variables, keys)
        for name in self._expand(pattern, keys):
            self.draft.members[group][name] = None
            self.draft.host_sources.setdefault(name, self.document.source(*keys, layer="inventory"))
            known = self.draft.hosts.setdefault(name, {})
            for key, value in given.items():
                known[str(key)] = self._variable(value, (*keys, str(key)), "host vars")

    def _variable(self, value: Any, keys: Keys, layer: str) -> Variable:
        return Variable(value=value, source=self.document.source(*keys, layer=layer))

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
