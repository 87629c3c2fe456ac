"""`group_vars/` and `host_vars/`: variables in files that are named for a group or a host.

Source: Ansible's documentation, "Organizing host and group variables", and its plug-in host_group_vars: of NAME/,
NAME, NAME.yml, NAME.yaml and NAME.json the first existing one counts; of a folder every such file in it, in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from phlo.errors import InventoryError, PhloError
from phlo.frozen import dataclass, field
from phlo.inventory.draft import variables_in
from phlo.inventory.hosts import Variable, VarsFolder
from phlo.inventory.names import Label, is_left_out
from phlo.vault.ansible_yaml import load_ansible_yaml
from phlo.vault.passwords import Vault

GROUP_VARS, HOST_VARS = "group_vars", "host_vars"
_ENDINGS = ("", ".yml", ".yaml", ".json")


@dataclass(slots=True, kw_only=True)
class VarsFiles:
    """Reads such files.

    label:  what errors call a file. vault: decrypts files and values.
    inputs: the files and folders that were looked into, or for. errors: what is wrong in them.
    unused: a sentence for each file that is named for no group or host there is.
    """

    label: Label
    vault: Vault
    inputs: list[Path] = field(default_factory=list)
    errors: list[PhloError] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def read(self, beside: Path, groups: Collection[str], hosts: Collection[str]) -> VarsFolder:
        """What `beside/group_vars` and `beside/host_vars` say about these groups and hosts."""
        return VarsFolder(
            groups=self._kind(beside / GROUP_VARS, groups, "group", "group vars"),
            hosts=self._kind(beside / HOST_VARS, hosts, "host", "host vars"),
        )

    def _kind(self, folder: Path, names: Collection[str], kind: str, layer: str) -> dict[str, Mapping[str, Variable]]:
        self.inputs.append(folder)
        if not folder.is_dir():
            return {}
        found: dict[str, dict[str, Path]] = {}
        for path in sorted(folder.iterdir()):
            name, ending = _split(path)
            if not is_left_out(path.name) and ending in _ENDINGS:
                found.setdefault(name, {})[ending] = path
        variables: dict[str, Mapping[str, Variable]] = {}
        for name, paths in found.items():
            path = paths[next(ending for ending in _ENDINGS if ending in paths)]
            if name in names:
                variables[name] = self._one(path, layer)
            else:
                self.unused.append(f'{self.label(path)}: there is no {kind} "{name}".')
        return variables

    def _one(self, path: Path, layer: str) -> dict[str, Variable]:
        variables: dict[str, Variable] = {}
        for file in self._files(path):
            self.inputs.append(file)
            try:
                document = load_ansible_yaml(file, label=self.label(file), vault=self.vault, error=InventoryError)
                if not isinstance(document.data, Mapping):
                    raise InventoryError("should be a mapping", where=document.where(), fix="Write NAME: VALUE lines.")
            except PhloError as error:
                self.errors.append(error)
                continue
            variables |= variables_in(document.data, lambda name, document=document: document.source(name, layer=layer))
        return variables

    def _files(self, path: Path) -> Iterator[Path]:
        if not path.is_dir():
            yield path
            return
        self.inputs.append(path)
        for inner in sorted(path.iterdir()):
            if not is_left_out(inner.name) and (inner.is_dir() or inner.suffix in _ENDINGS):
                yield from self._files(inner)


def _split(path: Path) -> tuple[str, str]:
    """A file's name without its ending, and that; a host's name may have dots in it, and a folder has no ending."""
    is_ending = path.suffix in _ENDINGS and not path.is_dir()
    return (path.stem, path.suffix) if is_ending else (path.name, "")
