"""What phlo.yaml says a Compose project with, and what is listed as left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from phlo.compose.attributes import Support, names
from phlo.compose_import.text import yaml_text
from phlo.config.project_file import parse_project_file
from tests.unit.compose_import.conftest import ComposeFolder


def test_variables_stay_variables(compose: ComposeFolder) -> None:
    compose.write(".env", "TAG=3\nPORT=8080\n")
    web = compose.service("services: {web: {image: 'web:${TAG}', ports: ['${PORT}:80'], command: 'echo $$HOME'}}")
    assert (web["image"], web["ports"], web["command"]) == ("web:${TAG}", ["${PORT}:80"], "echo $$HOME")


def test_name_and_profiles_are_composes(compose: ComposeFolder) -> None:
    compose.write("compose.yaml", "services: {web: {image: 'web:1', profiles: [a]}}")
    assert compose.convert().data["name"] == "shop"
    compose.write(".env", "COMPOSE_PROJECT_NAME=corner\nCOMPOSE_PROFILES=a,b\n")
    data = compose.convert().data
    assert (data["name"], data["profiles"]) == ("corner", ["a", "b"])


def test_every_attribute_that_phlo_does_not_honour_is_listed_with_its_line(compose: ComposeFolder) -> None:
    lines = [f"    {name}: x\n" for name in (*names(Support.WARNED), *names(Support.REFUSED)) if name != "extends"]
    compose.write("compose.yaml", "services:\n  web:\n    image: web:1\n" + "".join(lines))
    found = compose.convert()
    assert [one.where for one in found.findings] == [
        f"compose.yaml:{number} services.web.{line.strip().partition(':')[0]}" for number, line in enumerate(lines, 4)
    ]
    assert all(one.is_lost for one in found.findings)
    assert found.data["services"]["web"] == {"type": "inline", "image": "web:1"}


def test_only_the_part_that_cannot_be_carried_is_left_out(compose: ComposeFolder) -> None:
    compose.write(
        "compose.yaml",
        """
        services:
          web:
            build: {context: ., isolation: hyperv, target: t}
            cap_add: [NET_ADMIN]
            ports: ["80:80", "99999:1"]
            frobnicate: 1
        networks: {front: {scope: swarm, internal: true}}
        volumes: {data: {driver: local, size: 1}}
        secrets: {a: {external: true}, b: {environment: B}}
        models: {m: }
        """,
    )
    found = compose.convert()
    assert found.data["services"]["web"] == {
        "type": "inline",
        "build": {"context": ".", "target": "t"},
        "cap_add": ["NET_ADMIN"],
        "ports": ["80:80"],
    }
    assert found.data["networks"] == {"front": {"internal": True}}
    assert found.data["volumes"] == {"data": {"driver": "local"}}
    assert found.data["secrets"] == {"b": {"environment": "B"}}
    assert [one.where for one in found.findings] == [
        "compose.yaml:3 services.web.build.isolation",
        "compose.yaml:5 services.web.ports[1]",
        "compose.yaml:6 services.web.frobnicate",
        "compose.yaml:7 networks.front.scope",
        "compose.yaml:8 volumes.data.size",
        "compose.yaml:9 secrets.a",
        "compose.yaml:10 models",
    ]


def test_of_a_list_of_pairs_only_the_wrong_one_is_left_out(compose: ComposeFolder) -> None:
    web = compose.service("services: {web: {image: 'web:1', labels: [a=b, phlo.project=x, c]}}")
    assert web["labels"] == ["a=b", "c"]


def test_several_wrong_entries_of_a_list_are_left_out_and_no_other(compose: ComposeFolder) -> None:
    ports = ", ".join(f'"{port}:{port}"' for port in (80, 99999, 81, 99998, *range(82, 90), 99997))
    web = compose.service(f"services: {{web: {{image: 'web:1', ports: [{ports}]}}}}")
    assert web["ports"] == [f"{port}:{port}" for port in range(80, 90)]


def test_what_is_wrong_in_another_file_is_listed_and_stays(compose: ComposeFolder) -> None:
    compose.write("labels.txt", "phlo.project=x\n")
    web = compose.service("services: {web: {image: 'web:1', label_file: labels.txt}}")
    assert web["label_file"] == "labels.txt"
    assert "phlo itself sets" in compose.findings()[0]


def test_a_finding_of_an_overriding_file_names_that_file(compose: ComposeFolder) -> None:
    compose.write("compose.yaml", "services: {web: {image: 'web:1'}}")
    compose.write("prod.yaml", "services:\n  web:\n    use_api_socket: true\n")
    assert compose.findings("compose.yaml", "prod.yaml")[0].startswith("prod.yaml:3 services.web.use_api_socket: ")


def test_a_value_that_is_not_known_yet_is_kept_and_named(compose: ComposeFolder) -> None:
    compose.write(
        "compose.yaml",
        """
        services:
          web:
            image: web:${TAG}
            ports: ["${PORT:?which}:80"]
            volumes: ["${DIR}:/data", "./x:/y"]
            mem_limit: ${MEMORY}
        """,
    )
    found = compose.convert().data["services"]["web"]
    assert found["image"] == "web:${TAG}"
    assert found["ports"] == ["${PORT:?which}:80"]
    assert found["volumes"] == ["${DIR}:/data", "./x:/y"]
    assert found["mem_limit"] == "${MEMORY}"
    findings = compose.findings()
    places = ("image", "ports[0]", "volumes[0]", "mem_limit")
    for finding, place, variable in zip(findings, places, ("TAG", "PORT", "DIR", "MEMORY"), strict=True):
        assert f"services.web.{place}: " in finding
        assert f"Set {variable} in .phlo/.env" in finding


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("db: {image: x, restart: 'no', ports: ['1:1']}", False),
        ("db: {image: x, restart: 'no', healthcheck: {test: [CMD, a]}}", False),
        ("db: {image: x, restart: 'no'}", None),
        ("db-setup: {image: x}", None),
        ("db-setup: {image: x, ports: ['1:1']}", False),
        ("db: {image: x, restart: always}", None),
        ("db: {image: x}\n  w: {image: x, depends_on: {db: {condition: service_completed_successfully}}}", True),
    ],
)
def test_what_runs_to_its_end_is_told_from_what_serves(
    service: str, expected: bool | None, compose: ComposeFolder
) -> None:
    name = service.partition(":")[0]
    assert compose.service(f"services:\n  {service}\n", name).get("one_shot") == expected


def test_a_name_of_an_installed_service_replaces_it_and_other_defaults_stay_away(compose: ComposeFolder) -> None:
    compose.write("compose.yaml", "services: {db: {image: 'db:1'}, enabled: {image: 'x:1'}}")
    found = compose.convert(installed=["db", "store"])
    assert found.data["services"] == {
        "defaults": False,
        "db": {"type": "inline", "replaces": True, "image": "db:1"},
    }
    assert {(one.where, one.is_lost) for one in found.findings} == {
        ("compose.yaml:1 services.db", False),
        ("compose.yaml:1 services.enabled", True),
    }


def test_paths_start_at_the_folder_of_the_result(compose: ComposeFolder) -> None:
    compose.write(
        "compose.yaml",
        """
        services: {web: {image: "web:1", volumes: ["./a:/a", "/b:/b", "~/c:/c"], configs: [d]}}
        configs: {d: {file: ./d.txt}}
        """,
    )
    data = compose.convert(to="deploy").data
    assert data["services"]["web"]["volumes"] == ["../a:/a", "/b:/b", "~/c:/c"]
    assert data["configs"] == {"d": {"file": "../d.txt"}}


def test_variables_inside_of_paths_stay_and_those_that_begin_a_relative_path_become_values(
    compose: ComposeFolder,
) -> None:
    compose.write(".env", "PLACE=./p\nABSOLUTE=/abs\nPART=a\n")
    compose.write(
        "compose.yaml",
        """
        services:
          web:
            image: web:1
            volumes:
              - ./${PART:-b}/c:/1
              - ${PLACE}:/2
              - ${ABSOLUTE}:/3
              - ./${PART}/../d:/4
              - {type: bind, source: "${PLACE:-x}/y", target: /5}
              - ${UNSET:-volume}:/6
            ports: ["${PART:-80}:80"]
            build: {context: "${PLACE}", args: {A: "${PART}"}}
        configs: {c: {file: "${PLACE}/c.txt"}}
        """,
    )
    compose.write("p/Dockerfile", "FROM scratch\n")
    found = compose.convert(to="deploy")
    web = found.data["services"]["web"]
    assert web["volumes"] == [
        "../${PART:-b}/c:/1",
        "../p:/2",
        "${ABSOLUTE}:/3",
        "../d:/4",
        {"type": "bind", "source": "../p/y", "target": "/5"},
        "${UNSET:-volume}:/6",
    ]
    assert web["build"] == {"context": "../p", "args": {"A": "${PART}"}}
    assert found.data["configs"] == {"c": {"file": "../p/c.txt"}}
    written = [one.where for one in found.findings if "written as its value" in one.what]
    assert written == [
        "compose.yaml:4 services.web.volumes",
        "compose.yaml:12 services.web.build",
        "compose.yaml:13 configs.c.file",
    ]


def test_entries_of_several_files_whose_variables_have_no_value_are_all_kept(compose: ComposeFolder) -> None:
    compose.write(
        "compose.yaml", "services: {web: {image: 'web:${TAG}', ports: ['${PORT:?a}:80', '81:81'], mem_limit: 1g}}"
    )
    compose.write("prod.yaml", "services: {web: {image: 'web:2', ports: ['82:82'], mem_limit: '${MEMORY}'}}")
    web = compose.convert("compose.yaml", "prod.yaml").data["services"]["web"]
    assert sorted(web["ports"]) == ["${PORT:?a}:80", "81:81", "82:82"]
    assert (web["image"], web["mem_limit"]) == ("web:2", "${MEMORY}")


def test_a_variable_of_an_included_project_that_a_service_outside_names_is_listed(compose: ComposeFolder) -> None:
    compose.write("compose.yaml", "include: [db/compose.yaml]\nservices: {web: {image: 'web:${V:-1}'}}")
    compose.write("db/compose.yaml", "services: {db: {image: 'db:${V}'}}")
    compose.write("db/.env", "V=7\n")
    [finding] = compose.findings()
    assert finding.startswith("compose.yaml:2 services.web.image: V gets the value that db/.env has")


def test_the_text_is_read_back_as_the_same(compose: ComposeFolder) -> None:
    compose.write(
        "compose.yaml",
        """
        x-env: &env {A: yes, B: "022", C: "22:22", D: "null", E: ""}
        services:
          web: {image: "web:1", environment: *env, command: ["sh", "-c", "a\\n  b\\n"]}
          web-2: {image: "web:1", environment: *env}
        """,
    )
    found = compose.convert()
    text = yaml_text(found.data, comment="about it")
    assert yaml.safe_load(text) == found.data
    assert parse_project_file(text, path=Path("phlo.yaml")).document.data == found.data
    assert "&" not in text
    assert text.startswith("# about it\nname: shop\n\nservices:\n")
