"""The guard lets through what a program or the service's own page sends, and nothing that another page sends."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from testinfra import get_host

from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.image_source import BuildRecipe, ImageSource
from phlo.images.base_recipe import DEFAULT_SUITE
from phlo.images.obtain import obtain
from phlo.images.recipe import content_tag
from phlo.images.registries import Registries

LOGIN = ("tester", "correct")
DEADLINE_SECONDS = 60
WEBSOCKET = {"Connection": "Upgrade", "Upgrade": "websocket"}
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
Start = Callable[..., "Guarded"]


class Guarded:
    """A container with a server behind the guard."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.netloc = docker(f"port {name} 8000").splitlines()[0]
        self.internal = docker(f"port {name} 8002").splitlines()[0]
        self._await()

    def status(
        self, method: str = "GET", path: str = "/", *, login: tuple[str, str] | None = LOGIN, **headers: str
    ) -> int:
        named = {name.replace("_", "-"): text.replace("SELF", self.netloc) for name, text in headers.items()}
        return httpx.request(method, f"http://{self.netloc}{path}", headers=named, auth=login, timeout=30).status_code

    def _await(self) -> None:
        """Wait until both answer: before, the port is closed, or the guard says 502."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._is_up():
            assert time.monotonic() < deadline, docker(f"logs {self.name}")
            time.sleep(0.1)

    def _is_up(self) -> bool:
        try:
            return self.status() == 200
        except httpx.TransportError:
            return False


def docker(command: str) -> str:
    return str(get_host("local://").check_output(f"docker {command}"))


@pytest.fixture(scope="module")
def image() -> str:
    context = Path(__file__).with_name("echo")
    recipe = BuildRecipe(name="phlo/test-guard:1", context=context, base=DEFAULT_SUITE, has_guard=True)
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        obtain(ImageSource(reference=None, recipe=recipe), Host(name="local", engine=engine), registries=Registries())
    return content_tag(recipe)


@pytest.fixture(scope="module")
def start(image: str) -> Iterator[Start]:
    with ExitStack() as containers:

        def call(environment: Mapping[str, str] | None = None) -> Guarded:
            name = f"phlo-test-guard-{uuid.uuid4().hex[:6]}"
            containers.callback(docker, f"rm -f {name}")
            words = " ".join(f"-e {key}='{text}'" for key, text in (environment or {}).items())
            ports = "-p 127.0.0.1::8000 -p 127.0.0.1::8002"
            docker(f"run -d --init --name {name} --read-only --cap-drop ALL {ports} {words} {image}")
            return Guarded(name)

        yield call


@pytest.fixture(scope="module")
def guarded(start: Start) -> Guarded:
    return start({"PHLO_ALLOWED_HOSTS": "lake.example.com, .pages.example.com"})


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:9", "dagster.localhost:8000", "dagster", "lake-dagster-1:3000", "10.1.2.3", "[::1]:80",
        "lake.example.com", "LAKE.example.com:80", "dagster.pages.example.com",
    ],
)  # fmt: skip
def test_a_name_that_nobody_else_can_own_is_accepted(guarded: Guarded, host: str) -> None:
    assert guarded.status(Host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "evil.lake.example.com",
        "lake-example.com", "lakeXexample.com", "pages.example.com", "127.0.0.1@evil.example", "evil.example#localhost",
    ],
)  # fmt: skip
def test_dns_rebinding_is_refused(guarded: Guarded, host: str) -> None:
    assert guarded.status(Host=host) in (400, 421)
    assert guarded.status("POST", Host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin") in (400, 421)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_programs_and_the_services_own_pages_are_let_through(guarded: Guarded, method: str) -> None:
    assert guarded.status(method) == 200
    assert guarded.status(method, Origin="http://SELF") == 200
    # A TLS proxy in front.
    assert guarded.status(method, Origin="https://SELF", Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors") == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "http://SELF.evil.example"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_a_request_with_the_origin_of_another_page_is_refused(guarded: Guarded, method: str, origin: str) -> None:
    assert guarded.status(method, Origin=origin) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("destination", ["image", "script", "iframe", "empty", "document"])
@pytest.mark.parametrize("mode", ["no-cors", "cors", "navigate", "websocket"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_page_can_do_no_more_than_link_here(
    guarded: Guarded, site: str, destination: str, mode: str, method: str
) -> None:
    is_link = (method, mode, destination) == ("GET", "navigate", "document")
    headers = {"Sec_Fetch_Site": site, "Sec_Fetch_Dest": destination, "Sec_Fetch_Mode": mode}

    assert guarded.status(method, **headers) == (200 if is_link else 403)


def test_a_websocket_of_another_page_is_refused(guarded: Guarded) -> None:
    assert guarded.status(**WEBSOCKET, Origin="http://evil.example") == 403


@pytest.mark.parametrize("login", [None, ("tester", "wrong"), ("other", "correct"), ("tester", "")])
def test_without_the_login_only_what_is_open_is_answered(guarded: Guarded, login: tuple[str, str] | None) -> None:
    assert guarded.status(login=login) == 401
    assert guarded.status("POST", "/open/../closed", login=login) == 401
    assert guarded.status(path="/open", login=login) == 200


def test_a_port_for_services_needs_no_login_and_refuses_pages_all_the_same(guarded: Guarded) -> None:
    assert httpx.get(f"http://{guarded.internal}/").status_code == 200
    for headers, status in [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403),
    ]:
        assert httpx.post(f"http://{guarded.internal}/", headers=headers).status_code == status


def test_the_server_does_not_see_the_password(guarded: Guarded) -> None:
    seen = httpx.get(f"http://{guarded.netloc}/", auth=LOGIN).json()
    assert "Authorization" not in seen
    assert seen["Host"] == guarded.netloc


def test_the_program_gets_the_signals_and_its_exit_code_is_the_containers(start: Start) -> None:
    guarded = start()
    docker(f"kill --signal TERM {guarded.name}")
    assert docker(f"wait {guarded.name}").strip() == "7"


def test_when_the_guard_ends_the_program_is_not_served_without_it(start: Start) -> None:
    guarded = start()
    killed = get_host("local://").run(f"docker exec {guarded.name} python3 -c '{_KILL_GUARD}'")
    assert killed.rc in (0, 137)  # 137: the container has ended before the command in it has
    assert docker(f"wait {guarded.name}").strip() == "7"


def test_a_name_that_is_none_ends_the_start_with_the_variable_and_the_fix(image: str) -> None:
    ended = get_host("local://").run(f"docker run --rm -e 'PHLO_ALLOWED_HOSTS=a)|(.*' {image}")
    assert ended.rc == 2
    assert 'PHLO_ALLOWED_HOSTS: "a)|(.*" is not a name. Write names such as' in ended.stderr


_KILL_GUARD = (
    "import os, pathlib; "
    '[os.kill(int(p.parent.name), 9) for p in pathlib.Path("/proc").glob("[0-9]*/comm") if p.read_text() == "caddy\\n"]'
)
