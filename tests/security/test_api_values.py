"""No value that a client of phlo-api sends is read as an option, a path or a program, anyone who sends it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from phlo_api.openapi import document_text
from phlo_api.server.app import create_app
from phlo_api.server.settings import ACTIONS, HOSTS_VARIABLE, Settings

from tests.security.witness import Seen, snapshot, watched

VIEWER, OPERATOR = "viewer-" + "v" * 40, "operator-" + "o" * 40
RUN = "20260131-120000-000000"
PROJECT = """
name: attacked
services:
  defaults: false
  web: {type: inline, image: "web:1", ports: ["8080:80"]}
  enabled: [speaker]
"""
ROLE = "name: speaker\\ndescription: says words\\nimage: speaker:1\\n".replace("\\n", "\n")
ACTION = """
help: Say something
arguments:
  text: {help: what to say}
  words: {positional: true, help: more of it}
tasks:
  - name: say
    debug: {msg: "{{ text }} {{ words }}"}
"""


HOST = "lake.example"


@dataclass(frozen=True)
class Site:
    """A project with an API in this process. canary: a folder with a program, which nothing may touch."""

    root: Path
    canary: Path
    app: Any

    @property
    def hostile(self) -> list[str]:
        there = str(self.canary)
        return [
            f"-o{there}/out", f"-i{there}/program", f"-e@{there}/vars.yaml", f"--inventory={there}/program",
            f"--project-dir={there}", f"--out={self.root}/phlo.yaml", f"-o{self.root}/.phlo/api/audit.jsonl",
            "-h", "--help", "--", "-", "--debug", "--check", "-C/", f"@{there}/vars.yaml", f"{there}/program",
            "..", "../..", f"../../../../../../..{there}/program", "%2e%2e%2f", "....//", "/etc/passwd", "C:\\",
            "~root",
            f"$({there}/program)", f"`{there}/program`", f";{there}/program", f"|{there}/program",
            f"a\n{there}/program",
            "\x00", "a\x00b", "\n", "\r\nSet-Cookie: a=b", "\x1b]52;c;aGk=\x07", "\x7f", "\x85", "\u2028", "\u202e",
            "\ud800",
            "{{ lookup('pipe', 'id') }}", "{{ 7*7 }}", "${PATH}", "' OR 1=1 --", '"', "", " ", "a" * 5000, "٣", "ａ",
        ]  # fmt: skip

    def ask(self, requests: list[dict[str, Any]], token: str) -> list[httpx.Response]:
        async def send() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}:4000") as client:
                own = {"Authorization": f"Bearer {token}"}
                return [
                    await client.request(**{**one, "headers": {**own, **one.get("headers", {})}}) for one in requests
                ]

        answers = asyncio.run(send())
        # A request that the check of the Host header refuses would reach nothing that is under attack here.
        assert not [one for one in answers if one.status_code == 421 and one.request.headers["Host"] == f"{HOST}:4000"]
        return answers


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    tmp_path = tmp_path_factory.mktemp("site")
    root, canary = tmp_path / "project", tmp_path / "canary"
    (root / "roles/speaker/tasks").mkdir(parents=True)
    (root / ".phlo/runs").mkdir(parents=True)
    (root / "phlo.yaml").write_text(PROJECT)
    (root / "roles/speaker/service.yaml").write_text(ROLE)
    (root / "roles/speaker/tasks/say.yaml").write_text(ACTION)
    record = [{"v": 2, "time": 1.0, "run": RUN, "kind": "run_started", "title": "up"}]
    record += [{"v": 2, "time": 2.0, "run": RUN, "kind": "run_finished", "result": "ok", "seconds": 1.0}]
    (root / f".phlo/runs/{RUN}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in record))
    canary.mkdir()
    (canary / "program").write_text(f"#!/bin/sh\ntouch {canary}/ran\necho '{{}}'\n")
    (canary / "program").chmod(0o755)
    (canary / "vars.yaml").write_text("PATH: nowhere\n")
    (tmp_path / "cache").mkdir()
    app = create_app(
        Settings(
            root=root,
            state_folder=root / ".phlo/api",
            environ={
                "DOCKER_HOST": f"unix://{tmp_path}/no.sock",
                HOSTS_VARIABLE: HOST,
                "PATH": "/usr/bin:/bin",
                "XDG_CACHE_HOME": str(tmp_path / "cache"),
                "HOME": str(tmp_path),
            },
            tokens={"operator": OPERATOR, "viewer": VIEWER},
            actions=ACTIONS,
            requests_per_minute=1_000_000,
        )
    )
    site = Site(root, canary, app)
    site.ask([{"method": "GET", "url": "/api/v1/services"}], VIEWER)
    yield site
    app.state.context.close()


DOCUMENT = json.loads(document_text())
OPERATIONS = sorted(
    (operation["operationId"], method, path)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if operation["operationId"] != "rotate_token"  # its one value is tested below: it may not be valid
)
_PATH_VALUES = {
    "name": "speaker", "action": "say", "run": RUN, "namespace": "ns", "table": "t",
    "query": "some-query",
}  # fmt: skip


def requests_of(method: str, path: str, hostile: str) -> Iterator[dict[str, Any]]:
    """A request for each string that an operation takes, with the hostile value in its place."""
    operation = DOCUMENT["paths"][path][method]
    parameters = operation.get("parameters", [])
    plain = path
    for name, value in _PATH_VALUES.items():
        plain = plain.replace(f"{{{name}}}", value)
    body = _body_of(operation)
    base: dict[str, Any] = {"method": method.upper(), "url": plain}
    if body is not None:
        base["json"] = {"sql": "select 1"} if "/data/" in path else {}
    follow = {"follow": "false"} if path.endswith(("/logs", "/changes")) else {}
    for one in parameters:
        if one["in"] == "path":
            url = path.replace(f"{{{one['name']}}}", quote(hostile, safe="", errors="surrogatepass"))
            for name, value in _PATH_VALUES.items():
                url = url.replace(f"{{{name}}}", value)
            yield {**base, "url": url}
        elif one["in"] == "query":
            text = hostile.encode(errors="surrogatepass").decode(errors="replace")
            yield {**base, "params": {**follow, one["name"]: text}}
        elif one["in"] == "header":
            yield {**base, "params": follow, "headers": {one["name"]: hostile.encode("latin-1", "replace")}}
    if body is not None:
        for value in _bodies(body, hostile):
            text = json.dumps({**base["json"], **value})
            yield {key: base[key] for key in ("method", "url")} | {
                "content": text.encode(), "headers": {"Content-Type": "application/json"},
            }  # fmt: skip


def _body_of(operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    reference = json.dumps(content).partition("#/components/schemas/")[2].partition('"')[0]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][reference]
    return found


def _bodies(schema: dict[str, Any], hostile: str) -> Iterator[dict[str, Any]]:
    for name, one in schema["properties"].items():
        if one.get("type") == "array":
            yield {name: [hostile]}
            yield {name: ["web", hostile]}
        elif one.get("type") == "object":
            for key in ("text", "words", hostile):
                yield {name: {key: hostile}}
        else:
            yield {name: hostile}


def assert_untouched(site: Site, seen: Seen, before: dict[str, Any], *, allowed: list[list[str]]) -> None:
    api = site.root / ".phlo/api"
    assert [one for one in seen.programs if one not in allowed] == []
    harmless = (str(api), "/dev/null", str(site.root.parent / "cache"), "/proc/", "")
    assert [one for one in seen.paths if one and not one.startswith(harmless[:-1])] == []
    assert snapshot(site.root, site.canary, without=(api,)) == before


@pytest.mark.parametrize("token", [VIEWER, OPERATOR], ids=["viewer", "operator"])
@pytest.mark.parametrize(("operation", "method", "path"), OPERATIONS, ids=[one[0] for one in OPERATIONS])
def test_a_hostile_value_changes_no_file_and_runs_no_program(
    site: Site, operation: str, method: str, path: str, token: str
) -> None:
    api = site.root / ".phlo/api"
    before = snapshot(site.root, site.canary, without=(api,))
    requests = [one for hostile in site.hostile for one in requests_of(method, path, hostile)]
    if operation == "start_action" and token == OPERATOR:
        requests = requests[::7]  # a text for an action is a text, and each of them is a process
    with watched() as seen:
        answers = site.ask(requests, token)
    assert [answer.text for answer in answers if answer.status_code == 500] == []
    runs = [one for one in seen.programs if token == OPERATOR and is_harmless_run(one, site)]
    if operation not in ("start_action", "start_up", "start_restart", "start_rollback"):
        assert runs == []
    assert_untouched(site, seen, before, allowed=runs)


def is_harmless_run(words: list[str], site: Site) -> bool:
    """Whether argv is one of phlo's commands in which no client's text can be an option."""
    if words[:3] != [sys.executable, "-m", "phlo"]:
        return False
    options = words[3 : words.index("--")]
    values = ("--output", "json", f"--project-dir={site.root}", "speaker.say")
    return options[0] in ("up", "restart", "rollback", "run") and all(
        word in values or word.startswith(("--text=", "--words=")) for word in options[1:]
    )


def test_the_audit_log_only_grows_whatever_is_asked(site: Site) -> None:
    log = site.root / ".phlo/api/audit.jsonl"
    site.ask([{"method": "POST", "url": "/api/v1/actions/up", "json": {}}], VIEWER)
    before = log.read_bytes()
    assert before
    for _, method, path in OPERATIONS:
        site.ask([one for hostile in site.hostile[:8] for one in requests_of(method, path, hostile)], VIEWER)
    assert log.read_bytes().startswith(before)


@pytest.mark.parametrize("token", [VIEWER, OPERATOR], ids=["viewer", "operator"])
def test_no_hostile_name_rotates_a_token(site: Site, token: str) -> None:
    urls = [f"/api/v1/tokens/{quote(one, safe='', errors='surrogatepass')}/rotate" for one in site.hostile]
    answers = site.ask([{"method": "POST", "url": url} for url in urls], token)
    assert {answer.status_code for answer in answers} <= {307, 403, 404, 405}
    assert site.ask([{"method": "GET", "url": "/api/v1/session"}], token)[0].status_code == 200


@pytest.mark.parametrize(
    "host", ["[::1", "a:b:c", "evil.example/..", "a@b", "\x00", "x" * 4000, "[v1.x]", "localhost:99999999", ""]
)
def test_a_host_header_that_is_none_is_no_fault_and_is_not_repeated(site: Site, host: str) -> None:
    request = {"method": "GET", "url": "/api/v1/services/web", "headers": {"Host": host}}
    (answer,) = site.ask([request], VIEWER)
    assert answer.status_code < 500
    assert not host or len(host) < 3 or host not in answer.text


def test_an_option_in_a_plan_is_an_unknown_service(site: Site) -> None:
    """The attack of the report: each of these was an option of `phlo plan`."""
    for hostile in (f"-o{site.canary}/out", f"-i{site.canary}/program", f"--out={site.root}/phlo.yaml"):
        (answer,) = site.ask([{"method": "GET", "url": "/api/v1/plan", "params": {"service": hostile}}], VIEWER)
        assert answer.status_code == 404
    assert sorted(path.name for path in site.canary.iterdir()) == ["program", "vars.yaml"]


def test_the_witness_sees_a_program_and_a_file(tmp_path: Path) -> None:
    with watched() as seen:
        subprocess.run(["/bin/true"], check=True)
        (tmp_path / "file").write_text("x")
    assert seen.programs == [["/bin/true"]]
    assert str(tmp_path / "file") in seen.paths
