"""What is written for Trino in projects of different kinds."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import phlo_trino
import pytest
import yaml

from phlo import inventory
from phlo.config.project import Project
from phlo.config.request import Request
from phlo.config.resolve import resolve
from phlo.discovery.services import discover_services
from phlo.values import Secret

GIVEN = {"SEAWEEDFS_ACCESS_KEY": "key", "SEAWEEDFS_SECRET_KEY": "s3cr3t-s3cr3t", "TRINO_DB_PASSWORD": "db-pass\\word"}
SEAWEEDFS = "{enabled: [trino, trino-worker, seaweedfs], defaults: false}"
NESSIE = "{enabled: [trino, trino-worker, seaweedfs, nessie, postgres], defaults: false}"


def project(root: Path, services: str, catalog: str, **environ: str) -> Project:
    (root / "phlo.yaml").write_text(
        f"name: lake\nservices: {services}\ncapabilities: {{s3: seaweedfs, iceberg-catalog: {catalog}}}\n"
    )
    return resolve(
        discover_services(root),
        inventory.load([], root=root),
        root=root,
        environ={**GIVEN, **environ},
        request=Request(generate_secrets=True),
    )


def lines(found: Project, path: str, *, service: str = "trino") -> list[str]:
    (content,) = [file.content for file in found.services[service].files if file.path == path]
    text = content.reveal() if isinstance(content, Secret) else content.decode()
    return text.splitlines()


def test_the_lakes_catalog_is_nessie_without_a_login(tmp_path: Path) -> None:
    written = lines(project(tmp_path, NESSIE, "nessie"), "/etc/trino/catalog/iceberg.properties")

    assert "iceberg.rest-catalog.uri=http://nessie:19121/iceberg" in written
    assert "iceberg.rest-catalog.warehouse=warehouse" in written
    assert "s3.aws-secret-key=s3cr3t-s3cr3t" in written
    assert not [line for line in written if "oauth2" in line]


def test_the_lakes_catalog_is_seaweedfs_with_its_login(tmp_path: Path) -> None:
    written = lines(project(tmp_path, SEAWEEDFS, "seaweedfs"), "/etc/trino/catalog/iceberg.properties")

    assert "iceberg.rest-catalog.security=OAUTH2" in written
    assert "iceberg.rest-catalog.oauth2.credential=key:s3cr3t-s3cr3t" in written
    assert "iceberg.rest-catalog.oauth2.server-uri=http://seaweedfs:8181/v1/oauth/tokens" in written


def test_the_database_is_a_catalog_with_its_password_as_a_properties_file_has_it(tmp_path: Path) -> None:
    found = project(tmp_path, NESSIE, "nessie")

    written = lines(found, "/etc/trino/catalog/postgresql.properties")
    assert "connection-url=jdbc:postgresql://postgres:5432/trino" in written
    assert "connection-password=db-pass\\\\word" in written
    assert "catalog.disabled-catalogs=postgresql" not in lines(found, "/etc/trino/config.properties")


def test_without_a_database_server_there_is_no_such_catalog(tmp_path: Path) -> None:
    found = project(tmp_path, SEAWEEDFS, "seaweedfs")

    assert lines(found, "/etc/trino/catalog/postgresql.properties") == []
    assert "catalog.disabled-catalogs=postgresql" in lines(found, "/etc/trino/config.properties")


@pytest.mark.parametrize(("workers", "does_it_work"), [("0", "true"), ("2", "false")])
def test_the_coordinator_works_itself_when_there_are_no_workers(
    tmp_path: Path, workers: str, does_it_work: str
) -> None:
    found = project(tmp_path, SEAWEEDFS, "seaweedfs", TRINO_WORKERS=workers)

    written = lines(found, "/etc/trino/config.properties")
    assert f"node-scheduler.include-coordinator={does_it_work}" in written
    assert found.services["trino-worker"].scale == int(workers)


def test_a_worker_has_the_catalogs_of_the_coordinator_and_finds_it(tmp_path: Path) -> None:
    found = project(tmp_path, SEAWEEDFS, "seaweedfs", TRINO_WORKERS="1")

    assert "discovery.uri=http://trino:8081" in lines(found, "/etc/trino/config.properties", service="trino-worker")
    for file in found.services["trino"].files:
        if "/catalog/" in file.path:
            assert lines(found, file.path, service="trino-worker") == lines(found, file.path)


# What upstream's image holds beside Java and Trino: no awk, no sed.
UPSTREAMS_PROGRAMS = ("bash", "cat", "cut", "grep", "tar")


@pytest.mark.parametrize(
    ("output", "printed", "expected"),
    [
        ("json", '{"a":1}\n{"a":2}\n', '[{"a":1},\n{"a":2}]\n'),
        ("json", '{"a":"\\\\n %s"}\n', '[{"a":"\\\\n %s"}]\n'),
        ("json", "", "[]\n"),
        ("csv", '"a"\n"1"\n', '"a"\n"1"\n'),
    ],
)
def test_the_action_query_prints_its_rows_with_the_programs_of_upstreams_image(
    output: str, printed: str, expected: str, tmp_path: Path
) -> None:
    done = run_query(output, f"printf %s {shlex.quote(printed)}", tmp_path)

    assert (done.returncode, done.stdout) == (0, expected), done.stderr


def test_the_action_query_fails_when_trino_does(tmp_path: Path) -> None:
    assert run_query("json", "echo 'line 1:8: no such column' >&2; exit 1", tmp_path).returncode == 1


def run_query(output: str, java: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of the action where no other programs are than upstream's. java: what a stub of it does."""
    tasks = yaml.safe_load((Path(phlo_trino.__file__).parent / "tasks" / "query.yaml").read_text())["tasks"]
    (query,) = (task["exec"]["command"] for task in tasks if task["name"] == "query")
    for name in UPSTREAMS_PROGRAMS:
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, script in {"java": java, "trino": "exit 2"}.items():
        (folder / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
        (folder / name).chmod(0o755)
    words = [query[0], query[1], query[2], query[3], output, "--execute=SELECT 1"]
    return subprocess.run(words, env={"PATH": str(folder)}, capture_output=True, text=True)
