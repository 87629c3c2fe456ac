"""YAML as Ansible writes it: `!unsafe` is text without templates; `!vault` values and whole files are decrypted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.errors import ConfigError, PhloError
from phlo.frozen import dataclass
from phlo.values import Secret
from phlo.vault.cipher import is_encrypted
from phlo.vault.passwords import Vault
from phlo.yaml_source import Loader, YamlDocument, parse_yaml, read_text

_TAGS = ("!vault", "!vault-encrypted", "!unsafe")
# A number of fewer digits can be a port or a year, which would be masked everywhere.
_LONG_NUMBER = 6


class Unsafe(str):
    """A text that is never taken for a template."""

    __slots__ = ()


class SecretTemplate(Secret):
    """A secret text that may hold templates: a value of a file that is encrypted as a whole."""

    __slots__ = ()


class Encrypted(Secret):
    """A value that is decrypted when its text is first needed; it is not a template."""

    __slots__ = ("_decrypt", "_found")

    def __init__(self, decrypt: Callable[[], str]) -> None:
        self._decrypt = decrypt
        self._found: str | None = None

    def reveal(self) -> str:
        if self._found is None:
            self._found = self._decrypt()
        return self._found


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsibleText:
    """A file's YAML text. is_encrypted: as a whole; then it is the decrypted text, which must not be shown."""

    text: str
    is_encrypted: bool


def read_ansible_text(path: Path, *, label: str, vault: Vault, error: type[PhloError] = ConfigError) -> AnsibleText:
    """A file's text, decrypted where it is encrypted. Raises `error`."""
    text = read_text(path, label=label, error=error)
    if not is_encrypted(text):
        return AnsibleText(text=text, is_encrypted=False)
    return AnsibleText(text=vault.decrypt(text, where=f"{label}:1", error=error), is_encrypted=True)


def parse_ansible_yaml(
    given: AnsibleText, *, label: str, vault: Vault, error: type[PhloError] = ConfigError, base: type[Any] = Loader
) -> YamlDocument:
    """Parse a file's text; errors as in `load_yaml`, and those of an encrypted file show no line of it.

    base: says how scalars and keys are read.
    """
    try:
        return parse_yaml(given.text, label=label, error=error, loader=_loader(given.text, label, vault, error, base))
    except PhloError as reason:
        if given.is_encrypted:
            fix = "See its text with `ansible-vault view`."
            raise error("is not valid YAML once it is decrypted", where=reason.where, fix=fix) from None
        raise


def load_ansible_yaml(path: Path, *, label: str, vault: Vault, error: type[PhloError]) -> YamlDocument:
    """Read and parse a file of variables: of one that is encrypted as a whole every text is a secret."""
    given = read_ansible_text(path, label=label, vault=vault, error=error)
    document = parse_ansible_yaml(given, label=label, vault=vault, error=error)
    if not given.is_encrypted:
        return document
    return YamlDocument(data=as_secrets(document.data, vault), label=label, marks=document.marks)


def as_secrets(value: Any, vault: Vault) -> Any:
    """The value with each text in it as a secret; a long number stays one, and is masked where it is shown."""
    if isinstance(value, Mapping):
        return {key: as_secrets(item, vault) for key, item in value.items()}
    if isinstance(value, list):
        return [as_secrets(item, vault) for item in value]
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        text = str(value)
        if isinstance(value, str) or len(text) >= _LONG_NUMBER:
            vault.learn(Secret(text))
        if isinstance(value, str):
            return Secret(text) if isinstance(value, Unsafe) else SecretTemplate(text)
    return value


def _loader(text: str, label: str, vault: Vault, error: type[PhloError], base: type[Any]) -> type[Any]:
    if not any(tag in text for tag in _TAGS):
        return base

    class AnsibleLoader(base):  # type: ignore[misc]
        """Knows Ansible's tags. Source: its documentation, "YAML Syntax" and "Encrypting content"."""

    def vaulted(loader: Any, node: Any) -> Encrypted:
        content = str(loader.construct_scalar(node))
        where = f"{label}:{node.start_mark.line + 1}"

        def decrypt() -> str:
            found = vault.decrypt(content, where=where, error=error)
            vault.learn(Secret(found))
            return found

        return Encrypted(decrypt)

    AnsibleLoader.add_constructor("!vault", vaulted)
    AnsibleLoader.add_constructor("!vault-encrypted", vaulted)
    AnsibleLoader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))
    return AnsibleLoader
