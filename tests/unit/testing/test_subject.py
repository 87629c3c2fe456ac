from __future__ import annotations

from pathlib import Path

import pytest

from phlo.errors import ConfigError
from phlo.scaffold.package import create_package
from phlo.testing.subject import find_subject

ROLE = "name: {name}\nimage: x:1\n"


def role(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "service.yaml").write_text(ROLE.format(name=name))
    return folder


@pytest.mark.parametrize("inside", ["", "src/phlo_thing"])
def test_a_packages_folder_and_the_roles_inside_it_are_the_same(inside: str, tmp_path: Path) -> None:
    package = create_package("thing", "service", tmp_path)
    found = find_subject(f"phlo-thing/{inside}", cwd=tmp_path, project_root=None)
    assert (found.name, found.folder) == ("thing", package / "src" / "phlo_thing")
    assert found.roles == {"thing": found.folder}
    assert "thing" in found.catalog.services


def test_a_package_of_operations_has_no_service_and_its_own_tests(tmp_path: Path) -> None:
    package = create_package("thing", "operation", tmp_path)
    found = find_subject(str(package), cwd=tmp_path, project_root=None)
    assert (found.services, found.tests) == ((), package / "src" / "phlo_thing" / "tests")


def test_a_role_of_the_project_comes_with_the_projects_other_roles(tmp_path: Path) -> None:
    for name in ("one", "two"):
        role(tmp_path / "roles" / name, name)
    by_name = find_subject("one", cwd=tmp_path / "roles", project_root=tmp_path)
    by_folder = find_subject("roles/one", cwd=tmp_path, project_root=tmp_path)
    assert by_name.roles == by_folder.roles == {name: tmp_path / "roles" / name for name in ("one", "two")}


def test_an_installed_role_is_found_by_its_name_and_by_its_packages(tmp_path: Path) -> None:
    by_name = find_subject("phlo-api", cwd=tmp_path, project_root=None)
    assert by_name.services[0].package == "phlo-api"
    assert {service.name for service in by_name.services} == {"phlo-api", "phlo-api-engine"}
    assert by_name.roles == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("./gone", "there is no folder ./gone"),
        ("empty", "neither a service.yaml nor an entry point of phlo.operations"),
        ("phlo-apo", 'there is no role "phlo-apo". Did you mean "phlo-api"?'),
    ],
)
def test_what_is_no_role_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError) as caught:
        find_subject(text, cwd=tmp_path, project_root=None)
    assert message in str(caught.value)
