from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo.discovery import ServicePlugin, discover_plugins

if TYPE_CHECKING:
    from tests.unit.discovery.conftest import Site

IMAGE = "image: registry.test/x:1\n"


def names(site: Site) -> list[str]:
    return [service.name for service in discover_plugins(path=site.path).services]


def test_a_package_is_read_without_being_imported(site: Site) -> None:
    site.add(
        "phlo-lake",
        {
            "__init__.py": "raise RuntimeError('imported')",
            "plugin.py": "raise RuntimeError('imported')",
            "service.yaml": "name: lake\n" + IMAGE,
        },
        entries={"lake": "phlo_lake.plugin:LakePlugin"},
    )
    scan = discover_plugins(path=site.path)
    (service,) = scan.services
    (plugin,) = scan
    assert (service.name, service.kind, service.package, service.package_version) == (
        "lake",
        "package",
        "phlo-lake",
        "1.2.0",
    )
    assert service.root == site.folder / "phlo_lake"
    assert (plugin.name, plugin.distribution, plugin.version) == ("lake", "phlo-lake", "1.2.0")
    assert (plugin.summary, plugin.problem) == ("All of phlo-lake", None)
    assert "phlo_lake" not in sys.modules


# Values of an entry point, all of which lead to phlo_lake/ or to the folder named.
PLACES = {
    "phlo_lake": "",
    "phlo_lake:LakePlugin": "",
    "phlo_lake.plugin:LakePlugin": "",
    "phlo_lake.plugins.lake:LakePlugin": "",
    "phlo_lake [extra]": "",
    "phlo_lake.roles.lake": "roles/lake",
    "phlo_lake.roles.lake.plugin:LakePlugin": "roles/lake",
}


@pytest.mark.parametrize(("value", "folder"), PLACES.items(), ids=PLACES)
def test_an_entry_point_leads_to_the_folder_of_its_service_yaml(site: Site, value: str, folder: str) -> None:
    root = site.add("phlo-lake", {str(Path(folder, "service.yaml")): "name: lake\n" + IMAGE}, entries={"lake": value})
    (service,) = discover_plugins(path=site.path).services
    assert service.root == root / folder


def test_one_package_may_ship_several_services(site: Site) -> None:
    files = {
        "service.yaml": "name: lake\n" + IMAGE,
        "exporter_service.yaml": "name: lake-exporter\n" + IMAGE,
        "ui-service.yml": "name: lake-ui\n" + IMAGE,
        "lake-setup.yaml": "name: lake-setup\n" + IMAGE,
        "worker.yaml": "name: lake-worker\ncompose:\n  image: x\n",
        "config.yaml": "name: not a service\n",
        "dashboards.yaml": "{{ not yaml }} - [",
        "catalog/service.yaml": "name: deeper\n" + IMAGE,
    }
    site.add("phlo-lake", files)
    assert names(site) == ["lake", "lake-exporter", "lake-setup", "lake-ui", "lake-worker"]


def test_several_entry_points_of_one_folder_give_each_service_once(site: Site) -> None:
    site.add(
        "phlo-lake",
        {"service.yaml": "name: lake\n" + IMAGE, "lake-setup.yaml": "name: lake-setup\n" + IMAGE},
        entries={"lake": "phlo_lake.plugin:Lake", "lake-setup": "phlo_lake.plugin:LakeSetup"},
    )
    scan = discover_plugins(path=site.path)
    assert [service.name for service in scan.services] == ["lake", "lake-setup"]
    assert [plugin.name for plugin in scan] == ["lake", "lake-setup"]
    assert scan.problems == ()


# Files of a broken package, entry points (None: the package), and what its problem says.
BROKEN: dict[str, tuple[dict[str, str], dict[str, str] | None, str]] = {
    "not YAML": (
        {"service.yaml": "name: broken\nimage: [x\n"},
        None,
        (
            "phlo_broken/service.yaml:3: is not valid YAML: did not find expected ',' or ']'. "
            "Look at the indentation, brackets and quotes of this line and the one before it."
        ),
    ),
    "a key twice": (
        {"service.yaml": "name: broken\nname: b\n"},
        None,
        "phlo_broken/service.yaml:2 name: this key stands twice. Keep one of the two.",
    ),
    "a wrong value": (
        {"service.yaml": "name: broken\nimage: x\ncore: 1\n"},
        None,
        "phlo_broken/service.yaml:3 core: should be true or false, got 1. Write true or false, without quotes.",
    ),
    "one of two files": (
        {"service.yaml": "name: broken\nimage: x\n", "broken-setup.yaml": "name: broken-setup\n"},
        None,
        (
            "phlo_broken/broken-setup.yaml:1: has neither an image nor a build. "
            "Add image: REPOSITORY:TAG, or an image/Dockerfile."
        ),
    ),
    "no service.yaml": (
        {},
        None,
        (
            'phlo-broken entry point phlo_broken: the package "phlo_broken" has no service.yaml. '
            "Add one to phlo_broken/, and see that the built wheel includes it."
        ),
    ),
    "no such package": (
        {},
        {"broken": "elsewhere:Plugin"},
        'phlo-broken entry point broken: there is no folder of the package "elsewhere". Install phlo-broken again.',
    ),
    "a name twice": (
        {"service.yaml": "name: broken\nimage: x\n", "b_service.yaml": "name: broken\nimage: x\n"},
        None,
        (
            'phlo_broken/b_service.yaml:1 name: a second file of this role describes the service "broken". '
            "Give each its own name."
        ),
    ),
    "another's name": (
        {"service.yaml": "name: alpha\nimage: x\n"},
        None,
        (
            'phlo_broken/service.yaml:1 name: the service "alpha" is already given by phlo-alpha. '
            "Uninstall phlo-broken or phlo-alpha."
        ),
    ),
    "two folders, one name": (
        {"a/service.yaml": "name: broken\nimage: x\n", "b/service.yaml": "name: broken\nimage: x\n"},
        {"a": "phlo_broken.a", "b": "phlo_broken.b"},
        'b/service.yaml:1 name: the service "broken" is already given by another entry point. Rename one of the two.',
    ),
}


@pytest.mark.parametrize(("files", "entries", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_package_is_reported_and_the_rest_works(
    site: Site, files: dict[str, str], entries: dict[str, str] | None, error: str
) -> None:
    site.add_service("alpha")
    site.add_service("omega")
    site.add("phlo-broken", files, entries=entries)
    scan = discover_plugins(path=site.path)
    assert [service.name for service in scan.services] == ["alpha", "omega"]
    (problem,) = scan.problems
    assert (problem.package, str(problem.error)) == ("phlo-broken", error)
    assert {plugin.problem for plugin in scan if plugin.distribution == "phlo-broken"} == {error}
    assert {plugin.problem for plugin in scan if plugin.distribution != "phlo-broken"} == {None}


def test_a_broken_package_tells_all_its_errors_and_missing_services(site: Site) -> None:
    site.add("phlo-lake", {"service.yaml": "name: lake\n", "a_service.yaml": "name: lake-a\nimage: x\ncore: 1\n"})
    (problem,) = discover_plugins(path=site.path).problems
    assert [error.where for error in problem.error.each()] == [
        "phlo_lake/service.yaml:1",
        "phlo_lake/a_service.yaml:3 core",
    ]
    assert sorted(problem.services) == ["lake", "lake-a"]


def test_plug_ins_of_other_groups_are_listed(site: Site) -> None:
    site.add_service("lake")
    site.add("phlo-ops", {}, group="phlo.operations", entries={"bucket": "phlo_ops.bucket"})
    site.add("other-tool", {}, group="console_scripts", entries={"tool": "other_tool:main"})

    def groups(group: str | None) -> list[tuple[str, str]]:
        return [(plugin.group, plugin.name) for plugin in discover_plugins(group, path=site.path)]

    assert groups(None) == [("phlo.operations", "bucket"), ("phlo.plugins.services", "phlo_lake")]
    assert groups("phlo.operations") == [("phlo.operations", "bucket")]


def test_what_was_read_is_watched(site: Site) -> None:
    root = site.add_service("lake")
    inputs = discover_plugins(path=site.path).inputs
    assert {site.folder, root, root / "service.yaml", root / "tasks", root / "image"} <= set(inputs)


def test_a_plugin_class_gives_the_services_beside_its_module(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from phlo.discovery import ServicePlugin\nclass LakePlugin(ServicePlugin):\n    name = 'lake'\n"
    root = site.add("phlo-lakeclass", {"plugin.py": source, "service.yaml": "name: lake\n" + IMAGE})
    monkeypatch.syspath_prepend(str(site.folder))
    from phlo_lakeclass.plugin import LakePlugin

    assert issubclass(LakePlugin, ServicePlugin)
    assert LakePlugin.role_folder() == Path(root).resolve()
    assert [service.name for service in LakePlugin.services()] == ["lake"]
