"""YAML as Ansible writes it: `!unsafe` is plain text, and what its vault encrypted is not read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from phlo.errors import InventoryError
from phlo.yaml_source import Loader, YamlDocument, load_yaml


def load_ansible_yaml(path: Path, *, label: str, tell: Callable[[str], None]) -> YamlDocument:
    """Read a file; see `load_yaml`. An encrypted value is None, that is not set, and `tell` is told of them."""
    encrypted: list[int] = []

    class AnsibleLoader(Loader):  # type: ignore[misc]
        """Knows Ansible's tags. Source: its documentation, "YAML Syntax" and "Encrypting content"."""

    def vaulted(loader: Any, node: Any) -> None:
        encrypted.append(node.start_mark.line + 1)

    AnsibleLoader.add_constructor("!vault", vaulted)
    AnsibleLoader.add_constructor("!vault-encrypted", vaulted)
    AnsibleLoader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    document = load_yaml(path, label=label, error=InventoryError, loader=AnsibleLoader)
    if encrypted:
        count = "1 value" if len(encrypted) == 1 else f"{len(encrypted)} values"
        tell(f"{label}:{encrypted[0]}: what Ansible's vault encrypted is not read and counts as not set ({count}).")
    return document
