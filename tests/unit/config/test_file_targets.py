from __future__ import annotations

import pytest

from phlo.errors import ConfigError
from tests.unit.config.conftest import Workplace


def project(workplace: Workplace, attributes: str, target: str) -> None:
    workplace.phlo_yaml(
        f"""
        services:
          web: {{type: inline, image: a, {attributes}, configs: [{{source: page, target: {target}}}]}}
        configs: {{page: {{content: hello}}}}
        volumes: {{data: }}
        """
    )
    workplace.resolve()


@pytest.mark.parametrize(
    ("attributes", "target", "what"),
    [
        ("read_only: true", "/page", "with read_only: true the root folder of the container takes no files"),
        ('volumes: ["./conf:/etc/web:ro"]', "/etc/web/page", "is in /etc/web, which is mounted read-only"),
        ('volumes: ["./page:/etc/page"]', "/etc/page", "is hidden by the mount at that path"),
        ("tmpfs: [/run]", "/run", "is hidden by the mount at that path"),
        ("tmpfs: [/run]", "/run/page", "is hidden by the tmpfs at /run"),
        ("volumes: [{type: tmpfs, target: /run}]", "/run/page", "is hidden by the tmpfs at /run"),
    ],
)
def test_a_file_that_the_container_could_not_have_is_refused_with_its_line(
    attributes: str, target: str, what: str, workplace: Workplace
) -> None:
    with pytest.raises(ConfigError) as caught:
        project(workplace, attributes, target)
    assert str(caught.value).startswith(f"phlo.yaml:2 services.web.configs[0]: {target} ")
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("attributes", "target"),
    [
        ("read_only: true", "/etc/page"),
        ('read_only: true, volumes: ["data:/etc/web"]', "/etc/web/page"),
        ('volumes: ["data:/etc/web"]', "/etc/web/page"),
        ("tmpfs: [/run]", "/run/web/page"),
        ('volumes: ["./conf:/etc/web:ro", "data:/etc/web/more"]', "/etc/web/more/page"),
    ],
)
def test_a_file_that_it_can_have_is_taken(attributes: str, target: str, workplace: Workplace) -> None:
    project(workplace, attributes, target)


def test_a_template_of_a_role_is_checked_too(workplace: Workplace) -> None:
    workplace.role(
        "web",
        "default: true\ncompose: {read_only: true}\ntemplates: [{source: page.j2, dest: /page}]\n",
        {"page.j2": "hello"},
    )
    with pytest.raises(ConfigError, match=r"^web/service.yaml:5 templates\[0\].dest: /page cannot be written"):
        workplace.resolve()
