from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from phlo.config.vault import OpenVault, new_vault, open_vault, read_vault
from phlo.errors import ConfigError
from phlo.values import Secret

PASSPHRASE = Secret("open sesame")
CHEAP = 2**4  # what a guess costs matters only for real secrets


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.enc"


@pytest.fixture
def saved(path: Path) -> OpenVault:
    """A file with two secrets."""
    vault = new_vault(path, PASSPHRASE, cost=CHEAP)
    vault = vault.with_secret("KEY", Secret("first\nsecond 'é'")).with_secret("ANOTHER", Secret("other"))
    vault.save()
    return vault


def reopened(path: Path, passphrase: Secret = PASSPHRASE) -> OpenVault:
    vault = read_vault(path)
    assert vault is not None
    return open_vault(vault, passphrase)


@pytest.mark.usefixtures("saved")
def test_what_was_saved_is_read_back(path: Path) -> None:
    assert reopened(path).get("KEY") == Secret("first\nsecond 'é'")
    assert sorted(reopened(path).vault.tokens) == ["ANOTHER", "KEY"]


@pytest.mark.usefixtures("saved")
def test_the_file_shows_names_and_no_value(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"^  (\w+): ", text, re.MULTILINE) == ["ANOTHER", "KEY"]
    assert not any(word in text for word in ("first", "second", "other", "sesame"))


def test_no_file_is_no_vault(path: Path) -> None:
    assert read_vault(path) is None


def test_an_empty_file_of_secrets_can_be_opened_again(path: Path) -> None:
    new_vault(path, PASSPHRASE, cost=CHEAP).save()
    assert reopened(path).vault.tokens == {}


@pytest.mark.usefixtures("saved")
def test_another_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match="the passphrase is not this file's"):
        reopened(path, Secret("open barley"))


def test_a_change_of_one_secret_is_a_change_of_one_line(path: Path, saved: OpenVault) -> None:
    before = path.read_text().splitlines()
    saved.with_secret("KEY", Secret("changed")).save()
    after = path.read_text().splitlines()
    assert [line.split(":")[0] for line, other in zip(before, after, strict=True) if line != other] == ["  KEY"]


def test_a_removed_secret_is_gone(path: Path, saved: OpenVault) -> None:
    saved.without("KEY").save()
    assert list(reopened(path).vault.tokens) == ["ANOTHER"]


def test_after_a_new_passphrase_only_that_one_opens_it(path: Path, saved: OpenVault) -> None:
    saved.rekeyed(Secret("new")).save()
    assert reopened(path, Secret("new")).get("ANOTHER") == Secret("other")
    with pytest.raises(ConfigError):
        reopened(path)


@pytest.mark.usefixtures("saved")
def test_a_value_under_another_name_is_refused(path: Path) -> None:
    text = path.read_text()
    tokens = dict(re.findall(r"^  (\w+): (\S+)$", text, re.MULTILINE))
    path.write_text(text.replace(tokens["KEY"], tokens["ANOTHER"]))
    with pytest.raises(ConfigError, match=r"secrets\.KEY: this line was not written by phlo"):
        reopened(path).get("KEY")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("form: 1", "form: 2", "is not an encrypted file of form 1"),
        ("form: 1", "", "is not an encrypted file of form 1"),
        (f"n: {CHEAP}", f"n: {2**40}", "is damaged"),
        (f"n: {CHEAP}", "n: 3", "is damaged"),
        (f"n: {CHEAP}", "n: much", "is damaged"),
        ("salt: ", "salt: !", "is not valid YAML"),
        ("proof:", "poof:", "is damaged"),
        ("  KEY: ", "  KEY: [", "is not valid YAML"),
        ("  KEY: ", "  a-b: ", "is damaged"),
    ],
)
@pytest.mark.usefixtures("saved")
def test_a_damaged_file_is_an_error_that_names_it(path: Path, old: str, new: str, message: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=message) as caught:
        read_vault(path)
    assert "secrets.enc" in str(caught.value)


@pytest.mark.parametrize("name", ["", "1A", "A B", "A-B", "A:"])
def test_a_name_that_no_variable_can_have_is_refused(saved: OpenVault, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot name a secret"):
        saved.with_secret(name, Secret("x"))


def test_an_unknown_name_suggests_the_nearest(saved: OpenVault) -> None:
    with pytest.raises(ConfigError, match='Did you mean "KEY"'):
        saved.get("KEYS")


def test_the_file_may_be_read_by_whoever_may_read_the_repository(path: Path, saved: OpenVault) -> None:
    saved.save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
