from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from phlo.compose.dotenv import parse_env
from phlo.config.secrets import random_secret, replace_entry, stored_secret
from phlo.errors import ConfigError
from phlo.values import Secret


def test_a_secret_is_made_once_and_then_found(tmp_path: Path) -> None:
    path = tmp_path / ".phlo" / ".env.local"
    assert stored_secret(path, "A", purpose="db", make=lambda: "first") == Secret("first")
    assert stored_secret(path, "A", purpose="db", make=lambda: "second") == Secret("first")
    assert parse_env(path.read_text(), label="x")["A"].text == "first"


def test_the_file_is_for_its_owner_only_and_says_what_made_the_secret(tmp_path: Path) -> None:
    path = tmp_path / ".env.local"
    path.write_text("B=kept # why\n\n# mine\nC='x'")
    path.chmod(0o644)
    stored_secret(path, "A", purpose="db", make=lambda: "made")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before, after = path.read_text().split("# A: made by phlo for db.")
    assert before == "B=kept # why\n\n# mine\nC='x'\n"
    assert after.endswith("\nA=made\n")
    assert [item.name for item in tmp_path.iterdir()] == [".env.local"]


def test_a_name_without_a_value_in_the_file_gets_one(tmp_path: Path) -> None:
    path = tmp_path / ".env.local"
    path.write_text("A\n")
    assert stored_secret(path, "A", purpose="db", make=lambda: "made") == Secret("made")
    assert parse_env(path.read_text(), label="x")["A"].text == "made"


def test_two_that_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / ".env.local"
    numbers = count()
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: stored_secret(path, "A", purpose="db", make=lambda: f"s{next(numbers)}"), range(24))
        )
    assert len(set(found)) == 1
    assert path.read_text().count("A=") == 1


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="the secret A cannot be stored"):
        stored_secret(tmp_path / "file" / ".env.local", "A", purpose="db", make=lambda: "x")


def test_random_secrets_are_long_url_safe_and_no_option() -> None:
    found = {random_secret() for _ in range(300)}
    assert len(found) == 300
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{31}", text) for text in found)


@pytest.mark.parametrize(
    "entry", ["A=old", "A='old\n\nA=inside'", 'export A="old" # why', "A", "A='x\\'y'", 'A="two\n# lines"']
)
def test_an_entry_is_replaced_and_put_back_to_the_letter(tmp_path: Path, entry: str) -> None:
    path = tmp_path / ".env.local"
    path.write_text(f"# mine\nB='1\n2'\n{entry}\n\nC=3")
    before = path.read_text()
    assert replace_entry(path, "A", "A=new") == entry
    assert path.read_text() == "# mine\nB='1\n2'\nA=new\n\nC=3"
    replace_entry(path, "A", entry)
    assert path.read_text() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_entry_that_is_gone_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / ".env.local"
    path.write_text("B=1\n")
    with pytest.raises(ConfigError, match="A is not in it any more"):
        replace_entry(path, "A", "A=new")
    assert path.read_text() == "B=1\n"
