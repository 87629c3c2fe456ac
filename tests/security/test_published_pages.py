"""No web page can use what the platform publishes on this machine, whichever port it is."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import phlo
from phlo.discovery.role import read_role
from phlo.testing.browser import open_page
from tests.support.platform import Platform, Platforms

ROOT = Path(phlo.__file__).parent.parent
# A browser adds these to a request of its own page, and another page can make it send them.
Credentials = Callable[[Platform], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A published port. write: method, path and body of a request that changes something, or shows data.

    project: the platform that has it, LIGHT or FULL.
    refusals: the status of that request from a stranger. is_guarded: what a browser says of the request is heeded.
    browsers: the headers that a browser which is signed in sends by itself.
    """

    project: str
    write: tuple[str, str, str]
    refusals: tuple[int, ...]
    is_guarded: bool = True
    browsers: Credentials = field(default=lambda platform: {})


def login(password: str) -> Credentials:
    """The login of a guard. password: the secret's name."""

    def headers(platform: Platform) -> Mapping[str, str]:
        account = f"phlo:{platform.secret(password)}"
        return {"Authorization": f"Basic {base64.b64encode(account.encode()).decode()}"}

    return headers


dagster_login = login("DAGSTER_PASSWORD")


GRAPHQL = '{"query": "mutation { reloadWorkspace { __typename } }"}'
# The examples that have them.
LIGHT, FULL = "github-stats", "lakehouse"
LIGHT_PORTS = {
    ("dagster", 3000): Port(
        project=LIGHT, write=("POST", "/graphql", GRAPHQL), refusals=(401,), browsers=dagster_login
    ),
    ("duckdb", 9400): Port(project=LIGHT, write=("POST", "/query", '{"sql": "SELECT 1"}'), refusals=(401,)),
    ("observatory", 4200): Port(project=LIGHT, write=("POST", "/api/v1/runs", "{}"), refusals=(401,)),
    # Every request needs a token that no browser sends by itself.
    ("phlo-api", 4000): Port(
        project=LIGHT, write=("POST", "/api/v1/data/queries", "{}"), refusals=(401,), is_guarded=False
    ),
    # Every request has to be signed, with the name of the host in what is signed.
    ("seaweedfs", 8333): Port(project=LIGHT, write=("PUT", "/lake/object", "x"), refusals=(403,), is_guarded=False),
    ("seaweedfs", 8181): Port(
        project=LIGHT, write=("POST", "/v1/namespaces", "{}"), refusals=(401, 403), is_guarded=False
    ),
}
FULL_PORTS = {
    ("nessie", 19120): Port(
        project=FULL,
        write=("POST", "/api/v2/trees?name=evil&type=BRANCH", "{}"),
        refusals=(401,),
        browsers=login("NESSIE_PASSWORD"),
    ),
    # Superset asks for the token of its page (400) before it asks who is there.
    ("superset", 8088): Port(project=FULL, write=("POST", "/api/v1/database/", "{}"), refusals=(400,)),
    ("trino", 8080): Port(
        project=FULL, write=("POST", "/v1/statement", "SELECT 1"), refusals=(401,), browsers=login("TRINO_PASSWORD")
    ),
}
PORTS = LIGHT_PORTS | FULL_PORTS
# Not in the projects of this test: their images cannot be built, or have role tests of their own for this.
ELSEWHERE = {
    ("caddy", 8000), ("grafana", 3000), ("loki", 3100), ("minio", 9000), ("minio", 9001),
    ("pgweb", 8081), ("postgrest", 3000), ("prometheus", 9090),
}  # fmt: skip
NO_HTTP = {("postgres", 5432)}
HAS_HOST_NAMES = [port for port in PORTS if port[0] != "seaweedfs"]
GUARDED = [port for port in PORTS if PORTS[port].is_guarded]
on_light = pytest.mark.parametrize("platform", [LIGHT], indirect=True, scope="module")


def on_each(ports: Iterable[tuple[str, int]]) -> pytest.MarkDecorator:
    """Run a test for each port, on the platform that has it; all tests of one platform follow each other."""
    cases = [pytest.param(PORTS[port].project, port, id=f"{port[0]}-{port[1]}") for port in ports]
    return pytest.mark.parametrize(("platform", "port"), cases, indirect=["platform"], scope="module")


def test_every_port_that_a_package_publishes_is_attacked_here_or_named() -> None:
    published = {
        (service.name, int(port["target"]) if isinstance(port, dict) else int(str(port).rpartition(":")[2]))
        for package in ROOT.glob("packages/*/src/*/service.yaml")
        for service in read_role(package.parent, label=package.parent.name, kind="package")
        for port in service.compose.get("ports", ())
    }
    assert published == PORTS.keys() | ELSEWHERE | NO_HTTP


def test_the_guide_says_of_every_port_what_protects_it() -> None:
    page = (ROOT / "docs" / "guides" / "access.md").read_text()
    rows = page.partition("| service | port |")[2].partition("\n\n")[0].splitlines()[2:]
    named = {(cells[1].strip(" `"), int(cells[2].split(",")[0])) for cells in (row.split("|") for row in rows)}
    assert named == PORTS.keys() | ELSEWHERE | NO_HTTP


@pytest.fixture(scope="module")
def platform(request: pytest.FixtureRequest, examples: Platforms) -> Platform:
    """An example that is up."""
    platform = examples.get(request.param)
    platform.phlo("up")
    return platform


def send(platform: Platform, port: tuple[str, int], method: str, path: str, body: str = "", **headers: str) -> int:
    """The status of one request; in a header SELF is the address that the port is published on."""
    number = platform.ports[port]
    given = {name.replace("_", "-"): text.replace("SELF", f"127.0.0.1:{number}") for name, text in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=60)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **given})
        return connection.getresponse().status
    finally:
        connection.close()


@on_each(PORTS)
def test_who_has_not_signed_in_can_change_nothing(platform: Platform, port: tuple[str, int]) -> None:
    assert send(platform, port, *PORTS[port].write) in PORTS[port].refusals


@on_each(HAS_HOST_NAMES)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example"])
def test_dns_rebinding_reads_nothing(platform: Platform, port: tuple[str, int], host: str) -> None:
    signed_in = PORTS[port].browsers(platform)
    for path in ("/", "/health", "/metrics", "/docs", PORTS[port].write[1]):
        assert send(platform, port, "GET", path, Host=host, **signed_in) == 421


@on_each(GUARDED)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Origin": "http://evil.example"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"},
    ],
    ids=str,
)
def test_a_page_of_another_site_writes_nothing(
    platform: Platform, port: tuple[str, int], headers: Mapping[str, str]
) -> None:
    assert send(platform, port, *PORTS[port].write, **headers, **PORTS[port].browsers(platform)) == 403


@on_light
def test_a_mutation_that_a_page_sends_with_get_is_refused(platform: Platform) -> None:
    signed_in = dagster_login(platform)
    path = "/graphql?query=mutation{reloadWorkspace{__typename}}"
    for headers in ({}, {"Sec_Fetch_Site": "cross-site"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
        assert send(platform, ("dagster", 3000), "GET", path, **headers, **signed_in) in (403, 421)


@on_each(HAS_HOST_NAMES)
@pytest.mark.parametrize("host", ["SELF", "localhost", "page.localhost:8000", "service", "[::1]:3000"])
def test_the_services_own_names_go_on_working(platform: Platform, port: tuple[str, int], host: str) -> None:
    signed_in = PORTS[port].browsers(platform)
    assert send(platform, port, "GET", "/", Host=host, **signed_in) not in (401, 403, 421)


@on_light
def test_dagster_answers_its_own_page_and_programs(platform: Platform) -> None:
    signed_in = dagster_login(platform)
    for headers in ({}, {"Origin": "http://SELF", "Sec_Fetch_Site": "same-origin"}):
        query = '{"query": "{ version }"}'
        assert send(platform, ("dagster", 3000), "POST", "/graphql", query, **headers, **signed_in) == 200


MUTATION = "mutation{reloadWorkspace{__typename}}"
ATTACK = """async ([target, mutation]) => {
    const image = new Promise(done => {
        const image = new Image()
        image.onload = image.onerror = done
        image.src = `${target}/graphql?query=${mutation}`
    })
    const socket = new Promise(done => {
        const socket = new WebSocket(target.replace("http", "ws") + "/graphql", "graphql-ws")
        socket.onopen = () => done("open")
        socket.onerror = () => done("refused")
    })
    const request = {method: "POST", mode: "no-cors", credentials: "include", body: JSON.stringify({query: mutation})}
    await Promise.all([image, fetch(`${target}/graphql`, request).catch(() => null)])
    return await socket
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Win a prize</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_site() -> Iterator[int]:
    """The port of a server with a page on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        Thread(target=server.serve_forever).start()
        yield server.server_address[1]
        server.shutdown()


# One is another site, the other the same site at another port.
@pytest.mark.browser
@on_light
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_page_in_a_browser_that_is_signed_in_changes_nothing(platform: Platform, other_site: int, name: str) -> None:
    target = f"127.0.0.1:{platform.ports['dagster', 3000]}"
    with open_page() as page:
        signed_in = page.goto(f"http://phlo:{platform.secret('DAGSTER_PASSWORD')}@{target}/server_info")
        assert signed_in is not None
        assert signed_in.status == 200
        page.goto(f"http://{name}:{other_site}/")
        seen: list[tuple[str, int]] = []
        page.on("response", lambda answer: seen.append((answer.request.method, answer.status)))
        assert page.evaluate(ATTACK, [f"http://{target}", MUTATION]) == "refused"
        assert {method for method, _ in seen} == {"GET", "POST"}
        assert {status for _, status in seen} == {403}
        link = page.goto(f"http://{target}/graphql?query={MUTATION}", referer=f"http://{name}:{other_site}/")
        assert link is not None
        assert link.status == 403
