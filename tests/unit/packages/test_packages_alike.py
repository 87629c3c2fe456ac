"""All service packages are alike: the same files, the same sections, the same care in the container."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import phlo
from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.role import read_role
from phlo.yaml_source import load_yaml
from tests.support.upstream_stubs import FACTS

ROOT = Path(phlo.__file__).parent.parent
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
SECTIONS = ("Variables", "Ports, volumes, files", "Image", "Upgrading", "Actions")
# What phlo does for a service that no other action of the role may be called.
NOT_ACTIONS = ("main",)
NOT_STARTED = "Tested with: an upstream contract stub"


def services_of(package: Path) -> list[ServiceDefinition]:
    return list(read_role(source_of(package), label=package.name, kind="package"))


def source_of(package: Path) -> Path:
    return package / "src" / package.name.replace("-", "_")


def readme_of(package: Path) -> str:
    return (package / "README.md").read_text()


def section_of(package: Path, title: str) -> str:
    """The text of a section of the README."""
    return readme_of(package).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


every_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
every_service = pytest.mark.parametrize(
    ("package", "service"),
    [pytest.param(path, service, id=service.name) for path in PACKAGES for service in services_of(path)],
)


@every_package
def test_the_distribution_is_named_for_its_folder_and_finds_its_services_by_entry_point(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]

    assert project["name"] == package.name
    assert re.fullmatch(r"\d+\.\d+\.\d+", project["version"])
    assert project["readme"] == "README.md"
    assert any(re.match(r"phlo\b(?!-)", needed) for needed in project["dependencies"])
    assert source_of(package).name in project["entry-points"]["phlo.plugins.services"].values()


@every_package
def test_it_has_the_files_of_a_package(package: Path) -> None:
    source = source_of(package)

    assert (source / "__init__.py").read_text().startswith('"""')
    assert (source / "service.yaml").is_file()
    assert (source / "tests" / "test_role.py").is_file()
    if NOT_STARTED not in readme_of(package):
        assert (source / "image" / "Dockerfile").is_file()


@every_package
def test_its_readme_has_the_sections_in_their_order(package: Path) -> None:
    text = readme_of(package)
    titles = [title.replace("volume,", "volumes,") for title in re.findall(r"(?m)^## (.+)$", text)]

    assert text.startswith(f"# {package.name}\n")
    assert [title for title in titles if title in SECTIONS] == list(SECTIONS)


@every_package
def test_its_readme_says_what_was_measured_or_that_nothing_could_be(package: Path) -> None:
    image = section_of(package, "Image")

    assert "| measured on two cores |" in image or NOT_STARTED in readme_of(package)


@every_package
def test_its_readme_explains_every_variable(package: Path) -> None:
    section = section_of(package, "Variables")
    names = {name for service in services_of(package) for name in service.env_vars}

    assert {name for name in names if f"`{name}`" not in section} == set()


@every_package
def test_it_has_actions_and_its_readme_names_every_one(package: Path) -> None:
    section, main = section_of(package, "Actions"), services_of(package)[0]
    files = {path.stem for path in (source_of(package) / "tasks").glob("*.yaml")} - set(NOT_ACTIONS)

    assert files
    assert {name for name in files if f"phlo run {main.name}.{name}" not in section} == set()


@every_package
def test_every_action_says_what_it_does(package: Path) -> None:
    for path in (source_of(package) / "tasks").glob("*.yaml"):
        if path.stem not in NOT_ACTIONS:
            action = load_yaml(path).data
            assert action["help"], path.name
            assert all(argument.get("help") for argument in action.get("arguments", {}).values()), path.name


@every_package
def test_it_has_its_place_in_the_documentation(package: Path) -> None:
    page = (ROOT / "docs" / "reference" / "services.md").read_text()

    assert f"\n## {package.name}\n" in page


@every_service
def test_it_says_what_it_is(package: Path, service: ServiceDefinition) -> None:
    assert service.description
    assert service.category != "other"
    assert service.version


@every_service
def test_its_image_is_pinned_or_built(package: Path, service: ServiceDefinition) -> None:
    _, _, tag = (service.image or "").rpartition("/")[2].partition(":")

    assert service.build is not None or tag
    assert tag != "latest"


@every_service
def test_no_image_is_pulled_instead_of_one_with_the_guard(package: Path, service: ServiceDefinition) -> None:
    assert service.build is None or not service.build.guard or service.image is None


@every_service
def test_no_secret_of_its_has_a_default_and_every_variable_a_description(
    package: Path, service: ServiceDefinition
) -> None:
    assert [name for name, variable in service.env_vars.items() if variable.secret and variable.default] == []
    assert [name for name, variable in service.env_vars.items() if not variable.description] == []


@every_service
def test_it_says_when_it_is_ready_and_how_long_it_may_take_to_stop(package: Path, service: ServiceDefinition) -> None:
    assert service.is_one_shot or service.healthcheck
    assert service.is_one_shot or service.compose["restart"] == "unless-stopped"
    assert service.compose["stop_grace_period"]


@every_service
def test_it_gets_no_more_than_it_needs(package: Path, service: ServiceDefinition) -> None:
    compose = service.compose

    assert "_MEMORY" in str(compose["mem_limit"])
    assert compose["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in compose["security_opt"]
    assert not compose.get("privileged")


@every_service
def test_its_ports_are_published_where_the_user_says_and_else_on_loopback(
    package: Path, service: ServiceDefinition
) -> None:
    ports = service.compose.get("ports", ())
    binds = [str(port.get("host_ip", "") if isinstance(port, dict) else port) for port in ports]

    assert [bind for bind in binds if not re.match(r"\$\{\w+_BIND(:-127\.0\.0\.1)?\}", bind)] == []
    names = {found[1] for bind in binds if (found := re.match(r"\$\{(\w+)", bind))}
    assert {service.env_vars[name].default for name in names} <= {"127.0.0.1"}


@every_service
def test_what_it_puts_into_the_container_as_a_secret_is_for_the_server_alone(
    package: Path, service: ServiceDefinition
) -> None:
    secret = [template for template in service.templates if template.secret]

    assert [template.dest for template in secret if template.mode & 0o077] == []


def test_no_service_but_those_that_the_threat_model_names_has_the_engines_socket() -> None:
    has_it = {
        service.name
        for package in PACKAGES
        for service in services_of(package)
        if "docker.sock" in str(service.compose.get("volumes")) or service.compose.get("privileged")
    }
    page = (ROOT / "docs" / "threat-model.md").read_text()
    rows = page.partition("| service | for |")[2].partition("\n\n")[0].splitlines()[2:]
    assert has_it == {row.split("`")[1] for row in rows}


@every_package
def test_a_package_that_no_test_starts_says_so_and_has_a_contract_stub(package: Path) -> None:
    has_recipe = any((source_of(package) / "image").glob("Dockerfile"))
    stubs = {service.image.partition(":")[0] for service in services_of(package) if service.image} & set(FACTS)

    assert (NOT_STARTED in readme_of(package)) is not has_recipe
    assert has_recipe or stubs
