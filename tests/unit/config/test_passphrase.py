from __future__ import annotations

from pathlib import Path

import pytest

from phlo.config.passphrase import PASSPHRASE_FILE, find_passphrase
from phlo.errors import ConfigError
from phlo.values import Secret


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_the_environment_goes_before_its_file_the_project_and_a_person(tmp_path: Path) -> None:
    write(tmp_path / "named", "from-named\n")
    write(tmp_path / PASSPHRASE_FILE, "from-project")
    environ = {"PHLO_SECRETS_PASSPHRASE": "from-text", "PHLO_SECRETS_PASSPHRASE_FILE": str(tmp_path / "named")}
    found = []
    for name in (*environ, None):
        found.append(find_passphrase(tmp_path, environ, lambda _: "typed"))
        environ = {key: text for key, text in environ.items() if key != name}
    (tmp_path / PASSPHRASE_FILE).unlink()
    found.append(find_passphrase(tmp_path, {}, lambda _: "typed"))
    assert found == [Secret(text) for text in ("from-text", "from-named", "from-project", "typed")]


@pytest.mark.parametrize("answer", [None, ""])
def test_without_one_the_error_names_the_ways_to_give_it(tmp_path: Path, answer: str | None) -> None:
    ask = None if answer is None else lambda _: answer
    with pytest.raises(ConfigError, match="PHLO_SECRETS_PASSPHRASE_FILE"):
        find_passphrase(tmp_path, {}, ask)


@pytest.mark.parametrize(("content", "message"), [(b"", "is empty"), (b"\xff", "UTF-8"), (None, "No such file")])
def test_a_file_that_holds_none_is_an_error(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "passphrase"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        find_passphrase(tmp_path, {"PHLO_SECRETS_PASSPHRASE_FILE": str(path)}, None)
