"""A playbook with twenty containers in two roles is a project that can be planned."""

from __future__ import annotations

from phlo import inventory
from phlo.config.resolve import resolve
from phlo.discovery.services import discover_services
from phlo.plan import build
from tests.support.twenty import twenty
from tests.unit.ansible_import.conftest import Ansible


def test_twenty_containers_of_two_roles_become_services_that_can_be_planned(ansible: Ansible) -> None:
    for path, text in twenty(image="web:1", folder="/srv/shop", name="shop").items():
        ansible.write(path, text)
    data = ansible.data()
    assert "✗" not in ansible.said.err
    assert "13 tasks: 9 became services, 3 kept, 1 renamed, 0 left to do." in ansible.said.out
    assert len(set(data["services"]) - {"defaults"}) == 20
    assert data["networks"]["shop"] == {"name": "shop"}
    project = resolve(discover_services(ansible.out), inventory.load([]), root=ansible.out, environ={})
    assert len(build(project).steps) > 40
    assert {name for name, one in project.services.items() if one.one_shot} == {"migrate"}
