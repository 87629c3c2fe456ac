"""Several inventories, folders of them, and the variables beside them: what wins is what wins in Ansible."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from phlo import inventory
from phlo.errors import InventoryError
from phlo.inventory import Inventory

HOSTS = """
all:
  vars: {x: inventory all}
  children:
    zone:
      vars: {x: inventory zone}
      children:
        storage:
          vars: {x: inventory storage}
          hosts: {data-1: {x: inventory host}, data-2: }
"""


class Site:
    """A folder of inventories, and a project's folder beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.root.mkdir()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path

    def load(self, *names: str) -> Inventory:
        return inventory.load([self.folder / name for name in names], root=self.root)

    def error(self, *names: str) -> str:
        with pytest.raises(InventoryError) as caught:
            self.load(*names)
        return str(caught.value).replace(f"{self.folder}/", "")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def value(found: Inventory, host: str, name: str) -> object:
    """What a variable is on a host in the end."""
    layers = [*found.group_layers(host), found.hosts[host].variables]
    return [layer[name].value for layer in layers if name in layer][-1]


# Ansible's "Understanding variable precedence", 3 to 10: each beats all before it.
PRECEDENCE = (
    "group_vars/all.yml",
    "project/group_vars/all.yml",
    "group_vars/zone.yml",
    "group_vars/storage.yml",
    "project/group_vars/zone.yml",
    "project/group_vars/storage.yml",
    "host_vars/data-2.yml",
    "project/host_vars/data-2.yml",
)


@pytest.mark.parametrize("count", range(len(PRECEDENCE) + 1))
def test_of_variables_in_many_places_the_one_wins_that_wins_in_ansible(site: Site, count: int) -> None:
    site.write("hosts.yaml", HOSTS)
    for path in PRECEDENCE[:count]:
        site.write(path, f"x: {path}\n")
    found = site.load("hosts.yaml")
    assert value(found, "data-2", "x") == (PRECEDENCE[count - 1] if count else "inventory storage")


def test_a_hosts_own_variable_in_the_inventory_beats_all_of_its_groups(site: Site) -> None:
    site.write("hosts.yaml", HOSTS)
    site.write("project/group_vars/storage.yml", "x: group\n")
    assert value(site.load("hosts.yaml"), "data-1", "x") == "inventory host"


def test_a_group_of_higher_priority_beats_one_of_its_depth(site: Site) -> None:
    site.write(
        "hosts.yaml",
        "a: {hosts: {h: }, vars: {x: a, ansible_group_priority: 10}}\nb: {hosts: {h: }, vars: {x: b}}\n",
    )
    assert value(site.load("hosts.yaml"), "h", "x") == "a"


def test_variables_say_where_they_stand(site: Site) -> None:
    site.write("hosts.yaml", HOSTS)
    site.write("project/host_vars/data-1.yaml", "\ncolor: blue\n")
    source = site.load("hosts.yaml").hosts["data-1"].variables["color"].source
    assert (str(source), source.layer) == ("host_vars/data-1.yaml:2", "host vars")


def test_files_of_variables_say_how_a_host_is_reached(site: Site) -> None:
    site.write("hosts.yaml", HOSTS)
    site.write("group_vars/all.yaml", "ansible_user: ops\n")
    site.write("host_vars/data-1.yaml", "ansible_host: 10.0.0.1\n")
    host = site.load("hosts.yaml").hosts["data-1"]
    assert (host.docker_host, host.address) == ("ssh://ops@10.0.0.1", "10.0.0.1")


def test_a_folder_of_variables_is_read_file_by_file(site: Site) -> None:
    site.write("hosts.yaml", HOSTS)
    site.write("group_vars/storage/10-disk.yml", "disk: 1\nraid: 0\n")
    site.write("group_vars/storage/more/20.yaml", "disk: 2\n")
    site.write("group_vars/storage/old.yml.bak", "disk: 3\n")
    site.write("group_vars/storage/.hidden.yml", "disk: 4\n")
    site.write("group_vars/storage.yml", "disk: 5\n")
    found = site.load("hosts.yaml")
    assert (value(found, "data-1", "disk"), value(found, "data-1", "raid")) == (2, 0)


def test_a_host_with_dots_in_its_name_has_its_file(site: Site) -> None:
    site.write("hosts.yaml", "all: {hosts: {db.example.org: }}\n")
    site.write("host_vars/db.example.org", "x: 1\n")
    assert value(site.load("hosts.yaml"), "db.example.org", "x") == 1
    site.write("host_vars/db.example.org.yml", "x: 2\n")  # the one without an ending comes first
    assert value(site.load("hosts.yaml"), "db.example.org", "x") == 1


def test_a_file_for_a_group_that_is_not_there_is_told(site: Site) -> None:
    site.write("hosts.yaml", HOSTS)
    site.write("project/group_vars/storag.yml", "x: 1\n")
    assert site.load("hosts.yaml").unused == ('group_vars/storag.yml: there is no group "storag".',)


def test_the_projects_variables_count_without_an_inventory_as_well(site: Site) -> None:
    site.write("project/group_vars/all.yml", "x: 1\n")
    site.write("project/host_vars/local.yml", "y: 2\n")
    found = site.load()
    assert (value(found, "local", "x"), value(found, "local", "y")) == (1, 2)
    assert found.hosts["local"].docker_host is None


def test_a_folder_is_an_inventory_of_all_its_files_in_order(site: Site) -> None:
    site.write("production/10-hosts.yaml", "all: {hosts: {a: {x: 1, y: 1}}}\n")
    site.write("production/20-more.yml", "all: {hosts: {a: {y: 2}, b: }}\n")
    site.write("production/30-more.json", '{"all": {"hosts": {"c": null}}}')
    site.write("production/eu/hosts", "all: {hosts: {d: }}\n")
    site.write("production/10-hosts.yaml.bak", "all: {hosts: {wrong: }}\n")
    site.write("production/10-hosts.yaml~", "all: {hosts: {wrong: }}\n")
    site.write("production/README.md", "# Hosts\n")
    site.write("production/.git/config", "[core]\n")
    site.write("production/group_vars/all.yml", "z: 3\n")
    found = site.load("production")
    assert list(found.hosts) == ["a", "b", "c", "d"]
    assert [value(found, "a", name) for name in "xyz"] == [1, 2, 3]


def test_of_several_inventories_the_later_one_wins_with_its_variables(site: Site) -> None:
    site.write("base/hosts.yaml", "storage: {hosts: {a: {x: base}}, vars: {y: base}}\n")
    site.write("base/group_vars/storage.yml", "z: base\n")
    site.write("over/hosts.yaml", "storage: {hosts: {a: {x: over}, b: }, vars: {y: over}}\n")
    site.write("over/group_vars/storage.yml", "z: over\n")
    found = site.load("base", "over/hosts.yaml")
    assert (list(found.hosts), [value(found, "a", name) for name in "xyz"]) == (["a", "b"], ["over"] * 3)
    again = site.load("over/hosts.yaml", "base")
    assert (list(again.hosts), [value(again, "a", name) for name in "xyz"]) == (["a", "b"], ["base"] * 3)


def test_groups_may_say_which_services_they_have(site: Site) -> None:
    site.write("hosts.yaml", "storage: {hosts: {a: }, services: [db]}\nweb: {hosts: {b: }, services: [app, db]}\n")
    found = site.load("hosts.yaml")
    assert (found.placed("db"), found.placed("app"), found.placed("other")) == (("a", "b"), ("b",), ())


def test_every_place_that_counts_or_would_count_is_known(site: Site) -> None:
    site.write("hosts.yaml", HOSTS)
    site.write("group_vars/storage/a.yml", "x: 1\n")
    names = {str(path.relative_to(site.folder)) for path in site.load("hosts.yaml").inputs}
    assert names == {
        *("hosts.yaml", "group_vars", "group_vars/storage", "group_vars/storage/a.yml", "host_vars"),
        *("project/group_vars", "project/host_vars"),
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("hosts.yaml", "data-1\ndata-2\n", "hosts.yaml:1: should be a mapping. Write groups with their hosts"),
        ("hosts", "- data-1\n- data-2\n", "hosts:1: should be a mapping. Write groups with their hosts"),
        ("hosts.yaml", "plugin: amazon\n", 'hosts.yaml:1: is for Ansible\'s inventory plug-in "amazon"'),
        ("hosts.yaml", "a: {hosts: {h: }, services: db}\n", "hosts.yaml:1 a.services: should be a list of services"),
        ("hosts", "#!/bin/sh\n", "hosts: is a program, and may not be executed. chmod +x"),
        ("none.yaml", "", "none.yaml: has no host"),
        (
            "hosts.yaml",
            "a: {hosts: {h: }, vars: {ansible_group_priority: high}}\n",
            'hosts.yaml:1: ansible_group_priority of "a" is not a number',
        ),
    ],
)
def test_what_is_no_inventory_is_told_with_what_to_do(site: Site, name: str, text: str, message: str) -> None:
    site.write(name, text)
    assert site.error(name).startswith(message)


def test_an_inventory_that_is_not_there_is_told(site: Site) -> None:
    assert site.error("gone.yaml").startswith("gone.yaml: there is no such file. Check the name")
    site.write("production.yaml", "all: {hosts: {a: {}}}")
    assert site.error("prodution.yaml") == 'prodution.yaml: there is no such file. Did you mean "production.yaml"?'


def test_a_file_of_variables_that_is_no_mapping_is_told(site: Site) -> None:
    site.write("hosts.yaml", HOSTS)
    site.write("group_vars/all.yml", "- x\n")
    assert site.error("hosts.yaml").startswith("group_vars/all.yml:1: should be a mapping")
