"""A running phlo-nessie does what it promises."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import testinfra
from phlo_nessie.operations import nessie_branch, nessie_merge, nessie_namespace, nessie_references

from phlo.errors import OperationError
from phlo.hosts.host import Host
from phlo.testing.law import assert_converges

HEALTH = (
    "exec 3<> /dev/tcp/127.0.0.1/9000 && printf 'GET /q/health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 OK' <&3"
)
ASK_INTERNALLY = (
    "exec 3<> /dev/tcp/127.0.0.1/19121 && printf 'GET /api/v2/trees HTTP/1.0\\r\\nHost: nessie\\r\\n\\r\\n' >&3"
)
READY = f'timeout 600 bash -c "until bash -c \\"{HEALTH}\\"; do sleep 0.5; done"'
SCHEMA = {
    "type": "struct",
    "schema-id": 0,
    "fields": [{"id": 1, "name": "word", "type": "string", "required": False}],
}


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


class Catalog:
    """The Iceberg REST catalog, as it stands on one branch."""

    def __init__(self, role: Any, branch: str) -> None:
        self.base = f"http://127.0.0.1:{role.port(19120)}/iceberg/v1"
        self.login = (role.value("NESSIE_USER"), role.value("NESSIE_PASSWORD"))
        self.warehouse = role.value("NESSIE_WAREHOUSE")
        self.prefix = quote(f"{branch}|{self.warehouse}", safe="")

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, f"{self.base}/{self.prefix}/{path}", auth=self.login, timeout=60, **more)

    def make_table(self, namespace: str, name: str) -> Any:
        made = self.ask("POST", "namespaces", json={"namespace": [namespace]})
        assert made.status_code in (200, 409), made.text
        table = self.ask(
            "POST", f"namespaces/{namespace}/tables", json={"name": name, "schema": SCHEMA, "stage-create": False}
        )
        assert table.status_code == 200, table.text
        return table.json()

    def tables(self, namespace: str) -> set[str]:
        answer = self.ask("GET", f"namespaces/{namespace}/tables")
        return set() if answer.status_code == 404 else {found["name"] for found in answer.json()["identifiers"]}


@pytest.fixture
def given(role: Any) -> dict[str, str]:
    """What phlo itself gives an operation."""
    return {"project": role.project.name, "own_service": role.service}


@pytest.fixture
def branch(given: dict[str, str], engine_host: Host) -> Iterator[str]:
    """A branch that is there for one test."""
    name = f"role-test-{uuid.uuid4().hex[:8]}"
    assert_converges(nessie_branch, nessie_branch.Args(name=name, **given), engine_host)
    yield name
    gone = nessie_branch.Args(name=name, state="absent", **given)
    assert_converges(nessie_branch, gone, engine_host)


def names(given: dict[str, str], host: Host) -> set[str]:
    args = nessie_references.Args(**given)
    return {reference.name for reference in nessie_references.observe(args, host.reader())}


def test_the_catalog_says_its_warehouse(role: Any) -> None:
    catalog = Catalog(role, "main")
    answer = httpx.get(
        f"{catalog.base}/config", params={"warehouse": catalog.warehouse}, auth=catalog.login, timeout=60
    )
    answer = answer.json()
    assert answer["defaults"]["prefix"] == catalog.prefix
    assert answer["defaults"]["warehouse"] == f"s3://{role.value('NESSIE_BUCKET')}"


def test_a_branch_is_made_once_and_removed(role: Any, given: dict[str, str], engine_host: Host, branch: str) -> None:
    assert {branch, role.value("NESSIE_BRANCH")} <= names(given, engine_host)
    args = nessie_branch.Args(name=branch, state="absent", **given)
    assert [change.verb for change in assert_converges(nessie_branch, args, engine_host)] == ["remove"]
    assert branch not in names(given, engine_host)


def test_a_tag_is_made_at_a_branch(role: Any, given: dict[str, str], engine_host: Host) -> None:
    args = nessie_branch.Args(name=f"v-{uuid.uuid4().hex[:8]}", type="tag", **given)
    assert [change.verb for change in assert_converges(nessie_branch, args, engine_host)] == ["create"]
    gone = nessie_branch.Args(name=args.name, type="tag", state="absent", **given)
    assert_converges(nessie_branch, gone, engine_host)


def test_a_namespace_is_made_on_a_branch(role: Any, given: dict[str, str], engine_host: Host, branch: str) -> None:
    args = nessie_namespace.Args(name="role_test_namespace", branch=branch, **given)
    assert [change.verb for change in assert_converges(nessie_namespace, args, engine_host)] == ["create"]
    listed = Catalog(role, branch).ask("GET", "namespaces").json()["namespaces"]
    assert ["role_test_namespace"] in listed
    assert [role.value("NESSIE_NAMESPACE")] in listed


def test_a_branch_that_starts_nowhere_is_refused(given: dict[str, str], engine_host: Host) -> None:
    args = nessie_branch.Args(name="x", source="no-such-branch", **given)
    with pytest.raises(OperationError, match='no branch or tag "no-such-branch"'):
        nessie_branch.observe(args, engine_host.reader())


def test_what_is_made_on_a_branch_is_seen_by_all_once_it_is_merged(
    role: Any, given: dict[str, str], engine_host: Host, branch: str
) -> None:
    name = f"words_{uuid.uuid4().hex[:8]}"
    made = Catalog(role, branch).make_table("role_test", name)
    assert made["metadata"]["location"].startswith(f"s3://{role.value('NESSIE_BUCKET')}/")
    assert name not in Catalog(role, "main").tables("role_test")

    args = nessie_merge.Args(source=branch, **given)
    assert [change.verb for change in assert_converges(nessie_merge, args, engine_host)] == ["update"]

    assert name in Catalog(role, "main").tables("role_test")
    assert Catalog(role, "main").ask("DELETE", f"namespaces/role_test/tables/{name}").status_code == 204


def test_a_merge_of_what_both_changed_is_refused_and_says_what(
    role: Any, given: dict[str, str], engine_host: Host, branch: str
) -> None:
    name = f"both_{uuid.uuid4().hex[:8]}"
    Catalog(role, branch).make_table("role_test", name)
    Catalog(role, "main").make_table("role_test", name)
    args = nessie_merge.Args(source=branch, **given)
    with pytest.raises(OperationError, match="changed the same") as refused:
        nessie_merge.observe(args, engine_host.reader())
    assert any(name in line for line in refused.value.detail)
    assert Catalog(role, "main").ask("DELETE", f"namespaces/role_test/tables/{name}").status_code == 204


def test_a_table_outlives_a_restart(host: Any, role: Any) -> None:
    name = f"kept_{uuid.uuid4().hex[:8]}"
    Catalog(role, "main").make_table("role_test", name)
    docker(f"restart {role.container}")
    assert host.run(READY).succeeded
    catalog = Catalog(role, "main")
    assert catalog.ask("GET", f"namespaces/role_test/tables/{name}").json()["metadata"]["format-version"] >= 1
    assert catalog.ask("DELETE", f"namespaces/role_test/tables/{name}").status_code == 204


def test_the_action_branch_makes_lists_merges_and_deletes(role: Any, given: dict[str, str], engine_host: Host) -> None:
    name = f"action-{uuid.uuid4().hex[:8]}"
    role.run("branch", "create", name)
    role.run("branch", "list")
    assert name in names(given, engine_host)
    table = f"acted_{uuid.uuid4().hex[:8]}"
    Catalog(role, name).make_table("role_test", table)
    role.run("branch", "merge", name)
    assert table in Catalog(role, "main").tables("role_test")
    role.run("branch-delete", name)
    assert name not in names(given, engine_host)


def test_it_gives_metrics(host: Any) -> None:
    ask = "exec 3<> /dev/tcp/127.0.0.1/9000 && printf 'GET /q/metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3"
    assert "jvm_memory_used_bytes" in host.check_output(f'bash -c "{ask}"')


def test_the_published_port_needs_the_login_and_refuses_other_sites(role: Any) -> None:
    catalog = Catalog(role, "main")
    address = f"http://127.0.0.1:{role.port(19120)}"
    for path in ("/", "/api/v2/trees", "/iceberg/v1/config"):
        assert httpx.get(address + path).status_code == 401
        assert httpx.get(address + path, auth=(catalog.login[0], "wrong")).status_code == 401
        assert httpx.get(address + path, auth=catalog.login, headers={"Host": "evil.example"}).status_code == 421
    branch = {"params": {"name": "evil", "type": "BRANCH"}, "json": {}, "auth": catalog.login}
    evil = httpx.post(f"{address}/api/v2/trees", headers={"Origin": "http://evil.example"}, **branch)
    assert evil.status_code == 403
    assert "<title>" in httpx.get(address, auth=catalog.login, follow_redirects=True).text


def test_services_of_the_project_need_no_login(host: Any, role: Any) -> None:
    shown = host.check_output(f'bash -c "{ASK_INTERNALLY} && cat <&3"')
    assert '"references"' in shown
    assert set(docker(f"port {role.container}").split()[::3]) == {"19120/tcp"}


def test_it_is_not_root(host: Any) -> None:
    assert host.check_output("id -u") == "10000"


def test_passwords_are_in_no_docker_inspect_and_not_for_others(host: Any, role: Any) -> None:
    assert role.value("NESSIE_DB_PASSWORD") not in docker(f"inspect {role.container}")
    assert role.value("NESSIE_PASSWORD") not in docker(f"inspect {role.container}")
    for path in ("/etc/nessie/nessie.properties", "/etc/nessie/login"):
        assert (host.file(path).mode, host.file(path).uid) == (0o400, 10000)
