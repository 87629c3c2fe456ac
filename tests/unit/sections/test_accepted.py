"""What pydantic has accepted is remembered, and nothing else is believed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from phlo.config.project_file import load_project_file
from phlo.errors import ConfigError
from phlo.sections import accepted
from phlo.sections.accepted import FILE_NAME, MOST_KEPT, Accepted, digest_of

DATA = {"name": "lake", "services": {"web": {"port": 80}}}


def test_only_the_same_data_is_known_again(tmp_path: Path) -> None:
    Accepted(tmp_path).add(DATA)

    known = Accepted(tmp_path)
    assert DATA in known
    for other in ({**DATA, "name": "sea"}, {"name": "lake", "services": {"web": {"port": "80"}}}, {}):
        assert other not in known


def test_without_a_folder_nothing_is_remembered() -> None:
    nothing = Accepted(None)
    nothing.add(DATA)

    assert DATA not in nothing


def test_another_version_of_what_decides_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Accepted(tmp_path).add(DATA)
    monkeypatch.setattr(accepted.phlo, "__version__", "0.0.0")

    assert DATA not in Accepted(tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"a" * 10_000_000])
def test_a_damaged_file_is_ignored_and_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    (tmp_path / FILE_NAME).chmod(0o600)
    assert DATA not in Accepted(tmp_path)

    Accepted(tmp_path).add(DATA)

    assert DATA in Accepted(tmp_path)


def test_a_file_that_others_can_write_to_is_ignored(tmp_path: Path) -> None:
    Accepted(tmp_path).add(DATA)
    (tmp_path / FILE_NAME).chmod(0o666)

    assert DATA not in Accepted(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_ignored(tmp_path: Path) -> None:
    Accepted(tmp_path).add(DATA)
    os.chown(tmp_path / FILE_NAME, 12345, 12345)

    assert DATA not in Accepted(tmp_path)


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Accepted(tmp_path / "file").add(DATA)


def test_the_file_stays_small_and_keeps_the_newest(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("".join(f"{number:040x}\n" for number in range(MOST_KEPT)))
    (tmp_path / FILE_NAME).chmod(0o600)
    Accepted(tmp_path).add(DATA)

    lines = (tmp_path / FILE_NAME).read_text().split()
    assert (len(lines), lines[-1], lines[0]) == (MOST_KEPT, digest_of(DATA), f"{1:040x}")


def test_the_file_holds_no_value(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("services: {web: {environment: {A: hunter22}}}\n")
    load_project_file(tmp_path / "phlo.yaml", cache=tmp_path / "cache")

    assert "hunter22" not in (tmp_path / "cache" / FILE_NAME).read_text()


def test_an_accepted_file_is_read_without_pydantic(tmp_path: Path) -> None:
    path = tmp_path / "phlo.yaml"
    path.write_text("name: lake\nservices: {web: {hosts: a, enabled: yes}}\nnetworks: {data: {internal: 'yes'}}\n")
    load_project_file(path, cache=tmp_path / "cache")
    code = f"""
import sys
from pathlib import Path
from phlo.config.project_file import load_project_file
config = load_project_file(Path({str(path)!r}), cache=Path({str(tmp_path / "cache")!r})).config
assert (config.services.overrides()["web"].hosts, config.networks["data"].internal) == (["a"], True)
assert "pydantic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_roles_and_inline_services_that_were_accepted_are_read_without_pydantic(tmp_path: Path) -> None:
    (tmp_path / "roles" / "own").mkdir(parents=True)
    (tmp_path / "roles" / "own" / "service.yaml").write_text("name: own\nimage: x\nhooks: {post_start: a}\n")
    code = f"""
import sys
from pathlib import Path
from phlo.discovery import ServiceDefinition, discover_services
from phlo.sections.accepted import Accepted
cache = Path({str(tmp_path / "cache")!r})
catalog = discover_services(Path({str(tmp_path)!r}), path=[], cache=cache)
assert catalog.services["own"].hooks["post_start"][0].command == "a", catalog.problems
inline = ServiceDefinition.from_inline("web", {{"image": "x", "env_vars": {{"A": 1}}}}, accepted=Accepted(cache))
assert inline.env_vars["A"].default == "1"
print("pydantic" in sys.modules)
"""
    first, second = (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
        for _ in range(2)
    )
    assert (first, second) == ("True", "False")


def test_what_is_refused_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "phlo.yaml"
    path.write_text("services: {web: {port: 80a}}\n")
    for _ in range(2):
        with pytest.raises(ConfigError, match="should be a port"):
            load_project_file(path, cache=tmp_path / "cache")
