from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo.discovery import ServiceDiscovery, discover_services
from phlo.errors import ConfigError, PlanError

if TYPE_CHECKING:
    from tests.unit.discovery.conftest import Site


@pytest.fixture
def builtin(tmp_path: Path) -> Path:
    folder = tmp_path / "builtin"
    folder.mkdir()
    return folder


def add_role(roles: Path, name: str, text: str = "") -> Path:
    folder = roles / name
    folder.mkdir(parents=True)
    (folder / "service.yaml").write_text(f"name: {name}\nimage: registry.test/{name}:1\n{text}")
    return folder


def test_service_discovery_plugins_only(site: Site, tmp_path: Path, builtin: Path) -> None:
    project = tmp_path / "project"
    site.add_service("from-package")
    add_role(project / "roles", "from-project")
    add_role(builtin, "from-phlo")
    add_role(project, "stray")
    add_role(project / "services", "stray-too")
    add_role(project / "roles" / "from-project", "stray-inside")
    add_role(site.folder, "stray_package")
    (project / "roles" / "tasks-only" / "tasks").mkdir(parents=True)

    catalog = discover_services(project, path=site.path, builtin_roles=builtin)

    kinds = {name: service.kind for name, service in catalog.services.items()}
    assert kinds == {"from-package": "package", "from-phlo": "builtin", "from-project": "project"}
    assert list(kinds) == sorted(kinds)
    assert catalog.problems == ()


def test_the_projects_role_wins_over_a_package_and_a_package_over_a_builtin_role(
    site: Site, tmp_path: Path, builtin: Path
) -> None:
    for name in ("one", "two"):
        site.add_service(name)
    for name in ("one", "two", "three"):
        add_role(builtin, name)
    add_role(tmp_path / "roles", "one")
    catalog = discover_services(tmp_path, path=site.path, builtin_roles=builtin)
    assert [service.kind for service in catalog.services.values()] == ["project", "builtin", "package"]


def test_a_broken_role_is_not_replaced_by_what_it_was_meant_to_replace(
    site: Site, tmp_path: Path, builtin: Path
) -> None:
    site.add_service("lake")
    site.add_service("other")
    add_role(tmp_path / "roles", "lake", "core: 1\n")
    catalog = discover_services(tmp_path, path=site.path, builtin_roles=builtin)
    assert list(catalog.services) == ["other"]
    with pytest.raises(ConfigError) as caught:
        catalog.lookup("lake")
    assert [str(error) for error in caught.value.each()] == [
        'the service "lake" cannot be used, for roles/lake is broken. Repair it, or install another version.',
        "roles/lake/service.yaml:3 core: should be true or false, got 1. Write true or false, without quotes.",
    ]


def test_an_unknown_service_suggests_the_nearest(site: Site, builtin: Path) -> None:
    site.add_service("postgres")
    catalog = discover_services(path=site.path, builtin_roles=builtin)
    assert catalog.lookup("postgres").name == "postgres"
    with pytest.raises(ConfigError, match=r'no service "postgers"\. Did you mean "postgres"\?'):
        catalog.lookup("postgers")


def test_with_nothing_installed_the_error_says_what_to_do(site: Site, builtin: Path) -> None:
    with pytest.raises(ConfigError, match="Install a service package"):
        discover_services(path=site.path, builtin_roles=builtin).lookup("postgres")


def test_a_roles_folder_is_watched_before_it_exists(site: Site, tmp_path: Path, builtin: Path) -> None:
    catalog = discover_services(tmp_path, path=site.path, builtin_roles=builtin)
    assert {tmp_path / "roles", builtin, site.folder} <= set(catalog.inputs)


def test_phlos_own_roles_are_usable() -> None:
    assert [problem for problem in discover_services(path=[]).problems if problem.package.startswith("roles/")] == []


@pytest.fixture
def discovery(site: Site, tmp_path: Path, builtin: Path) -> ServiceDiscovery:
    roles = tmp_path / "roles"
    add_role(roles, "db", "default: true\n")
    add_role(roles, "store", "default: true\n")
    add_role(roles, "store-setup", "depends_on: [store]\n")
    add_role(roles, "api", "depends_on: {db: {condition: service_healthy}, store-setup: , cache: {required: false}}\n")
    add_role(roles, "metrics", "profile: observability\ndefault: true\n")
    add_role(roles, "logs", "profile: observability\n")
    add_role(roles, "proxy", "profile: edge\n")
    return ServiceDiscovery(tmp_path, path=site.path, builtin_roles=builtin)


def test_default_services_are_those_that_say_so_and_are_not_disabled(discovery: ServiceDiscovery) -> None:
    assert [service.name for service in discovery.get_default_services()] == ["db", "store"]
    assert [service.name for service in discovery.get_default_services(disabled_services=["db"])] == ["store"]


def test_profiles_are_listed_with_their_services(discovery: ServiceDiscovery) -> None:
    assert discovery.get_available_profiles() == ["edge", "observability"]
    assert [item.name for item in discovery.get_services_by_profile("observability")] == ["logs", "metrics"]


def test_one_service_or_all_are_given_by_name(discovery: ServiceDiscovery) -> None:
    assert discovery.get_service("db") is discovery.get_all()["db"]
    assert list(discovery.get_all()) == ["api", "db", "logs", "metrics", "proxy", "store", "store-setup"]


def test_dependencies_come_before_what_needs_them(discovery: ServiceDiscovery) -> None:
    order = [service.name for service in discovery.resolve_dependencies(["api"])]
    assert sorted(order) == ["api", "db", "store", "store-setup"]
    assert order.index("store") < order.index("store-setup") < order.index("api")
    assert order.index("db") < order.index("api")


def test_a_circle_of_dependencies_is_shown(site: Site, tmp_path: Path, builtin: Path) -> None:
    for name, needs in {"a": "b", "b": "c", "c": "b"}.items():
        add_role(tmp_path / "roles", name, f"depends_on: [{needs}]\n")
    discovery = ServiceDiscovery(tmp_path, path=site.path, builtin_roles=builtin)
    with pytest.raises(PlanError, match=r"in a circle: (b -> c -> b|c -> b -> c)"):
        discovery.resolve_dependencies(["a"])


def test_a_dependency_that_does_not_exist_is_named_with_its_line(site: Site, tmp_path: Path, builtin: Path) -> None:
    add_role(tmp_path / "roles", "api", "depends_on:\n  bd: {condition: service_healthy}\n")
    add_role(tmp_path / "roles", "bdb")
    discovery = ServiceDiscovery(tmp_path, path=site.path, builtin_roles=builtin)
    expected = (
        r'roles/api/service.yaml:4 depends_on\.bd: "api" depends on "bd", which does not exist\. Did you mean "bdb"'
    )
    with pytest.raises(ConfigError, match=expected):
        discovery.resolve_dependencies(["api"])
