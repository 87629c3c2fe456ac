"""A running phlo-dagster does what it promises."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import testinfra

WORKFLOWS = Path(__file__).parent / "workflows"
PARTS = ("dagster", "dagster-daemon", "dagster-code")
# The machine may have more to do than this test.
WAIT_TIMEOUT_SECONDS = 240

RUNS = "{ runsOrError { ... on Runs { results { runId status assetSelection { path } } } } }"
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on Error { message } } }"""
MATERIALIZATIONS = """query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) {
    ... on AssetNode { assetMaterializations { runId } } } }"""


def webserver(role: Any) -> httpx.Client:
    login = (role.value("DAGSTER_USER"), role.value("DAGSTER_PASSWORD"))
    return httpx.Client(base_url=f"http://127.0.0.1:{role.port(3000)}", auth=login, timeout=WAIT_TIMEOUT_SECONDS)


def ask(role: Any, query: str, **variables: Any) -> Any:
    with webserver(role) as client:
        answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    (field,) = answer["data"].values()
    return field


def phlo(role: Any, *arguments: str) -> Any:
    command = [sys.executable, "-m", "phlo", "-C", str(role.project.root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * WAIT_TIMEOUT_SECONDS, check=False)


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


def name_of(role: Any, part: str) -> str:
    return f"{role.project.name}-{part}-1"


def inside(role: Any, part: str, command: str) -> Any:
    return testinfra.get_host(f"docker://{name_of(role, part)}").run(command)


def launch(role: Any, *keys: str) -> str:
    selector = {
        "repositoryLocationName": "workflows",
        "repositoryName": "__repository__",
        "pipelineName": "__ASSET_JOB",
        "assetSelection": [{"path": [key]} for key in keys],
    }
    tried: list[Any] = []

    def is_launched() -> bool:
        tried.append(ask(role, LAUNCH, params={"selector": selector, "runConfigData": {}}))
        return bool(tried[-1]["__typename"] == "LaunchRunSuccess")

    # After a restart of the code server the webserver takes a moment to reload the assets.
    wait_for(is_launched, f"a run of {keys}")
    return str(tried[-1]["run"]["runId"])


def status(role: Any, run: str) -> str:
    return {found["runId"]: str(found["status"]) for found in ask(role, RUNS)["results"]}[run]


def wait_for(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited {WAIT_TIMEOUT_SECONDS} s: {what}"
        time.sleep(0.5)


def restart(role: Any, part: str) -> None:
    docker(f"restart --time 60 {name_of(role, part)}")
    check = json.loads(docker(f"inspect --format '{{{{json .Config.Healthcheck.Test}}}}' {name_of(role, part)}"))
    command = " ".join(check[1:])
    wait_for(lambda: bool(inside(role, part, command).succeeded), f"{part} is ready again")


@contextmanager
def written(folder: Path, name: str, text: str) -> Iterator[None]:
    """The file with that text; afterwards as it was."""
    path = folder / name
    before = path.read_text() if path.exists() else None
    path.write_text(text)
    try:
        yield
    finally:
        path.unlink() if before is None else path.write_text(before)


def test_without_workflows_it_is_up_and_says_what_to_do(role: Any) -> None:
    folder = role.project.root / "workflows"
    assert list(folder.iterdir()) == []
    with webserver(role) as client:
        assert client.get("/server_info").status_code == 200
    assert "Write workflows/definitions.py" in docker(f"logs {name_of(role, 'dagster-code')} 2>&1")
    answer = phlo(role, "run", "dagster.materialize")
    assert answer.returncode == 1
    assert "there is no asset that can be materialized" in answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def folder_of() -> Callable[[Any], Path]:
    """Gives the project's workflows/, with the workflows of these tests in it, loaded."""
    loaded: list[Path] = []

    def give(role: Any) -> Path:
        folder: Path = role.project.root / "workflows"
        if not loaded:
            shutil.copytree(WORKFLOWS, folder, dirs_exist_ok=True)
            answer = phlo(role, "run", "dagster.reload")
            assert answer.returncode == 0, answer.stdout + answer.stderr
            loaded.append(folder)
        return folder

    return give


@pytest.fixture
def folder(role: Any, folder_of: Callable[[Any], Path]) -> Path:
    return folder_of(role)


@pytest.mark.usefixtures("folder")
def test_an_asset_is_materialized_through_graphql(role: Any) -> None:
    run = launch(role, "numbers")
    wait_for(lambda: status(role, run) in ("SUCCESS", "FAILURE"), f"run {run} has ended")
    assert status(role, run) == "SUCCESS"
    found = ask(role, MATERIALIZATIONS, key={"path": ["numbers"]})["assetMaterializations"]
    assert run in {one["runId"] for one in found}


@pytest.mark.usefixtures("folder")
def test_the_action_materializes_with_all_before_it_and_runs_the_checks(role: Any) -> None:
    answer = phlo(role, "run", "dagster.materialize", "--select", "+total")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    for line in ("materialized numbers", "materialized total", "check total.total_is_small: passed", "SUCCESS"):
        assert line in answer.stdout


@pytest.mark.usefixtures("folder")
def test_the_action_fails_with_the_reason_when_the_run_fails(role: Any) -> None:
    answer = phlo(role, "run", "dagster.materialize", "--select", "broken")
    assert answer.returncode == 1
    assert "broken: ValueError: the cellar is flooded" in answer.stdout + answer.stderr


@pytest.mark.usefixtures("folder")
def test_the_action_takes_one_partition_and_asks_for_it(role: Any) -> None:
    answer = phlo(role, "run", "dagster.materialize", "--select", "places", "--partition", "south")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "went south" in answer.stdout
    answer = phlo(role, "run", "dagster.materialize", "--select", "places")
    assert answer.returncode == 1
    assert "Say which one: --partition KEY" in answer.stdout + answer.stderr


@pytest.mark.usefixtures("folder")
def test_an_asset_that_is_not_there_is_named_with_the_nearest_one(role: Any) -> None:
    answer = phlo(role, "run", "dagster.materialize", "--select", "nunbers")
    assert answer.returncode == 1
    assert 'Did you mean "numbers"?' in answer.stdout + answer.stderr


@pytest.mark.usefixtures("folder")
def test_a_pipeline_publishes_to_a_database_of_its_own(role: Any) -> None:
    assert phlo(role, "run", "dagster.materialize", "--select", "published").returncode == 0
    read = 'python -c \'import psycopg; print(psycopg.connect("service=pipeline").execute("TABLE words").fetchall())\''
    assert inside(role, "dagster-code", read).stdout.strip() == "[('hello',)]"


def test_workflows_that_cannot_be_loaded_are_told_and_the_webserver_stays(role: Any, folder: Path) -> None:
    with written(folder, "definitions.py", "import nothing_of_that_name\n"):
        answer = phlo(role, "run", "dagster.reload")
    assert answer.returncode == 1
    assert "No module named 'nothing_of_that_name'" in answer.stdout + answer.stderr
    with webserver(role) as client:
        assert client.get("/server_info").status_code == 200
    assert phlo(role, "run", "dagster.reload").returncode == 0


def test_packages_that_the_workflows_ask_for_are_installed(role: Any, folder: Path) -> None:
    with (
        written(folder, "requirements.txt", "iniconfig==2.1.0\n"),
        written(folder, "definitions.py", "import iniconfig\n"),
    ):
        assert phlo(role, "run", "dagster.reload").returncode == 1
        restart(role, "dagster-code")
        answer = phlo(role, "run", "dagster.reload")
        assert answer.returncode == 0, answer.stdout + answer.stderr
    restart(role, "dagster-code")


@pytest.mark.usefixtures("folder")
def test_a_run_that_ended_with_its_container_is_not_shown_as_under_way(role: Any) -> None:
    run = launch(role, "endless")
    wait_for(lambda: status(role, run) == "STARTED", f"run {run} is under way")
    docker(f"kill {name_of(role, 'dagster-code')}")
    docker(f"start {name_of(role, 'dagster-code')}")
    wait_for(lambda: status(role, run) != "STARTED", f"run {run} is known to have ended")
    assert status(role, run) == "FAILURE"
    restart(role, "dagster-code")


def test_the_history_outlives_a_restart(role: Any) -> None:
    def history() -> list[tuple[str, str, list[str]]]:
        return [
            (run["runId"], run["status"], sorted(key["path"][0] for key in run["assetSelection"] or ()))
            for run in ask(role, RUNS)["results"]
        ]

    before = history()
    assert before
    restart(role, "dagster")
    assert history() == before
    answer = phlo(role, "run", "dagster.runs")
    assert before[0][0][:8] in answer.stdout


def test_the_daemon_answers_dagsters_own_liveness_check(role: Any) -> None:
    check = inside(role, "dagster-daemon", "dagster-daemon liveness-check")
    assert check.succeeded, check.stderr


def test_a_query_needs_the_login(role: Any) -> None:
    address = f"http://127.0.0.1:{role.port(3000)}/graphql"
    for login in (None, (role.value("DAGSTER_USER"), "guessed")):
        assert httpx.post(address, json={"query": "{ version }"}, auth=login).status_code == 401


def test_a_mutation_that_comes_with_get_is_refused(role: Any) -> None:
    mutation = 'mutation { reloadRepositoryLocation(repositoryLocationName: "workflows") { __typename } }'
    with webserver(role) as client:
        assert client.get("/graphql", params={"query": mutation}).status_code == 403
        # Caddy's own reading of the query string leaves out what has a semicolon in it.
        assert client.get("/graphql?query=mutation{reloadWorkspace{__typename}};").status_code == 403


def test_subscriptions_of_dagsters_own_page_are_accepted_and_those_of_another_page_refused(role: Any) -> None:
    address, key = f"127.0.0.1:{role.port(3000)}", "dGhlIHNhbXBsZSBub25jZQ=="
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Protocol": "graphql-ws",
    }
    with webserver(role) as client:
        for origin, status in ((f"http://{address}", 101), ("http://127.0.0.1:1", 403), ("http://evil.example", 403)):
            with client.stream("GET", "/graphql", headers={**headers, "Origin": origin}) as answer:
                assert answer.status_code == status, origin


def test_git_reads_a_repository_of_another_user(role: Any) -> None:
    assert inside(role, "dagster-code", "git config --system safe.directory").stdout.strip() == "*"


def test_what_the_platform_offers_is_for_the_workflows_alone(role: Any) -> None:
    host = testinfra.get_host(f"docker://{name_of(role, 'dagster-code')}")
    for path in ("/etc/phlo/platform.json", "/etc/phlo/.pyiceberg.yaml", "/etc/phlo/pg_service.conf"):
        assert (host.file(path).user, host.file(path).mode) == ("dagster", 0o400)
    facts = json.loads(host.file("/etc/phlo/platform.json").content_string)
    assert (facts["sql"]["database"], facts["sql"]["user"]) == (
        role.value("PIPELINE_DATABASE"),
        role.value("PIPELINE_USER"),
    )


@pytest.mark.parametrize("part", PARTS)
def test_no_password_is_in_docker_inspect(role: Any, part: str) -> None:
    shown = docker(f"inspect {name_of(role, part)}")
    for name in ("DAGSTER_PASSWORD", "DAGSTER_DB_PASSWORD", "PIPELINE_PASSWORD"):
        assert role.value(name) not in shown


@pytest.mark.parametrize("part", PARTS)
def test_nothing_runs_as_root(role: Any, part: str) -> None:
    assert inside(role, part, "id -un").stdout.strip() == "dagster"
