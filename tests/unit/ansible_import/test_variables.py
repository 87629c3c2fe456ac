"""Variables of a playbook in phlo.yaml."""

from __future__ import annotations

from tests.unit.ansible_import.conftest import CONTAINER, Ansible
from tests.unit.vault.test_vault import DEFAULT, ENCRYPTED

TOKEN = "velvet-comet-31"


def test_a_name_stays_a_variable_and_its_value_goes_into_env(ansible: Ansible) -> None:
    data = ansible.tasks(
        f"{CONTAINER}: {{name: 'web-{{{{ stage }}}}', image: '{{{{ image }}}}', command: 'run {{{{ n }}}} $HOME'}}",
        variables="{image: 'web:{{ version }}', version: '1.0', n: 3, stage: test}",
    )
    assert data["env"] == {"image": "web:${version}", "version": "1.0", "n": "3", "stage": "test"}
    assert data["services"]["web-test"] == {"type": "inline", "image": "${image}", "command": "run ${n} $$HOME"}


def test_an_expression_is_written_as_its_value(ansible: Ansible) -> None:
    assert ansible.service("command: '{{ [1, 2] | join(\"-\") }} {{ x | default(\"d\") }}', user: '{{ omit }}'") == {
        "command": "1-2 d"
    }
    assert ansible.service("env: '{{ e }}', privileged: '{{ p }}'", variables="{e: {A: '{{ a }}'}, a: 1, p: true}") == {
        "environment": {"A": "${a}"},
        "privileged": True,
    }


def test_a_loop_is_a_service_for_each_item(ansible: Ansible) -> None:
    task = f"{CONTAINER}: {{name: '{{{{ one.n }}}}', image: '{{{{ one.i }}}}'}}"
    data = ansible.tasks(
        f"{{{task}, loop: '{{{{ them }}}}', loop_control: {{loop_var: one}}}}",
        variables="{them: [{n: a, i: x}, {n: b, i: y}]}",
    )
    assert {name: one["image"] for name, one in data["services"].items() if name != "defaults"} == {"a": "x", "b": "y"}
    assert "up:\n" in ansible.text("site.yml")
    task = f"{CONTAINER}: {{name: '{{{{ item.key }}}}', image: '{{{{ item.value }}}}'}}"
    data = ansible.tasks(f"{{{task}, with_dict: {{c: x, d: y}}}}")
    assert {name: one["image"] for name, one in data["services"].items() if name != "defaults"} == {"c": "x", "d": "y"}


def test_what_is_known_only_when_it_runs_is_listed_and_left_to_do(ansible: Ansible) -> None:
    data = ansible.tasks(
        f"{CONTAINER}: {{name: web, image: web, hostname: '{{{{ ansible_facts.hostname }}}}'}}",
        f"{{{CONTAINER}: {{name: '{{{{ item }}}}', image: web}}, loop: '{{{{ found.stdout_lines }}}}'}}",
        f"{{{CONTAINER}: {{name: b, image: web}}, when: found.changed}}",
    )
    assert {*data["services"]} - {"defaults"} == {"web", "b"}
    assert "hostname" not in data["services"]["web"]
    err = ansible.said.err
    assert f"site.yml:4 [0].tasks[0].{CONTAINER}.hostname: " in err
    assert "site.yml:5 [0].tasks[1]: loops over what is known only when it runs" in err
    assert "site.yml:6 [0].tasks[2].when: `when: found.changed` is left out" in err
    assert "1 left to do" in ansible.said.out


def test_a_condition_that_does_not_hold_disables_the_service(ansible: Ansible) -> None:
    data = ansible.tasks(f"{{{CONTAINER}: {{name: web, image: web}}, when: is_on}}", variables="{is_on: false}")
    assert data["services"]["web"]["enabled"] is False
    assert "does not hold here; the service is disabled" in ansible.said.err


def test_a_variable_without_a_value_is_listed_and_reported(ansible: Ansible) -> None:
    assert ansible.service("command: '{{ whose }}'") == {"command": "${whose}"}
    assert f"site.yml:4 [0].tasks[0].{CONTAINER}.command: whose has no value here" in ansible.said.err


def test_the_inventory_keeps_its_variables_and_places_services(ansible: Ansible) -> None:
    ansible.write("hosts.ini", "[web]\na\nb\n[db]\nc\n[all:vars]\ntag=7\nwhole='{{ tag }}-x'\nlist=['p']\n")
    ansible.write(
        "site.yml",
        """
        - hosts: web:c
          tasks:
            - docker_container: {name: w, image: "w:{{ tag }}", hostname: "{{ whole }}", dns: "{{ list }}"}
        - hosts: all
          tasks:
            - docker_container: {name: e, image: e}
        """,
    )
    data = ansible.data("-i", "hosts.ini")
    assert "env" not in data
    assert data["inventory"] == ["../ansible/hosts.ini"]
    assert data["services"]["w"]["hosts"] == ["web", "c"]
    assert data["services"]["w"]["image"] == "w:${tag}"
    assert data["services"]["w"]["hostname"] == "${tag}-x"
    assert data["services"]["e"]["hosts"] == ["all"]
    ansible.data()
    assert "`hosts: web:c` of the play: import again with `-i INVENTORY`" in ansible.said.err


def test_an_encrypted_value_is_not_written(ansible: Ansible) -> None:
    (ansible.root / "pass").write_text(f"{DEFAULT}\n")
    ansible.write("group_vars/all.yml", (ENCRYPTED / "inline.yml").read_text())
    ansible.write("hosts.ini", "a\n")
    ansible.write(
        "site.yml",
        """
        - hosts: all
          tasks:
            - docker_container:
                name: w
                image: w
                env: {A: "{{ api_token }}", B: "x{{ api_token }}", C: "{{ api_token | upper }}"}
        """,
    )
    data = ansible.data("-i", "hosts.ini", "--vault-password-file", "pass")
    assert data["services"]["w"]["environment"] == {"A": "${api_token}", "B": "x${api_token}"}
    said = ansible.said.err + ansible.said.out + ansible.text("phlo.yaml")
    assert TOKEN not in said
    assert TOKEN.upper() not in said
    assert "env.C: is made of an encrypted value" in said
