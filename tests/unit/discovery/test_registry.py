from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import phlo
from phlo.config.request import Request
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.folders import builtin_roles_folder, registry_folder, workspace_folder
from phlo.discovery.registry import load_registry, missing_dependency, registry_entry, search_registry
from phlo.discovery.role import read_role
from phlo.errors import ConfigError, PackageError
from phlo.inventory.hosts import Inventory
from tests.support.mutations import BROKEN_TEXTS, with_another_type, without_a_key

TOP = Path(phlo.__file__).parent.parent


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((TOP / "registry" / "schema" / "v1.json").read_text())
    return found


def plugins() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((TOP / "registry" / "plugins.json").read_text())
    return found


def test_the_registry_keeps_to_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(plugins())


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"name": "lake"},
        {"type": "widget"},
        {"services": []},
        {"summary": "Ends with a full stop."},
        {"category": "misc"},
        {"provides": ["s3", "s3"]},
        {"default": "yes"},
        {"version": None},
        {"status": "planned"},
        {"status": "soon"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_not_an_entry(change: dict[str, Any]) -> None:
    (entry,) = [entry for entry in plugins()["plugins"] if entry["name"] == "phlo-api"]
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid({"version": 1, "plugins": [entry]})
    assert not validator.is_valid({"version": 1, "plugins": [{**entry, **change}]})


def test_the_registry_names_every_offering_once_and_in_order() -> None:
    names = [entry["name"] for entry in plugins()["plugins"]]
    assert names == sorted(set(names))
    assert len(names) == 17
    assert "phlo-fastapi" not in names


def test_default_offerings_are_those_of_the_extra() -> None:
    import tomllib

    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]["defaults"]
    assert sorted(entry.name for entry in load_registry() if entry.default) == sorted(extra)


def test_the_default_packages_make_a_project_that_chooses_nothing(tmp_path: Path) -> None:
    found = []
    for entry in load_registry():
        if entry.default:
            folder = TOP / "packages" / entry.name / "src" / entry.name.replace("-", "_")
            found += read_role(folder, label=entry.name, kind="package", package=entry.name)
    (tmp_path / "phlo.yaml").write_text("name: lake\n")
    catalog = Catalog(services={one.name: one for one in found})

    project = resolve(catalog, Inventory(), root=tmp_path, environ={}, request=Request(generate_secrets=True))

    assert {"s3", "iceberg-catalog", "sql"} <= project.capabilities.keys()
    assert {one.name for one in found if one.default} < project.services.keys()


def test_available_offerings_are_the_packages_of_this_repository() -> None:
    folders = {path.name for path in (TOP / "packages").iterdir() if (path / "pyproject.toml").is_file()}
    assert {entry.name for entry in load_registry() if entry.is_available} == folders


@pytest.mark.parametrize("name", [entry.name for entry in load_registry() if entry.is_available])
def test_an_available_offering_is_as_its_package_says(name: str) -> None:
    import tomllib

    entry = registry_entry(name)
    folder = TOP / "packages" / name
    main, *others = read_role(folder / "src" / name.replace("-", "_"), label=name, kind="package")
    services = [main, *others]
    assert entry.services == tuple(service.name for service in services)
    assert entry.version == tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
    assert entry.provides == tuple(sorted({capability for service in services for capability in service.provides}))
    assert entry.requires == tuple(sorted({capability for service in services for capability in service.requires}))
    assert (entry.category, entry.profile) == (main.category, main.profile)


SEARCHES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a name": ({"query": "postgres"}, ["phlo-postgres", "phlo-postgrest", "phlo-pgweb"]),
    "a capability": ({"query": "s3", "category": "storage"}, ["phlo-minio", "phlo-seaweedfs"]),
    "several words": ({"query": "Object STORE iceberg"}, ["phlo-seaweedfs"]),
    "a category": ({"category": "orchestration"}, ["phlo-dagster"]),
    "nothing like it": ({"query": "fastapi"}, []),
    "another kind": ({"kind": "operation"}, []),
}


@pytest.mark.parametrize(("search", "found"), SEARCHES.values(), ids=SEARCHES)
def test_the_registry_is_searched(search: dict[str, Any], found: list[str]) -> None:
    assert [entry.name for entry in search_registry(**search)] == found


def test_an_empty_search_finds_everything() -> None:
    assert search_registry() == load_registry()


@pytest.mark.parametrize("name", ["phlo-postgres", "postgres", "Phlo_Postgres"])
def test_an_entry_is_found_by_any_spelling_of_its_name(name: str) -> None:
    assert registry_entry(name).name == "phlo-postgres"


def test_an_unknown_offering_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r'the registry has no "phlo-postgers"\. Did you mean "phlo-postgres"\?'):
        registry_entry("phlo-postgers")


def test_a_registry_with_another_form_is_an_error_or_another_registry(tmp_path: Path) -> None:
    whole = {"plugins": [entry for entry in plugins()["plugins"] if entry["name"] == "phlo-api"]}
    for changed in (*without_a_key(whole), *with_another_type(whole)):
        (tmp_path / "plugins.json").write_text(json.dumps(changed))
        with suppress(PackageError):
            for entry in search_registry("api", folder=tmp_path):
                assert {type(getattr(entry, name)) for name in ("name", "kind", "summary", "category")} == {str}
                assert {type(text) for text in (*entry.services, *entry.provides, *entry.requires)} <= {str}
                assert {type(one) for one in (entry.profile, entry.version, entry.note)} <= {str, type(None)}
                assert type(entry.default) is bool


@pytest.mark.parametrize("text", BROKEN_TEXTS)
def test_a_broken_registry_is_one_error(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "plugins.json").write_bytes(text)
    with pytest.raises(PackageError, match=r"plugins\.json: cannot be read"):
        load_registry(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"plugins": [{"name": "x"}]}'])
def test_a_damaged_registry_is_one_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "plugins.json").write_text(text)
    with pytest.raises(PackageError, match=r"plugins\.json: cannot be read: .* Install phlo again\."):
        load_registry(tmp_path)


def test_a_checkout_keeps_roles_and_registry_beside_the_code() -> None:
    assert workspace_folder() == TOP
    assert (builtin_roles_folder(), registry_folder()) == (TOP / "roles", TOP / "registry")


@pytest.mark.parametrize(
    ("service", "package", "known", "what", "fix"),
    [
        (
            "minio",
            "phlo-lake",
            [],
            '"lake" depends on "minio" of the package phlo-minio, which is not installed',
            "Install it with `phlo plugin install phlo-minio`.",
        ),
        (
            "bucket",
            "phlo-lake",
            ["web"],
            '"lake" depends on "bucket", which does not exist',
            'phlo-lake does not bring "bucket": install the package that does, or define it in phlo.yaml.',
        ),
        (
            "bucket",
            "phlo-lake",
            ["buckets"],
            '"lake" depends on "bucket", which does not exist',
            (
                'Did you mean "buckets"? Or: phlo-lake does not bring "bucket": '
                "install the package that does, or define it in phlo.yaml."
            ),
        ),
        ("bucket", None, ["web"], '"lake" depends on "bucket", which does not exist', "Known: web."),
        ("bucket", None, ["buckets"], '"lake" depends on "bucket", which does not exist', 'Did you mean "buckets"?'),
    ],
)
def test_a_dependency_that_is_not_there_names_the_package_that_is_missing(
    tmp_path: Path, service: str, package: str | None, known: list[str], what: str, fix: str
) -> None:
    plugins_file = {"plugins": [{**plugins()["plugins"][0], "name": "phlo-minio", "services": ["minio"]}]}
    plugins_file["plugins"][0] |= {"status": "available", "version": "1"}
    (tmp_path / "plugins.json").write_text(json.dumps(plugins_file))
    definition = ServiceDefinition(name="lake", package=package)

    assert missing_dependency(definition, service, known, folder=tmp_path) == (what, fix)
