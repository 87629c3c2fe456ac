"""An error in a file reaches the client with the file, the line and the lines around it, and without secrets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from phlo_api.server.excerpts import excerpt, place_of
from phlo_api.server.problems import Refusal, problem_of, with_places
from phlo_api.server.run_process import RunProcess
from phlo_api.server.settings import HOSTS_VARIABLE, Settings
from serving import VIEWER, Ask, asking, make_project

from phlo.errors import ConfigError

BROKEN = """\
name: lake
services:
  defaults: false
  web:
    type: inline
    image: web:1
    ports: ["80a:80"]
    environment: {GREETING: hello}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture
def ask(root: Path) -> Iterator[Ask]:
    environ = {"DOCKER_HOST": f"unix://{root}/no.sock", "PATH": "/usr/bin:/bin", HOSTS_VARIABLE: "lake.example"}
    with asking(Settings(root=root, state_folder=root / "api", environ=environ, tokens={"viewer": VIEWER})) as ask:
        yield ask


@pytest.mark.parametrize("path", ["/project", "/services", "/plan", "/graph", "/config", "/hosts", "/logs", "/metrics"])
def test_every_route_that_needs_the_project_says_where_its_error_is(ask: Ask, root: Path, path: str) -> None:
    assert ask("/session").status_code == 200
    (root / "phlo.yaml").write_text(BROKEN)
    found = ask(path).json()
    assert (found["file"], found["line"], found["status"]) == ("phlo.yaml", 7, 409)
    assert found["title"] == "Configuration error in phlo.yaml"
    assert found["where"].startswith("phlo.yaml:7 services.web.ports")
    assert [(line["number"], line["is_marked"]) for line in found["excerpt"]] == [
        (5, False), (6, False), (7, True), (8, False),
    ]  # fmt: skip
    assert found["excerpt"][2]["text"] == '    ports: ["80a:80"]'


def test_errors_found_together_each_have_their_place() -> None:
    error = ConfigError("is wrong", where="phlo.yaml:3 a", others=[ConfigError("is, too", where="data-1")])
    found = with_places(problem_of(error), lambda file, line: [])
    assert (found.file, found.line) == ("phlo.yaml", 3)
    assert [(one.where, one.file, one.detail) for one in found.others] == [("data-1", None, "is, too")]


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("phlo.yaml:7 services.x.port", ("phlo.yaml", 7)),
        ("inventories/a.yaml:7:12", ("inventories/a.yaml", 7)),
        ("roles/web/tasks/main.yaml:2", ("roles/web/tasks/main.yaml", 2)),
        ("data-1", None),
        ("https://example.com:80/x", None),
        ("", None),
    ],
)
def test_a_place_is_a_file_and_a_line(where: str, place: tuple[str, int] | None) -> None:
    assert place_of(where) == place


def test_an_excerpt_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text(
        "DB_PASSWORD: hunter2\nurl: postgres://ann:hunter2@db/x\nsecret: |\n  hunter2\n\n  hunter2\n"
        "- API_KEY=hunter2\nenvironment: {A: b, TOKEN: hunter2}\nplain: known-secret\nport: 80\n"
    )
    for line in range(1, 11):
        found = excerpt(tmp_path, "phlo.yaml", line, lambda text: text.replace("known-secret", "***"))
        text = "\n".join(one.text for one in found)
        assert "hunter2" not in text
        assert "known-secret" not in text
        assert [one.number for one in found if one.is_marked] == [line]
    assert found[-1].text == "port: 80"


@pytest.mark.parametrize(
    "file", [".phlo/.env.local", ".phlo/a.yaml", "../outside.yaml", "link.yaml", "id_rsa", "none.yaml"]
)
def test_files_that_are_not_the_projects_own_configuration_are_not_shown(tmp_path: Path, file: str) -> None:
    root = tmp_path / "root"
    (root / ".phlo").mkdir(parents=True)
    for path in (root / ".phlo/.env.local", root / ".phlo/a.yaml", tmp_path / "outside.yaml", root / "id_rsa"):
        path.write_text("a\nb\nc\n")
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    assert excerpt(root, file, 2, str) == []


def test_who_has_no_token_gets_no_excerpt(root: Path) -> None:
    (root / "phlo.yaml").write_text(BROKEN)
    environ = {"PATH": "/usr/bin:/bin", HOSTS_VARIABLE: "lake.example"}
    with asking(Settings(root=root, state_folder=root / "api", environ=environ)) as ask:
        found = ask("/services", token="unknown")
    assert found.status_code == 409
    assert found.json()["excerpt"] == []


def test_a_run_that_fails_before_its_first_event_says_where() -> None:
    text = "✗ phlo.yaml:7 services.web: is wrong. Mend it."
    process = RunProcess([sys.executable, "-c", f"import sys; sys.stderr.write({text!r}); sys.exit(3)"], {})
    with pytest.raises(Refusal) as found:
        process.first_event()
    assert (found.value.problem.where, found.value.problem.detail) == (
        "phlo.yaml:7 services.web", "is wrong. Mend it.",
    )  # fmt: skip
