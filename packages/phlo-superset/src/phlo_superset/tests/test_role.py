"""A running phlo-superset does what it promises."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import testinfra

# The machine may have more to do than this test.
WAIT_TIMEOUT_SECONDS = 240
TABLE = "CREATE TABLE IF NOT EXISTS sales (place text, amount int); TRUNCATE sales;"
TOTAL, COUNT = "SELECT sum(amount) AS total FROM sales", "SELECT count(*) AS n FROM sales"
ROWS = "INSERT INTO sales VALUES ('north', 3), ('north', 4), ('south', 5);"


def phlo(role: Any, *arguments: str) -> Any:
    command = [sys.executable, "-m", "phlo", "-C", str(role.project.root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * WAIT_TIMEOUT_SECONDS, check=False)


def done(role: Any, *arguments: str) -> str:
    answer = phlo(role, *arguments)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return str(answer.stdout)


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


def visitor(role: Any) -> httpx.Client:
    """A browser's place: keeps cookies, follows redirections."""
    address = f"http://127.0.0.1:{role.port(8088)}"
    return httpx.Client(base_url=address, follow_redirects=True, timeout=WAIT_TIMEOUT_SECONDS)


def sign_in(client: httpx.Client, password: str) -> httpx.Response:
    """What a person does on the page /login/."""
    shown = html.unescape(client.get("/login/").text)
    token = re.search(r'csrf_token[^>]*value="([^"]+)"|"csrf_token":\s*"([^"]+)"', shown)
    form = {"username": "admin", "password": password}
    if token:
        form["csrf_token"] = token[1] or token[2]
    return client.post("/login/", data=form, headers={"Referer": str(client.base_url)})


@pytest.fixture
def api(role: Any) -> Iterator[httpx.Client]:
    """The REST API, signed in as the administrator."""
    with visitor(role) as client:
        body = {"username": "admin", "password": role.value("SUPERSET_ADMIN_PASSWORD"), "provider": "db"}
        token = client.post("/api/v1/security/login", json=body).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.headers["X-CSRFToken"] = client.get("/api/v1/security/csrf_token/").json()["result"]
        client.headers["Referer"] = str(client.base_url)
        yield client


@pytest.fixture
def sales(role: Any) -> str:
    """The name of a table with three rows, in the database that Superset knows as `published`."""
    command = ["docker", "exec", f"{role.project.name}-postgres-1", "psql", "-v", "ON_ERROR_STOP=1"]
    command += ["-U", role.value("POSTGRES_USER"), "-d", role.value("PIPELINE_DATABASE")]
    command += ["-c", f"SET ROLE {role.value('PIPELINE_USER')}", "-c", TABLE, "-c", ROWS]
    subprocess.run(command, check=True, capture_output=True)
    return "public.sales"


def sales_chart(role: Any, table: str) -> str:
    options = ["--table", table, "--x", "place", "--metric", "sum(amount)", "--dashboard", "Our sales"]
    return done(role, "run", "superset.chart", "Sales by place", *options)


def listed(api: httpx.Client, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/api/v1/{kind}/").json()["result"]
    return found


def test_the_administrator_signs_in_with_the_generated_password(role: Any) -> None:
    with visitor(role) as client:
        sign_in(client, role.value("SUPERSET_ADMIN_PASSWORD"))
        assert client.get("/api/v1/me/").json()["result"]["username"] == "admin"


def test_a_wrong_password_is_refused(role: Any) -> None:
    with visitor(role) as client:
        sign_in(client, "not-the-password")
        assert client.get("/api/v1/me/").status_code == 401


def test_it_reads_the_published_database(role: Any, api: httpx.Client, sales: str) -> None:
    (published,) = [one for one in listed(api, "database") if one["database_name"] == "published"]
    query = {"database_id": published["id"], "sql": TOTAL, "runAsync": False}
    answer = api.post("/api/v1/sqllab/execute/", json=query).json()
    assert answer["data"] == [{"total": 12}], answer


def test_without_a_query_engine_only_the_published_database_is_registered(api: httpx.Client) -> None:
    assert [one["database_name"] for one in listed(api, "database")] == ["published"]


def test_there_are_no_examples(api: httpx.Client) -> None:
    assert {one["table_name"] for one in listed(api, "dataset")} <= {"sales"}
    assert {one["dashboard_title"] for one in listed(api, "dashboard")} <= {"Our sales"}


def test_the_setup_changes_nothing_the_second_time(role: Any, api: httpx.Client) -> None:
    name = f"{role.project.name}-superset-setup-1"
    docker(f"start {name}")
    assert docker(f"wait {name}").strip() == "0"
    assert [one["database_name"] for one in listed(api, "database")] == ["published"]
    assert len(api.get("/api/v1/security/users/").json()["result"]) == 1


def test_the_chart_action_charts_a_table_once(role: Any, api: httpx.Client, sales: str) -> None:
    assert sales_chart(role, sales) == sales_chart(role, sales)
    (chart,) = listed(api, "chart")
    (dashboard,) = listed(api, "dashboard")
    assert (chart["slice_name"], dashboard["dashboard_title"]) == ("Sales by place", "Our sales")
    form = json.loads(api.get(f"/api/v1/chart/{chart['id']}").json()["result"]["params"])
    dataset = int(form["datasource"].removesuffix("__table"))
    query = {"columns": [form["x_axis"]], "metrics": form["metrics"], "orderby": [[form["x_axis"], True]]}
    body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query]}
    (result,) = api.post("/api/v1/chart/data", json=body).json()["result"]
    assert result["data"] == [{"place": "north", "sum(amount)": 7}, {"place": "south", "sum(amount)": 5}]


def test_the_chart_action_names_what_there_is(role: Any, sales: str) -> None:
    answer = phlo(role, "run", "superset.chart", "Wrong", "--table", sales, "--x", "town")
    assert answer.returncode == 1
    assert 'there is no column "town". There are: place, amount.' in answer.stdout + answer.stderr
    answer = phlo(role, "run", "superset.chart", "Wrong", "--table", sales, "--x", "place", "--database", "lake")
    assert answer.returncode == 1
    assert 'there is no database "lake". There are: published.' in answer.stdout + answer.stderr


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_what_was_exported_is_imported(role: Any, api: httpx.Client, sales: str, tmp_path: Path, form: str) -> None:
    sales_chart(role, sales)
    bundle = tmp_path / "assets.zip"
    done(role, "run", "superset.export", "--to", str(bundle))
    for kind in ("dashboard", "chart", "dataset"):
        for one in listed(api, kind):
            assert api.delete(f"/api/v1/{kind}/{one['id']}").is_success
    if form == "folder":
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(tmp_path / "unpacked")
        (bundle,) = (tmp_path / "unpacked").iterdir()
    answer = phlo(role, "run", "superset.import", str(bundle))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "imported 1 datasets, 1 charts, 1 dashboards" in answer.stdout + answer.stderr
    assert [one["slice_name"] for one in listed(api, "chart")] == ["Sales by place"]
    (published,) = [one for one in listed(api, "database") if one["database_name"] == "published"]
    query = {"database_id": published["id"], "sql": COUNT, "runAsync": False}
    assert api.post("/api/v1/sqllab/execute/", json=query).json()["data"] == [{"n": 3}]


@pytest.mark.browser
def test_a_person_signs_in_and_sees_the_dashboard(role: Any, sales: str, page: Any, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{role.port(8088)}"
    shown = sales_chart(role, sales)
    page.goto(f"{address}/login/")
    page.fill("input[name=username], input#username", "admin")
    page.fill("input[name=password], input#password", role.value("SUPERSET_ADMIN_PASSWORD"))
    page.press("input[type=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(address + re.search(r"/superset/dashboard/\d+/", shown)[0])  # type: ignore[index]
    page.wait_for_selector("text=Sales by place", timeout=WAIT_TIMEOUT_SECONDS * 1000)
    page.wait_for_selector("canvas")
    page.screenshot(path=tmp_path / "dashboard.png")
    assert (tmp_path / "dashboard.png").stat().st_size > 10_000


def test_it_refuses_other_sites_and_unknown_names(role: Any) -> None:
    body = {"username": "admin", "password": role.value("SUPERSET_ADMIN_PASSWORD"), "provider": "db"}
    with visitor(role) as client:
        for headers, status in [({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403)]:
            assert client.post("/api/v1/security/login", json=body, headers=headers).status_code == status


def test_the_settings_are_for_the_server_alone(host: Any) -> None:
    file = host.file("/etc/phlo/superset.json")
    assert (file.user, file.mode) == ("superset", 0o400)


def test_no_password_is_in_docker_inspect(role: Any) -> None:
    shown = docker(f"inspect {role.container} {role.project.name}-superset-setup-1")
    for name in ("SUPERSET_ADMIN_PASSWORD", "SUPERSET_SECRET_KEY", "SUPERSET_DB_PASSWORD", "PIPELINE_PASSWORD"):
        assert role.value(name) not in shown


def test_it_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "superset"


def test_the_metadata_outlives_a_restart(role: Any, api: httpx.Client, sales: str) -> None:
    sales_chart(role, sales)
    docker(f"restart --time 60 {role.container}")
    deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
    while True:
        try:
            assert [one["slice_name"] for one in listed(api, "chart")] == ["Sales by place"]
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "it does not answer again"
            time.sleep(0.5)
