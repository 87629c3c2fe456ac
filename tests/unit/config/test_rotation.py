from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo.config.rotation import rotation_of
from phlo.config.vault import OpenVault, new_vault, read_vault
from phlo.errors import ConfigError
from phlo.values import Secret

if TYPE_CHECKING:
    from .conftest import Workplace

ROLE = """
default: true
env_vars: {KEY: {secret: true}, PLAIN: {default: x}}
compose: {environment: {KEY: "${KEY}", PLAIN: "${PLAIN}"}}
"""
ENVIRON = {"PHLO_SECRETS_PASSPHRASE": "sesame"}


@pytest.fixture
def lake(workplace: Workplace) -> Workplace:
    workplace.role("db", ROLE)
    return workplace


def unopened() -> OpenVault:
    raise AssertionError("the encrypted file has nothing to do with it")


def text(path: Path) -> str:
    return path.read_text()


def test_a_generated_secret_is_replaced_in_its_file_and_put_back(lake: Workplace) -> None:
    rotation = rotation_of(lake.resolve(generate_secrets=True), "KEY", open_vault=unopened)
    before = text(lake.root / ".phlo/.env.local")
    take_back = rotation.put(Secret("fresh"))
    assert lake.resolve().values["KEY"].text == Secret("fresh")
    take_back()
    assert text(lake.root / ".phlo/.env.local") == before


@pytest.mark.parametrize(("source", "entry"), [("", "KEY"), ("secret_sources: {KEY: {vault: OTHER}}\n", "OTHER")])
def test_a_secret_of_the_encrypted_file_is_replaced_there_and_put_back(
    lake: Workplace, source: str, entry: str
) -> None:
    lake.phlo_yaml(f"name: lake\n{source}")
    opened = new_vault(lake.root / "phlo-secrets.enc", Secret("sesame"), cost=16).with_secret(entry, Secret("old"))
    opened.save()
    before = read_vault(opened.vault.path)
    take_back = rotation_of(lake.resolve(environ=ENVIRON), "KEY", open_vault=lambda: opened).put(Secret("fresh"))
    assert lake.resolve(environ=ENVIRON).values["KEY"].text == Secret("fresh")
    take_back()
    assert read_vault(opened.vault.path) == before


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "process",
            'KEY is set by the layer "process environment", which phlo does not write. Change it where that is set',
        ),
        (".phlo/.env", ".phlo/.env:1: KEY is set in .phlo/.env, which phlo does not change."),
        ("phlo.yaml", 'phlo.yaml:1: KEY is set by the layer "phlo.yaml", which phlo does not write.'),
        ("file", "Change it in the file key, then run `phlo up`."),
        ("command", "Change it in what its command asks, then run `phlo up`."),
    ],
)
def test_a_secret_that_is_kept_elsewhere_is_refused_with_what_to_do(lake: Workplace, layer: str, message: str) -> None:
    environ = {"PATH": "/usr/bin:/bin"} | ({"KEY": "x"} if layer == "process" else {})
    match layer:
        case ".phlo/.env":
            lake.write(".phlo/.env", "KEY=x\n")
        case "phlo.yaml":
            lake.phlo_yaml("env: {KEY: x}\n")
        case "file":
            lake.phlo_yaml("secret_sources: {KEY: {file: key}}\n")
            lake.write("key", "x")
        case "command":
            lake.phlo_yaml("secret_sources: {KEY: {command: [echo, x]}}\n")
    with pytest.raises(ConfigError) as caught:
        rotation_of(lake.resolve(environ=environ), "KEY", open_vault=unopened)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("PLAIN", "PLAIN is not a secret"),
        ("KEYS", 'there is no secret "KEYS". Did you mean "KEY"?'),
        ("KEY", "KEY has no value yet. The first `phlo up` makes one."),
    ],
)
def test_what_has_no_secret_to_rotate_is_an_error(lake: Workplace, name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rotation_of(lake.resolve(), name, open_vault=unopened)
    assert message in str(caught.value)
