"""Commands that need no values work where the values are not: without passphrase, variables, files and sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import Phlo

PROJECT = """
name: {name}
secret_sources:
  API_KEY: {{file: key.txt}}
services:
  defaults: false
  web:
    type: inline
    image: phlo/test-busybox:1
    command: [sh, -c, "echo the key is $$API_KEY; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    environment: {{API_KEY: "${{API_KEY}}", REGION: "${{REGION:?which one}}"}}
    ports: ["127.0.0.1:${{PORT:?a free one}}:80"]
    env_file: [web.env]
    configs: [{{source: page, target: /etc/page}}]
configs:
  page: {{file: page.txt}}
"""
WORDS = [
    ("ps",),
    ("services", "list"),
    ("deploy-lock", "status"),
    ("history",),
    ("exec", "web", "true"),
    ("logs", "web"),
    ("restart",),
    ("stop",),
    ("start", "web"),
    ("down",),
]


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project))
    for name in ("key.txt", "web.env", "page.txt"):
        (tmp_path / name).write_text("A=s3cret-of-the-source\n")
    return tmp_path


def test_what_is_there_can_be_looked_at_and_stopped_without_the_values_that_made_it(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("up", REGION="north", PORT="0")
    assert "the key is ***" in phlo("logs", REGION="north", PORT="0").stdout
    for name in ("key.txt", "web.env", "page.txt"):
        (folder / name).unlink()
    phlo("up", code=3)
    for words in WORDS:
        done = phlo(*words)
        assert ("not masked" in done.stderr) is (words[0] == "logs")
    assert not engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})


def test_a_hook_around_a_stop_gets_its_values_or_nothing_is_stopped(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    path = folder / "phlo.yaml"
    hook = 'hooks: {pre_stop: [{command: "echo $WHERE > where", environment: {WHERE: "${REGION:?}"}}]}'
    path.write_text(path.read_text().replace("    env_file", f"    {hook}\n    env_file"))
    phlo("up", REGION="north", PORT="0")
    phlo("stop", code=3)
    assert engine.get(f"/containers/{project}-web-1/json")["State"]["Running"]
    phlo("down", REGION="north", PORT="0")
    assert (folder / "where").read_text() == "north\n"
