"""Several files, includes and extends become one project."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.errors import ConfigError
from tests.unit.compose_import.conftest import ComposeFolder

# What two files say of one attribute, and what the project has.
MERGED: dict[str, tuple[str, str, Any]] = {
    "command replaced": ("command: [a, b]", "command: [c]", [("command", ["c"])]),
    "health test replaced": (
        "healthcheck: {test: [CMD, a], retries: 2}",
        "healthcheck: {test: [CMD, b]}",
        [("healthcheck", {"test": ["CMD", "b"], "retries": 2})],
    ),
    "environment by name": (
        "environment: [A=1, B=2]",
        "environment: {B: 3, C: }",
        [("environment", {"A": "1", "B": 3, "C": None})],
    ),
    "hosts of a list and a mapping": (
        'extra_hosts: ["a:10.0.0.1"]',
        "extra_hosts: {b: 10.0.0.3, c: ['10.0.0.4', '10.0.0.5']}",
        [("extra_hosts", ["a:10.0.0.1", "b=10.0.0.3", "c=10.0.0.4", "c=10.0.0.5"])],
    ),
    "ports added": ('ports: ["80:80"]', 'ports: ["81:80", "80:80"]', [("ports", ["80:80", "81:80"])]),
    "the same port in its long form": (
        'ports: ["80:80"]',
        "ports: [{target: 80, published: 80}]",
        [("ports", [{"target": 80, "published": 80}])],
    ),
    "volumes by target": (
        'volumes: ["./a:/x", "data:/y"]',
        'volumes: ["./b:/x:ro"]',
        [("volumes", ["./b:/x:ro", "data:/y"])],
    ),
    "a text and a list": ("dns: 10.0.0.1", "dns: [10.0.0.2]", [("dns", ["10.0.0.1", "10.0.0.2"])]),
    "two lists of names": ("depends_on: [db]", "depends_on: [x, db]", [("depends_on", ["db", "x"])]),
    "a list and a mapping of names": (
        "depends_on: [db]",
        "depends_on: {x: {condition: service_healthy}}",
        [("depends_on", {"db": {"condition": "service_started"}, "x": {"condition": "service_healthy"}})],
    ),
    "build as a text and a mapping": (
        "build: ./a",
        "build: {target: t}",
        [("build", {"context": "./a", "target": "t"})],
    ),
    "another log driver": (
        "logging: {driver: json-file, options: {max-size: 1m}}",
        "logging: {driver: local}",
        [("logging", {"driver": "local"})],
    ),
    "reset": ('ports: ["80:80"]', "ports: !reset []", [("ports", None)]),
    "reset of one entry": ("environment: {A: 1, B: 2}", "environment: {A: !reset null}", [("environment", {"B": 2})]),
    "override": ('ports: ["80:80"]', 'ports: !override ["81:80"]', [("ports", ["81:80"])]),
}


@pytest.mark.parametrize("case", MERGED)
def test_a_later_file_goes_over_an_earlier_one(case: str, compose: ComposeFolder) -> None:
    before, after, expected = MERGED[case]
    rest = "  db: {image: 'a:1'}\n  x: {image: 'a:1', healthcheck: {test: [CMD, a]}}\n"
    compose.write("compose.yaml", f"services:\n  web:\n    image: web:1\n    {before}\n{rest}")
    compose.write("prod.yaml", f"services:\n  web:\n    {after}\n")
    web = compose.convert("compose.yaml", "prod.yaml").data["services"]["web"]
    assert [(key, web.get(key)) for key, _ in expected] == expected


def test_plain_texts_are_read_as_compose_reads_them(compose: ComposeFolder) -> None:
    web = compose.service("""
        services:
          web:
            image: web:1
            environment: {A: yes, B: on, C: 2026-01-31, D: 0o17, E: 1.5, F: true}
            ports: [22:22]
    """)
    assert web["environment"] == {"A": "yes", "B": "on", "C": "2026-01-31", "D": 15, "E": 1.5, "F": True}
    assert web["ports"] == ["22:22"]


def test_an_extended_service_of_another_file_brings_its_paths_along(compose: ComposeFolder) -> None:
    compose.write("base/deep.yaml", "services: {deep: {init: true, volumes: ['./deep:/deep']}}")
    compose.write(
        "common/base.yaml",
        """
        services:
          base:
            extends: {file: ../base/deep.yaml, service: deep}
            volumes: ["./data:/data", "named:/named", "${PLACE:-./x}:/x"]
            env_file: [base.env, {path: other.env, required: false}]
            build: .
            security_opt: ["seccomp=profile.json"]
        """,
    )
    compose.write("common/profile.json", "{}")
    web = compose.service("services: {web: {extends: {file: common/base.yaml, service: base}, image: 'web:1'}}")
    assert web["volumes"] == ["./base/deep:/deep", "./common/data:/data", "named:/named", "./common/x:/x"]
    assert web["env_file"] == ["./common/base.env", {"path": "./common/other.env", "required": False}]
    assert (web["build"], web["init"]) == ("./common", True)
    assert web["security_opt"] == ["seccomp=./common/profile.json"]
    assert "extends" not in web


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("services: {web: {extends: {service: wob}}, db: {image: x}}", 'no service "wob" to extend'),
        ("services: {a: {extends: {service: b}}, b: {extends: a}}", "a service extends itself"),
        ("services: {a: {extends: {file: x.yaml}}}", "names no service"),
        ("services: {a: {extends: {file: x.yaml, service: y}}}", "x.yaml: there is no such file"),
        ("include: [compose.yaml]", "a file includes itself"),
        ("[]", "should be a mapping"),
        ("name: x", "has no services"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_line(text: str, what: str, compose: ComposeFolder) -> None:
    compose.write("compose.yaml", text)
    with pytest.raises(ConfigError, match=what) as caught:
        compose.convert()
    assert ".yaml" in caught.value.where


def test_an_included_project_brings_its_services_resources_and_variables(compose: ComposeFolder) -> None:
    compose.write("compose.yaml", "include: [db/compose.yaml]\nservices: {web: {image: 'web:1', depends_on: [db]}}")
    compose.write(
        "db/compose.yaml",
        """
        services: {db: {image: "db:${VERSION}", volumes: ["./data:/data"], secrets: [key]}}
        secrets: {key: {file: key.txt}}
        """,
    )
    compose.write("db/.env", "VERSION=7\n")
    found = compose.convert()
    assert found.data["services"]["db"]["volumes"] == ["./db/data:/data"]
    assert found.data["secrets"] == {"key": {"file": "./db/key.txt"}}
    assert found.findings == ()


def test_the_including_projects_value_of_a_variable_wins(compose: ComposeFolder) -> None:
    compose.write("compose.yaml", "include: [db/compose.yaml]\nservices: {web: {image: 'web:1'}}")
    compose.write("db/compose.yaml", "services: {db: {image: 'db:1'}}")
    top, inner = compose.write(".env", "VERSION=6\n"), compose.write("db/.env", "VERSION=7\n")
    found = compose.source()
    assert found.variables.text("VERSION") == "6"
    assert found.env_files == (inner, top)  # of the file that is made of both, the last line counts


def test_a_variable_with_two_values_in_two_included_projects_is_an_error(compose: ComposeFolder) -> None:
    compose.write("compose.yaml", "include: [a/compose.yaml, b/compose.yaml]\nservices: {web: {image: 'web:1'}}")
    for name, version in (("a", 6), ("b", 7)):
        compose.write(f"{name}/compose.yaml", f"services: {{{name}: {{image: 'x:1'}}}}")
        compose.write(f"{name}/.env", f"VERSION={version}\n")
    with pytest.raises(ConfigError, match="VERSION has another value here"):
        compose.convert()
