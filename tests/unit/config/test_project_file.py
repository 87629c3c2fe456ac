from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from jsonschema import Draft202012Validator

from phlo.compose.attributes import ATTRIBUTES
from phlo.config.project_config import ServiceOverride
from phlo.config.project_file import PHLO_KEYS, ROLE_KEYS, parse_project_file, without_effect
from phlo.config.project_models import model_of, project_schema
from phlo.errors import PhloError
from phlo.yaml_source import parse_yaml

PATH = Path("phlo.yaml")

FULL = """
    name: my-lakehouse
    version: 1.0
    description: an example
    env: {GREETING: hello, COUNT: 3}
    profiles: [api]
    image_source: build
    capabilities: {s3: minio}
    x-anything: {goes: here}
    infrastructure:
      network: {name: lake, driver: bridge, subnet: 10.9.0.0/24}
    networks: {inside: {internal: true}, plain: }
    volumes: {data: {external: true, name: old-data}}
    configs: {motd: {content: hi}}
    secrets: {token: {file: ./token}}
    services:
      enabled: [superset]
      disabled: [grafana]
      dagster:
        ports: ["3005:3000"]
        environment: {FLAG: "enabled", N: 1}
        volumes: ["./data:/data"]
        depends_on: [trino]
        command: [a, b]
        scale: "2"
        hosts: data-1
        update: {parallelism: 1}
        x-note: mine
      observatory: {port: 8080}
      superset: {enabled: false}
      nothing:
      custom:
        type: inline
        image: example:${TAG}
        privileged: ${PRIVILEGED:-false}
        port: ${PORT}
        healthcheck: {test: ["CMD", "true"]}
        provides: {http: {port: 80}}
"""


def errors_of(text: str) -> list[str]:
    with pytest.raises(PhloError) as caught:
        parse_project_file(dedent(text), path=PATH)
    return [str(error) for error in caught.value.each()]


def test_everything_that_may_stand_in_the_file_is_read() -> None:
    file = parse_project_file(dedent(FULL), path=PATH)
    services = file.config.services
    assert (services.enabled, services.disabled) == (["superset"], ["grafana"])
    assert list(services.overrides()) == ["dagster", "observatory", "superset", "nothing", "custom"]
    assert services.overrides()["dagster"].hosts == ["data-1"]
    assert services.overrides()["superset"].enabled is False
    assert file.config.networks["plain"] is None


def test_an_empty_file_and_empty_sections_are_a_project() -> None:
    for text in ("", "services:\nenv:\nnetworks:\n", "# only a comment\n"):
        assert parse_project_file(text, path=PATH).config.services.overrides() == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "services:\n  a:\n    port: 70000\n",
            "phlo.yaml:3 services.a.port: should be a port from 1 to 65535, got 70000. Write a number from 1 to 65535.",
        ),
        (
            "services:\n  a:\n    port: 80a\n",
            'phlo.yaml:3 services.a.port: should be a port from 1 to 65535, got "80a".',
        ),
        (
            "services: {a: {portz: 1}}\n",
            'phlo.yaml:1 services.a.portz: "portz" is not known here. Did you mean "port"?',
        ),
        ("nmae: x\n", 'phlo.yaml:1 nmae: "nmae" is not known here. Did you mean "name"?'),
        ("services: {a: {enabled: sometimes}}\n", "phlo.yaml:1 services.a.enabled: should be true or false"),
        ("services:\n  a: false\n", "phlo.yaml:2 services.a: should be a mapping, got false."),
        ("services: [a]\n", "phlo.yaml:1 services: should be a mapping, got a list."),
        ("services: {disabled: a}\n", "phlo.yaml:1 services.disabled: should be a list"),
        ("services: {a: {ports: 80}}\n", "phlo.yaml:1 services.a.ports: should be a list, got a single value."),
        ("services: {a: {type: container}}\n", 'phlo.yaml:1 services.a.type: should be inline, got "container".'),
        ("image_source: buld\n", 'phlo.yaml:1 image_source: should be auto, pull, build or upstream, got "buld".'),
        (
            "networks: {a: {drver: x}}\n",
            'phlo.yaml:1 networks.a.drver: "drver" is not known here. Did you mean "driver"?',
        ),
        (
            "networks: {a: {ipam: {config: [{subnett: x}]}}}\n",
            'phlo.yaml:1 networks.a.ipam.config[0].subnett: "subnett" is not known here. Did you mean "subnet"?',
        ),
        (
            "infrastructure: {network: {subnet: 5}}\n",
            "phlo.yaml:1 infrastructure.network.subnet: should be a text, got 5.",
        ),
        ("capabilities: {s3: [a]}\n", "phlo.yaml:1 capabilities.s3: should be a text, got a list."),
        ("- a\n", "phlo.yaml:1: should be a mapping (name: value)."),
        ("name: a\nname: b\n", "phlo.yaml:2 name: this key stands twice."),
    ],
)
def test_a_wrong_file_is_an_error_with_position_and_fix(text: str, message: str) -> None:
    assert errors_of(text)[0].startswith(message)


def test_all_errors_are_reported_at_once_in_the_order_of_the_file() -> None:
    found = errors_of("""
        services:
          b: {portz: 1}
          a: {port: 0, ports: x}
        image_source: x
    """)
    assert [error.split(":")[1].split(" ")[0] for error in found] == ["3", "4", "4", "5"]


def test_an_error_about_environment_does_not_show_its_value() -> None:
    assert "hunter22" not in errors_of("services: {a: {environment: hunter22}}")[0]


def test_every_compose_attribute_can_be_overridden() -> None:
    assert set(model_of(ServiceOverride).model_fields) == {*ATTRIBUTES, *PHLO_KEYS, *ROLE_KEYS}


def test_keys_of_published_projects_are_accepted_and_named_as_without_effect() -> None:
    text = """
        infrastructure: {api: {port: 1}, wap: true, services: [a], network: {name: n}}
        services: {a: {authorization: {enabled: true}}, b: {port: 1}}
    """
    assert without_effect(parse_project_file(dedent(text), path=PATH)) == [
        "phlo.yaml:2 infrastructure.api: has no effect in this version of phlo.",
        "phlo.yaml:2 infrastructure.services: has no effect in this version of phlo.",
        "phlo.yaml:2 infrastructure.wap: has no effect in this version of phlo.",
        "phlo.yaml:3 services.a.authorization: has no effect in this version of phlo.",
    ]


def test_compose_files_may_be_included_and_services_extended() -> None:
    text = "include: [compose.yaml]\nservices: {a: {extends: {file: base.yaml, service: web}}}\n"
    assert parse_project_file(text, path=PATH).config.include == ["compose.yaml"]


def test_the_schema_accepts_what_the_parser_accepts() -> None:
    validator = Draft202012Validator(project_schema())
    validator.check_schema(project_schema())
    assert list(validator.iter_errors(parse_yaml(dedent(FULL), label="phlo.yaml").data)) == []


@pytest.mark.parametrize(
    "data", [{"nmae": "x"}, {"services": {"a": {"port": 70000}}}, {"services": {"a": {"ports": 5}}}, {"env": ["A=1"]}]
)
def test_the_schema_refuses_what_the_parser_refuses(data: object) -> None:
    assert list(Draft202012Validator(project_schema()).iter_errors(data))
