"""The files of an imported playbook: its tasks without those that became services."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from phlo.ansible_import.rewrite import rewritten
from phlo.playbook.source import SourceFile
from tests.unit.ansible_import.conftest import CONTAINER, Ansible

ROLE = f"""
---
# The database.
- name: image
  docker_image: {{name: pg, source: pull}}

- name: config   # on the host
  template: {{src: pg.conf.j2, dest: /etc/pg.conf}}
  notify: restart db

# The container.
- name: database
  {CONTAINER}:
    name: db
    image: pg
  register: made
  tags: [db]
- name: ask
  community.docker.docker_container_exec: {{container: db, command: psql, env: {{A: b}}, tty: true}}
- community.docker.docker_container_copy_into: {{container: other, path: a, container_path: /a}}
- docker_login: {{username: x}}
- some.thing.module: {{}}
"""


@pytest.fixture
def role(ansible: Ansible) -> Ansible:
    ansible.write("site.yml", "- hosts: all\n  roles: [db]\n")
    ansible.write("roles/db/tasks/main.yml", ROLE)
    ansible.write("roles/db/handlers/main.yml", "- name: restart db\n  docker_container: {name: db, restart: true}\n")
    ansible.write("roles/db/templates/pg.conf.j2", "x={{ y }}\n")
    ansible.write("roles/db/.git/config", "x")
    return ansible


def test_other_tasks_stay_as_they_are_written_and_up_takes_the_containers_place(role: Ansible) -> None:
    role.data()
    assert role.text("roles/db/tasks/main.yml") == (
        """---
# The database.

- name: config   # on the host
  template: {src: pg.conf.j2, dest: /etc/pg.conf}
  notify: restart db

# The container.
- name: database
  tags:
    - db
  up:
    services:
      - db
- name: ask
  exec:
    service: db
    command: psql
    environment:
      A: b
- copy:
    src: a
    dest: /a
    container: other
- docker_login: {username: x}
- some.thing.module: {}
"""
    )
    assert yaml.safe_load(role.text("roles/db/handlers/main.yml")) == [
        {"name": "restart db", "power": {"service": "db", "state": "restarted"}}
    ]
    assert role.text("roles/db/templates/pg.conf.j2") == "x={{ y }}\n"
    assert not (role.out / "roles/db/.git").exists()


def test_what_is_left_to_do_is_counted_and_says_what_to_write(role: Ansible) -> None:
    said = role.run()
    assert "8 tasks: 3 became services, 1 kept, 2 renamed, 2 left to do." in said.err
    assert '"docker_login" is left to do. Write the registry and its login under `registries:`' in said.err
    assert '"module" is left to do. Write an operation of phlo' in said.err
    assert "Nothing was written" in said.err
    assert said.out.startswith("# Imported from site.yml")
    assert not (role.root / "phlo.yaml").exists()


def test_what_phlo_refuses_of_the_written_files_is_reported(role: Ansible) -> None:
    role.data()
    assert "✗ roles/db/tasks/main.yml:25 [4].docker_login: " in role.said.err
    assert "Next: fix what is marked ✗." in role.said.out


def test_a_file_that_is_there_is_not_overwritten(role: Ansible) -> None:
    role.data()
    again = role.run("-o", str(role.out))
    assert (again.code, "0 of 5 files written" in again.out) == (0, True)
    (role.out / "site.yml").write_text("mine\n")
    refused = role.run("-o", str(role.out))
    assert refused.code == 3
    assert "Add --force to overwrite it" in refused.err
    assert role.text("site.yml") == "mine\n"


def test_every_way_into_tasks_is_followed(ansible: Ansible) -> None:
    def container(name: str) -> str:
        return f"- docker_container: {{name: {name}, image: x}}\n"

    ansible.write(
        "site.yml",
        """
        - import_playbook: other.yml
        - hosts: all
          vars_files: [more.yml]
          pre_tasks:
            - block: [{docker_container: {name: in-block, image: x}}]
              rescue: [{docker_container: {name: in-rescue, image: x}}]
          tasks:
            - import_tasks: more-tasks.yml
            - ansible.builtin.include_role: {name: included, tasks_from: special}
            - include_tasks: "{{ which }}.yml"
            - docker_container: {name: "{{ from_file }}", image: x}
          roles: [{role: needing}, gone.from.here]
        """,
    )
    ansible.write("more.yml", "from_file: of-vars-file\n")
    ansible.write("other.yml", "- hosts: all\n  post_tasks:\n    " + container("of-other-playbook"))
    ansible.write("more-tasks.yml", container("of-file"))
    ansible.write("roles/needing/meta/main.yml", "dependencies: [needed]\n")
    ansible.write("roles/needed/tasks/main.yml", container("of-needed"))
    ansible.write("roles/included/tasks/special.yml", container("of-included"))
    data = ansible.data()
    assert {*data["services"]} - {"defaults"} == {
        *("in-block", "in-rescue", "of-other-playbook", "of-file", "of-needed", "of-included", "of-vars-file")
    }
    assert (
        "site.yml:10 [1].tasks[2]: includes {{ which }}.yml, whose name is known only when it runs" in ansible.said.err
    )
    assert 'site.yml:12 [1].roles[1]: there is no role "gone.from.here"' in ansible.said.err
    assert (ansible.out / "more.yml").exists()
    assert "site.yml:5 [1].pre_tasks[0].block[0]: shares its line with something else" in ansible.said.err


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        ("- a: 1\n- b: 2\n", (0,), "- x: 1\n- b: 2\n"),
        (
            "t:\n  - a: |\n      # text\n      more\n\n  # of b\n  - b: 2\n",
            ("t", 0),
            "t:\n  - x: 1\n\n  # of b\n  - b: 2\n",
        ),
        ("t:\n  - a: 1\n    # of a\nend: 1", ("t", 0), "t:\n  - x: 1\nend: 1"),
        ("t: [{a: 1}, {b: 2}]\n", ("t", 0), None),
        ("-\n  a: 1\n", (0,), None),
        ("- block: [{a: 1}]\n", (0, "block", 0), None),
    ],
)
def test_a_task_is_replaced_with_its_lines(text: str, keys: tuple[str | int, ...], expected: str | None) -> None:
    source = SourceFile(text, label="x.yml", folder=Path())
    wanted = (text, [keys]) if expected is None else (expected, [])
    assert rewritten(source, {keys: [{"x": 1}]}) == wanted
