"""Tokens that are wrong, revoked or rotated; whose request it is; what strangers are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from phlo_api.server.audit import Audit
from phlo_api.server.buckets import MOST_CALLERS, Buckets
from phlo_api.server.sql_text import shape_of
from phlo_api.server.tokens import Identity
from serving import OPERATOR, VIEWER, Served, make_project, served, settings_of

RUN = "20260131-120000-000000"


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture
def api(root: Path) -> Iterator[Served]:
    with served(settings_of(root, trusted_proxies=("127.0.0.0/8",))) as one:
        yield one


def test_five_thousand_wrong_tokens_of_one_address_are_refused_after_a_few(api: Served) -> None:
    with httpx.Client(base_url=api.url, timeout=60) as client:
        assert client.get("/session", headers=bearer(VIEWER)).status_code == 200
        answers = [client.get("/session", headers=bearer(f"wrong-{index:040}")) for index in range(5000)]
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(401) < 100
        assert statuses.count(429) == 5000 - statuses.count(401)
        assert answers[-1].headers["retry-after"]
        # Anyone who has signed in from there before goes on; a token that was never seen there is not even looked at.
        assert client.get("/session", headers=bearer(VIEWER)).status_code == 200
        assert client.get("/session", headers=bearer(OPERATOR)).status_code == 429
        elsewhere = bearer(OPERATOR, **{"X-Forwarded-For": "198.51.100.7"})
        assert client.get("/session", headers=elsewhere).status_code == 200


def test_the_limit_is_for_all_paths_and_no_open_path_gives_a_guess_back(api: Served) -> None:
    with httpx.Client(base_url=api.url.removesuffix("/api/v1"), timeout=60) as client:
        paths = ["/health", "/api/v1/services", "/api/v1/audit", "/openapi.json"] * 20
        found = [client.get(path, headers=bearer(f"wrong-{at:040}")).status_code for at, path in enumerate(paths)]
    assert found.count(401) < 20
    assert found[-4:-1] == [429] * 3


def test_limits_of_many_addresses_take_bounded_memory() -> None:
    buckets = Buckets(20)
    for caller in range(3 * MOST_CALLERS):
        buckets.take(str(caller).encode(), now=0.0)
    assert len(buckets._buckets) == MOST_CALLERS


@pytest.mark.parametrize(
    ("trusted", "header", "address"),
    [
        (("127.0.0.0/8",), "198.51.100.7", "198.51.100.7"),
        (("localhost",), "198.51.100.7", "198.51.100.7"),
        (("127.0.0.1", "10.0.0.0/8"), "203.0.113.9, 198.51.100.7, 10.1.1.1", "198.51.100.7"),
        (("127.0.0.1",), "nonsense", "127.0.0.1"),
        (("127.0.0.1",), "198.51.100.7, \x22<script>", "127.0.0.1"),
        ((), "198.51.100.7", "127.0.0.1"),
        (("10.0.0.0/8",), "198.51.100.7", "127.0.0.1"),
    ],
)
def test_the_audit_log_has_the_client_that_a_trusted_proxy_names(
    root: Path, trusted: tuple[str, ...], header: str, address: str
) -> None:
    with served(settings_of(root, trusted_proxies=trusted)) as api:
        headers = bearer(OPERATOR, **{"X-Forwarded-For": header})
        assert httpx.post(f"{api.url}/actions/up", json={}, headers=headers, timeout=60).status_code == 403
        assert httpx.get(f"{api.url}/audit", headers=headers, timeout=60).json()[0]["address"] == address


def test_a_rotated_token_ends_its_streams_and_no_others(api: Served, root: Path) -> None:
    begun = {"v": 2, "time": 1.0, "run": RUN, "kind": "run_started", "title": "up"}
    (root / ".phlo" / "runs" / f"{RUN}.jsonl").write_text(json.dumps(begun) + "\n")
    with httpx.Client(base_url=api.url, timeout=60) as client:
        path = f"/runs/{RUN}/events"
        with (
            client.stream("GET", path, headers=bearer(VIEWER)) as stream,
            client.stream("GET", path, headers=bearer(OPERATOR)) as other,
        ):
            lines, others = stream.iter_lines(), other.iter_lines()
            assert next(lines) == next(others) == "id: 1"
            assert client.post("/tokens/viewer/rotate", headers=bearer(OPERATOR)).status_code == 200
            assert "event: revoked" in list(lines)
            ended = {"v": 2, "time": 1.0, "run": RUN, "kind": "run_finished", "result": "ok", "seconds": 1.0}
            with (root / ".phlo" / "runs" / f"{RUN}.jsonl").open("a") as file:
                file.write(json.dumps(ended) + "\n")
            assert "event: end" in list(others)


def test_a_token_that_is_made_anew_on_the_machine_ends_the_streams_of_the_old_one(root: Path) -> None:
    (root / "phlo.yaml").write_text("name: lake\nservices: {defaults: false, enabled: [phlo-api]}\n")
    secrets = root / ".phlo" / ".env.local"
    secrets.write_text(f"PHLO_API_VIEWER_TOKEN={VIEWER}\nPHLO_API_OPERATOR_TOKEN={OPERATOR}\n")
    begun = {"v": 2, "time": 1.0, "run": RUN, "kind": "run_started", "title": "up"}
    (root / ".phlo" / "runs" / f"{RUN}.jsonl").write_text(json.dumps(begun) + "\n")
    with (
        served(settings_of(root, tokens={})) as api,
        httpx.stream("GET", f"{api.url}/runs/{RUN}/events", headers=bearer(VIEWER), timeout=60) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "id: 1"
        secrets.write_text(f"PHLO_API_VIEWER_TOKEN=another-{VIEWER}\nPHLO_API_OPERATOR_TOKEN={OPERATOR}\n")
        assert "event: revoked" in list(lines)


def test_health_shows_strangers_nothing_of_the_project(api: Served, root: Path) -> None:
    (root / "phlo.yaml").write_text("name: [hunter2")
    url = api.url.removesuffix("/api/v1") + "/health"
    stranger = httpx.get(url, timeout=60)
    assert stranger.status_code == 200
    assert stranger.json() == {
        "status": "ok", "version": stranger.json()["version"], "project": None, "engine": None, "notes": [],
    }  # fmt: skip
    assert "phlo.yaml" in httpx.get(url, headers=bearer(OPERATOR), timeout=60).json()["project"]
    assert httpx.get(url, headers=bearer("wrong-" + "w" * 40), timeout=60).status_code == 401


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("select a, t1.b from t where c = 'hunter2' and d > 12.5e3", "select a, t1.b from t where c = *** and d > ***"),
        ("select 'it''s hunter2' -- hunter2\nfrom t", "select *** *** from t"),
        ("select /* hunter2", "select ***"),
        ("select 'hunter2", "select ***"),
        ('select $a$hunter2$a$ from "order"', 'select *** from "order"'),
        (r"select E'it\'s hunter2', 'b'", "select E***"),
        ("CREATE SECRET s (TYPE s3, KEY_ID hunter2)", "CREATE ***"),
        ("alter user a set password hunter2", "alter ***"),
    ],
)
def test_of_sql_the_audit_log_has_the_shape_without_values(sql: str, shape: str) -> None:
    assert shape_of(sql) == shape


def test_an_attackers_refusals_do_not_push_entries_out_of_the_audit_log(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    viewer, operator = Identity(name="viewer", role="viewer"), Identity(name="operator", role="operator")
    audit.note(operator, "up", "all", "started")
    for _ in range(2000):
        audit.note(viewer, "up", "x" * 40_000, "refused", detail="y" * 40_000)
    assert (tmp_path / "audit.jsonl").stat().st_size < 50_000
    assert audit.latest(1000)[-1].who == "operator"
