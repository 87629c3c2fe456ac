"""A running phlo-api tells of its project what phlo does, does what it may, and its view of the engine no more."""

from __future__ import annotations

import json
import re
import shlex
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import testinfra

PREFIX = "/api/v1"
# Runs in the API's container, which has no other client: prints the status and the body.
ASK_ENGINE = """
import http.client, socket, sys
connection = http.client.HTTPConnection("localhost", timeout=10)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect("/run/phlo-engine/engine.sock")
connection.request(sys.argv[1], sys.argv[2])
response = connection.getresponse()
print(response.status)
print(response.read().decode())
"""


@pytest.fixture
def project(pytestconfig: pytest.Config) -> Path:
    """The folder of the project that the role is tested in."""
    return Path(pytestconfig.getoption("--phlo-project"))


@pytest.fixture
def viewer(role: Any) -> httpx.Client:
    return client(role, "VIEWER")


@pytest.fixture
def operator(role: Any) -> httpx.Client:
    return client(role, "OPERATOR")


def client(role: Any, kind: str) -> httpx.Client:
    token = role.value(f"PHLO_API_{kind}_TOKEN")
    base = f"http://127.0.0.1:{role.port(4000)}{PREFIX}"
    return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def ask_engine(host: Any, method: str, path: str) -> tuple[int, str]:
    status, _, body = host.check_output(shlex.join(["python", "-c", ASK_ENGINE, method, path])).partition("\n")
    return int(status), body


def inspect(role: Any, template: str) -> Any:
    command = shlex.join(["docker", "inspect", "--format", f"{{{{json {template}}}}}", role.container])
    return json.loads(testinfra.get_host("local://").check_output(command))


def test_it_is_healthy_and_sees_project_and_engine(role: Any) -> None:
    url = f"http://127.0.0.1:{role.port(4000)}/health"
    stranger = httpx.get(url, timeout=60).json()
    assert (stranger["status"], stranger["project"], stranger["engine"]) == ("ok", None, None)
    token = role.value("PHLO_API_VIEWER_TOKEN")
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60).json()
    assert (answer["status"], answer["project"], answer["engine"]) == ("ok", "ok", "ok")


@pytest.mark.parametrize(
    "path", ["/project", "/services", "/plugins", "/registry", "/hosts", "/graph", "/config", "/tokens", "/metrics"]
)
def test_it_answers_to_a_viewer_and_to_nobody_else(viewer: httpx.Client, path: str) -> None:
    answer = viewer.get(path)
    assert answer.status_code == 200
    assert answer.text not in ("", "[]", "{}")
    assert viewer.get(path, headers={"Authorization": "Bearer nobody"}).status_code == 401


def test_it_lists_itself_as_running_with_its_port(role: Any, viewer: httpx.Client) -> None:
    # phlo's own probe is done before the engine's next one is due, which is when the engine says "healthy".
    deadline = time.monotonic() + 60
    while (service := viewer.get(f"/services/{role.service}").json())["status"] == "starting":
        assert time.monotonic() < deadline, f"it is still {service}"
        time.sleep(0.2)
    assert service["status"] == "running"
    assert role.port(4000) in [port["host_port"] for port in service["ports"]]
    assert service["links"][0]["url"] == f"http://127.0.0.1:{role.port(4000)}/docs"


def test_its_plan_is_that_of_the_machine_and_an_edit_shows_with_its_cause(viewer: httpx.Client, project: Path) -> None:
    file = project / "phlo.yaml"
    before = file.read_text()
    assert viewer.get("/plan").json()["has_changes"] is False
    try:
        file.write_text(f"{before}\nenv: {{PHLO_API_MEMORY: 400m}}\n")
        plan = viewer.get("/plan").json()
    finally:
        file.write_text(before)
    causes = [cause for step in plan["steps"] for change in step["changes"] for cause in change["causes"]]
    assert any("memory" in cause.lower() for cause in causes), causes
    assert viewer.get("/plan").json()["has_changes"] is False


def test_the_run_that_started_it_is_told_with_its_steps_and_events(viewer: httpx.Client) -> None:
    run = viewer.get("/runs").json()[-1]
    detail = viewer.get(f"/runs/{run['id']}").json()
    assert {step["service"] for step in detail["steps"]} >= {"phlo-api", "phlo-api-engine"}
    assert detail["critical_path"]
    stream = viewer.get(f"/runs/{run['id']}/events").text
    numbers = [int(number) for number in re.findall(r"(?m)^id: (\d+)$", stream)][:-1]
    assert numbers == list(range(1, len(numbers) + 1))
    rest = viewer.get(f"/runs/{run['id']}/events", headers={"Last-Event-ID": str(numbers[-3])}).text
    assert [int(number) for number in re.findall(r"(?m)^id: (\d+)$", rest)][:-1] == numbers[-2:]


def test_the_output_of_a_container_is_shown(viewer: httpx.Client, role: Any, host: Any) -> None:
    host.check_output("sh -c 'echo a line for the log > /proc/1/fd/1'")
    deadline = time.monotonic() + 30
    while "a line for the log" not in (
        text := viewer.get("/logs", params={"service": role.service, "follow": False}).text
    ):
        assert time.monotonic() < deadline, text
        time.sleep(0.2)


def test_the_output_of_a_container_comes_as_it_is_printed(viewer: httpx.Client, role: Any, host: Any) -> None:
    with viewer.stream("GET", "/logs", params={"service": role.service, "tail": 0}) as answer:
        # Whether anybody listens already cannot be seen from here: a line is printed until one comes; what comes
        # otherwise, every 15 seconds, is a sign of life.
        lines = answer.iter_lines()
        for number in range(10):
            host.check_output(f"sh -c 'echo live {number} > /proc/1/fd/1'")
            if "live" in next(line for line in lines if line.startswith(("data: ", ":"))):
                return
    pytest.fail("no line came")


def test_its_own_action_asks_it(role: Any) -> None:
    assert '"status":"ok"' in role.run("get", "/health")


def test_nothing_may_be_started_unless_phlo_yaml_says_so(operator: httpx.Client, role: Any) -> None:
    assert operator.get("/session").json()["actions_allowed"] == []
    assert operator.post("/actions/up", json={}).status_code == 403
    assert operator.post(f"/services/{role.service}/restart").status_code == 403
    assert operator.get("/audit").json()[0]["result"] == "refused"


def test_no_answer_shows_a_token(viewer: httpx.Client, role: Any) -> None:
    for path in ("/project", "/services", f"/services/{role.service}/environment", "/config", "/tokens", "/plan"):
        text = viewer.get(path).text
        for kind in ("VIEWER", "OPERATOR"):
            assert role.value(f"PHLO_API_{kind}_TOKEN") not in text, path


def test_of_tokens_only_hashes_are_kept(host: Any, viewer: httpx.Client, role: Any) -> None:
    viewer.get("/session")
    kept = host.file("/var/lib/phlo/tokens.json").content_string
    assert role.value("PHLO_API_VIEWER_TOKEN") not in kept
    assert host.file("/var/lib/phlo/tokens.json").mode == 0o600


def test_the_documentation_page_needs_no_other_host(role: Any) -> None:
    base = f"http://127.0.0.1:{role.port(4000)}"
    assert "://" not in httpx.get(f"{base}/docs").text.replace("http://www.w3.org/2000/svg", "")
    assert "SwaggerUIBundle" in httpx.get(f"{base}/docs/assets/swagger-ui-bundle.js").text
    assert f"{PREFIX}/services/{{name}}" in httpx.get(f"{base}/openapi.json").json()["paths"]


def test_there_is_no_docker_socket_in_the_container(host: Any, role: Any) -> None:
    assert not host.file("/var/run/docker.sock").exists
    assert "docker.sock" not in json.dumps(inspect(role, ".Mounts"))


def test_only_what_comes_from_the_machine_is_compiled_at_the_start(host: Any) -> None:
    compiled = host.check_output("find /tmp -name '*.pyc'").split()
    assert compiled
    assert [path for path in compiled if "/opt/" in path or "/usr/" in path] == []
    assert host.check_output("find /usr/lib/python3 /usr/lib/python3.* -name '*.pyc' | head -1")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_view_of_the_engine_refuses_to_write(host: Any, method: str) -> None:
    assert ask_engine(host, method, "/containers/json")[0] == 405


@pytest.mark.parametrize(
    "path", ["/containers/..%2fsecrets/json", "/containers/x/json/../archive?path=/", "/secrets", "/configs", "/events"]
)
def test_the_view_of_the_engine_shows_only_what_is_listed(host: Any, path: str) -> None:
    assert ask_engine(host, "GET", path)[0] == 403


def test_of_containers_of_others_neither_environment_nor_output_is_shown(host: Any) -> None:
    local = testinfra.get_host("local://")
    other = local.check_output(
        "docker run -d --rm --network none -e PASSWORD=hunter2 --entrypoint sleep $(docker inspect -f '{{.Image}}' "
        "$(docker ps -q --filter label=phlo.service=phlo-api | head -1)) 300"
    ).strip()
    try:
        status, body = ask_engine(host, "GET", f"/v1.41/containers/{other}/json")
        assert status == 200
        assert "hunter2" not in body
        assert ask_engine(host, "GET", f"/containers/{other}/logs?stdout=1")[0] == 403
        assert ask_engine(host, "GET", f"/containers/{other}/archive?path=/etc/hostname")[0] == 403
    finally:
        local.check_output(f"docker rm -f {other}")


def test_the_container_can_do_as_little_as_possible(host: Any, role: Any, project: Path) -> None:
    settings = inspect(role, ".HostConfig")
    assert settings["ReadonlyRootfs"] is True
    assert settings["CapDrop"] == ["ALL"]
    assert [option.replace("=", ":") for option in settings["SecurityOpt"]] == ["no-new-privileges:true"]
    assert host.check_output("id -u") == str(project.stat().st_uid)
    assert host.check_output("grep CapEff /proc/1/status").split()[1].strip("0") == ""
    assert host.run(f"touch {project}/phlo.yaml").rc != 0
    assert host.run(f"touch {project}/.phlo/x").rc != 0
