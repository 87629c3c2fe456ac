"""What Ansible has in YAML that others have not."""

from __future__ import annotations

from pathlib import Path

from phlo.inventory import load

HOSTS = """
all:
  vars:
    plain: !unsafe "{{ not a template }}"
    DB_PASSWORD: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      6231
  hosts:
    a:
"""


def test_unsafe_text_is_text_and_what_the_vault_has_is_not_set_and_told(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "a.yml").write_text("one: !vault x\ntwo: !vault y\n")
    found = load([tmp_path / "hosts.yaml"], root=tmp_path)
    assert {name: one.value for name, one in found.groups["all"].variables.items()} == {
        "plain": "{{ not a template }}",
        "DB_PASSWORD": None,
    }
    said = "what Ansible's vault encrypted is not read and counts as not set"
    assert found.unused == (f"hosts.yaml:5: {said} (1 value).", f"host_vars/a.yml:1: {said} (2 values).")
