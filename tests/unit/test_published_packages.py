"""Service packages in the published form are found, planned and printed as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from phlo.cli.planning import write_outputs
from phlo.config.project import Project
from phlo.config.request import Machine, Request
from phlo.config.resolve import resolve
from phlo.discovery import discover_services
from phlo.discovery.catalog import Catalog
from phlo.frozen import replace
from phlo.images import content_tag
from phlo.inventory import Inventory
from phlo.plan import build
from phlo.report.service_graph import graph_of
from phlo.values import Secret
from tests.support.published import PUBLISHED, install_published
from tests.unit.cli.test_main import phlo_says

SERVICES = {
    "warehouse",
    "warehouse-volume-setup",
    "bucket",
    "bucket-setup",
    "query",
    "pipeline",
    "pipeline-daemon",
    "dashboard",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "phlo.yaml").write_text("name: lake\n")
    return tmp_path / "lake"


@pytest.fixture
def catalog(root: Path) -> Catalog:
    return discover_services(root, path=[str(install_published(root.parent / "site"))], builtin_roles=root / "none")


Resolve = Callable[..., Project]


@pytest.fixture
def project(catalog: Catalog, root: Path) -> Resolve:
    def call(*, dev: bool = False, profiles: tuple[str, ...] = (), **environ: str) -> Project:
        return resolve(
            catalog,
            Inventory(),
            root=root,
            environ=environ,
            request=Request(profiles=profiles, dev=dev, generate_secrets=True),
            machine=Machine(make_secret=iter(map("generated-{}".format, range(100))).__next__),
        )

    return call


def texts(project: Project, service: str) -> dict[str, str]:
    """The environment of a service's container, secrets revealed."""
    environment = project.services[service].compose.environment
    return {name: text.reveal() if isinstance(text, Secret) else text for name, text in environment.items()}


def test_all_are_found_without_importing_any_and_a_broken_one_costs_only_itself(catalog: Catalog) -> None:
    assert set(catalog.services) == SERVICES
    assert [problem.package for problem in catalog.problems] == ["phlo-broken"]
    assert "phlo_broken/service.yaml:5" in str(catalog.problems[0].error)


# A construct of the form, and how to see it in the text of a service.yaml.
CONSTRUCTS = {
    "a folder in files": r"source: catalog\n",
    "files that are null": r"files: null|files:\n(?!\s+-)",
    "nested interpolation": r"\$\{\w+:-\$\{\w+:-[^}]*\}",
    "a default that starts with a dash": r":--Xmx",
    "a folded shell text": r"(entrypoint|command): >",
    "a hook that requires": r"requires: \w",
    "a hook with a delay": r"delay: 0\.1",
    "a hook with an environment": r"environment:\n\s+TARGET",
    "build": r"\nbuild:\n",
    "dev": r"\ndev:\n",
    "a set-up companion": r"name: bucket-setup",
    "a set-up of a volume": r"name: warehouse-volume-setup",
    "dependencies inside compose": r"compose:\n(.*\n)*?  depends_on:",
    "a number as a default": r"default: 15432\n",
    "conditional environment": r"conditional_environment:",
    "gitignore": r"\ngitignore:",
    "phlo_dev": r"\nphlo_dev:",
    "core": r"\ncore: true",
    "the source's place": r"source_path:",
    "a network with aliases": r"\nnetworks:\n",
    "a published secret": r"default: \w+, secret: true|default: \w+\n\s+secret: true",
}


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_every_construct_of_the_form_stands_in_one_of_them(construct: str) -> None:
    written = "\n".join(path.read_text() for path in sorted(PUBLISHED.rglob("*.yaml")))
    assert re.search(CONSTRUCTS[construct], written)


def test_they_are_planned(project: Resolve) -> None:
    plan = build(project())
    containers = {step.service for step in plan.steps if step.id.endswith("/container")}
    assert containers == SERVICES - {"dashboard"}
    with_profile = build(project(profiles=("dashboards",)))
    assert {step.service for step in with_profile.steps if step.id.endswith("/container")} == SERVICES


def test_interpolation_goes_as_deep_as_it_is_written(project: Resolve) -> None:
    found = project(WAREHOUSE_USER="ann", QUERY_HEAP="2g")
    assert texts(found, "warehouse")["DB_NAME"] == "ann_dev"
    assert texts(found, "warehouse")["DB_ARGS"] == "-c max_connections=200"
    assert texts(found, "warehouse")["PRICE"] == "$5"
    assert texts(found, "query")["JVM_OPTS"] == "-Xmx2g -XX:+UseG1GC"
    assert texts(found, "query")["PLAIN"] == "--verbose"


def test_numbers_and_flags_as_defaults_are_texts(project: Resolve) -> None:
    found = project()
    assert texts(found, "warehouse")["RATIO"] == "0.5"
    assert texts(found, "warehouse")["DEBUG"] == "false"
    assert [port.published for port in found.services["warehouse"].compose.ports] == ["15432"]


def test_a_published_secret_gets_a_value_of_its_own_everywhere_it_is_used(project: Resolve) -> None:
    found = project()
    password = texts(found, "warehouse")["DB_PASSWORD"]
    assert password.startswith("generated-")
    assert texts(found, "pipeline")["DATABASE_URL"] == f"db://lake:{password}@warehouse:5432/pipeline"
    assert texts(found, "bucket")["ROOT_PASSWORD"].startswith("generated-")


def test_a_conditional_environment_is_there_only_with_its_trigger(project: Resolve) -> None:
    assert "TRACING_ENABLED" not in texts(project(), "query")
    assert texts(project(QUERY_TRACING_URL="http://t"), "query")["TRACING_URL"] == "http://t"


def test_files_and_folders_go_below_the_projects_state(project: Resolve) -> None:
    assert set(project().outputs) == {
        ".phlo/query/catalog/lake.properties",
        ".phlo/query/catalog/memory.properties",
        ".phlo/query/jvm.config",
        ".phlo/pipeline/Dockerfile",
        ".phlo/pipeline/run.sh",
    }


def test_relative_paths_start_there_and_the_users_folder_is_beside_it(project: Resolve, root: Path) -> None:
    services = project().services
    assert [mount.source for mount in services["query"].compose.volumes] == [
        f"{root}/.phlo/query/catalog",
        f"{root}/.phlo/query/jvm.config",
    ]
    assert [mount.source for mount in services["pipeline"].compose.volumes] == [f"{root}/workflows"]


def test_a_folded_text_is_one_command(project: Resolve) -> None:
    setup = project().services["bucket-setup"]
    assert setup.one_shot
    assert (setup.compose.entrypoint or ())[:2] == ("/bin/sh", "-c")
    assert "mkdir -p /data/lake /data/lake-${STAGE:-dev};" in str((setup.compose.entrypoint or ())[2])


def test_companions_are_waited_for_to_their_end_and_conditions_stand(project: Resolve) -> None:
    edges = {(edge.service, edge.needs): edge.waits_for for edge in graph_of(project(profiles=("dashboards",))).edges}
    assert edges == {
        ("warehouse", "warehouse-volume-setup"): "ended",
        ("bucket-setup", "bucket"): "healthy",
        ("query", "warehouse"): "healthy",
        ("query", "bucket-setup"): "ended",
        ("pipeline", "warehouse"): "healthy",
        ("pipeline-daemon", "pipeline"): "healthy",
        ("dashboard", "query"): "healthy",
        ("dashboard", "warehouse"): "healthy",
    }


def test_hooks_are_read_with_all_they_say(project: Resolve) -> None:
    announce, migrate, skipped = project().services["warehouse"].hooks
    assert announce.command == ("sh", "-c", "echo pre_start >> .phlo/hooks.log")
    assert (migrate.command, migrate.requires) == ('echo "migrate $TARGET" >> .phlo/hooks.log', "json")
    assert (migrate.delay_seconds, migrate.timeout_seconds, dict(migrate.environment)) == (0.1, 30, {"TARGET": "lake"})
    assert skipped.requires == "a_library_that_is_not_installed.submodule"


def test_dev_mode_mounts_the_packages_source(project: Resolve, root: Path) -> None:
    pipeline = project(dev=True).services["pipeline"].compose
    assert pipeline.command == ("httpd", "-f", "-v", "-p", "3000", "-h", "/app")
    assert (pipeline.environment["RELOAD"], pipeline.working_dir) == ("true", "/app")
    assert {(mount.source, mount.target) for mount in pipeline.volumes} == {
        (f"{root}/workflows", "/app/workflows"),
        (str(root.parent / "site" / "phlo_pipeline"), "/opt/phlo_pipeline"),
    }


def test_they_are_printed_with_their_secrets_masked(
    root: Path, project: Resolve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root.parent / "site"))
    said = phlo_says(["config", "show", "--profile", "dashboards", "--json"], root)
    assert said.code == 0, said.err
    assert set(json.loads(said.out)["services"]) >= SERVICES
    assert "generated" not in said.out
    assert "phlo-broken is skipped" in said.err
    listed = phlo_says(["services", "show", "query"], root)
    assert "phlo-query 1.0.0" in listed.out


def test_the_image_of_a_context_that_is_not_written_yet_is_known(project: Resolve, root: Path) -> None:
    recipe = project().services["pipeline"].image.recipe
    assert recipe is not None
    assert not recipe.context.exists()
    planned = content_tag(recipe)

    write_outputs(project())

    assert content_tag(replace(recipe, written={})) == planned
