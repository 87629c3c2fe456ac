"""Files that a role's `files` put into `.phlo/` are read as they will be, before and after they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo import inventory
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery import discover_services
from phlo.errors import ConfigError

ROLE = """\
name: web
default: true
image: "web:1"
files:
  - {source: settings, dest: web/settings}
  - {source: one.env, dest: web/env/}
compose:
  env_file: [web/settings/app.env, web/env/one.env]
  label_file: web/settings/labels
  security_opt: ["seccomp=web/settings/seccomp.json"]
"""
FILES = {
    "settings/app.env": "A=1\n",
    "one.env": "B=${A}2\n",
    "settings/labels": "team=data\n",
    "settings/seccomp.json": "{}",
}


@pytest.fixture
def role(tmp_path: Path) -> Path:
    folder = tmp_path / "roles" / "web"
    for name, text in {**FILES, "service.yaml": ROLE}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false, enabled: [web]}\n")
    return folder


def resolved(root: Path) -> Project:
    return resolve(discover_services(root), inventory.load([], root=root), root=root, environ={})


def write_outputs(project: Project) -> None:
    for name, content in project.outputs.items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_bytes(content)


def test_what_a_role_will_write_is_read_before_it_is_written_and_means_the_same_afterwards(role: Path) -> None:
    root = role.parents[1]

    before = resolved(root)

    web = before.services["web"].compose
    assert not (root / ".phlo").exists()
    assert web.environment == {"A": "1", "B": "12"}
    assert web.labels == {"team": "data"}
    assert web.security_opt == ("seccomp={}",)
    assert {role / name for name in FILES} <= set(before.inputs)
    write_outputs(before)
    assert resolved(root).services["web"].compose == web


def test_a_new_version_of_the_role_counts_over_what_an_earlier_one_wrote(role: Path) -> None:
    root = role.parents[1]
    write_outputs(resolved(root))

    (role / "settings/app.env").write_text("A=9\n")

    assert resolved(root).services["web"].compose.environment["A"] == "9"


def test_a_file_that_nothing_writes_is_still_missing(role: Path) -> None:
    (role / "settings/app.env").unlink()

    with pytest.raises(ConfigError, match=r"there is no \.phlo/web/settings/app\.env"):
        resolved(role.parents[1])
