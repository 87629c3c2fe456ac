"""A saved plan holds nothing secret, and says what changed since it was made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, PlanError
from phlo.image_source import ImageSource
from phlo.operations import container, hook
from phlo.plan.graph import Plan, ordered
from phlo.plan.saved import Live, SavedPlan, approver, capture, moved, read, to_text
from phlo.values import Change, FileSpec, Secret, Status, Step

SALT = "00" * 16
SENTINEL = "s3ntinel-of-the-saved-plan"
RECREATE = Change(at="container:lake-web-1", verb="recreate", causes=("environment.SIZE changed",))
ASKED: dict[str, Any] = {
    "services": ["web"],
    "profile": [],
    "no_deps": False,
    "exclude": [],
    "scale": [],
    "dev": False,
    "image_source": None,
    "tags": None,
    "recreate": False,
    "remove_orphans": False,
    "project_name": None,
    "unprotect": [],
    "inventory": [],
    "extra": ["A"],
}
LIVE: Live = {"local": {"lake-web-1": {"id": "a" * 64, "service": "web", "state": "running"}}}


def web(*, size: str = "big", token: str = SENTINEL, **fields: Any) -> container.Args:
    args = container.Args(
        project="lake",
        service="web",
        instance=1,
        name="lake-web-1",
        image=ImageSource(reference="web:1"),
        body={"Env": [f"SIZE={size}", Secret(f"TOKEN={token}")], "HostConfig": {"Memory": 1 << 20}},
        files=(FileSpec(path="/etc/web.conf", content=Secret(f"key = {token}")),),
    )
    return replace(args, **fields)


def plan_of(*steps: Step) -> Plan:
    return Plan(title="up", project="lake", steps=ordered(steps))


def step(args: Any, name: str = "container", *after: str, operation: str = "container") -> Step:
    return Step(host="local", service="web", name=name, operation=operation, args=args, after=after)


def saved(
    args: container.Args | None = None,
    *changes: Change,
    live: Live = LIVE,
    salt: str = SALT,
    asked: Mapping[str, Any] | None = None,
) -> SavedPlan:
    decided = {"local/web/container": (Status.PENDING if changes else Status.OK, changes)}
    plan = plan_of(step(args or web()))
    return capture(plan, decided, live, root=Path("/lake"), asked=asked or {"services": []}, salt=salt, made=1.5)


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    plan = saved(None, RECREATE, asked=ASKED)
    (tmp_path / "next.plan").write_text(to_text(plan))
    assert read(tmp_path / "next.plan") == plan


def test_no_secret_and_no_value_is_in_the_file() -> None:
    text = to_text(saved(web(size="unusually-big"), RECREATE))
    assert SENTINEL not in text
    assert "unusually-big" not in text
    assert "environment.TOKEN" in text


def test_equal_secrets_have_other_digests_under_another_salt() -> None:
    one, other = (saved(salt=salt).steps[0].inputs["environment.TOKEN"] for salt in (SALT, "11" * 16))
    assert one != other
    assert saved().steps[0].inputs["environment.TOKEN"] == one


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"phlo_plan": 99}', '{"phlo_plan": 1}'])
def test_a_file_that_is_no_plan_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "next.plan"
    path.write_text(text)
    with pytest.raises(ConfigError, match="plan"):
        read(path)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key and item of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from places(item, (*path, key))


WHOLE = json.loads(to_text(saved(None, RECREATE, asked=ASKED)))
GONE = object()
# What may be missing or have any name: the entries of lists and of mappings from names that phlo did not choose.
FREE = {("steps", 0), ("steps", 0, "changes", 0), ("asked", "services", 0), ("asked", "extra", 0), ("live", "local")}


@pytest.mark.parametrize("path", list(places(WHOLE)), ids=lambda path: ".".join(map(str, path)))
def test_a_changed_plan_is_an_error_or_another_plan_and_never_a_crash(path: tuple[Any, ...], tmp_path: Path) -> None:
    file = tmp_path / "next.plan"
    for value in (GONE, None, 7, [], {}, [[1]], {"a": 1}):
        file.write_text(json.dumps(changed(path, value)))
        try:
            found = read(file)
        except ConfigError:
            continue
        assert value is not GONE or "inputs" in path or "causes" in path or path in FREE or path[0] == "live"
        list(moved(found, saved(None, RECREATE, asked=ASKED)))
        approver(found, plan_of(step(web())))


def changed(path: tuple[Any, ...], value: Any) -> Any:
    """The plan with one value in it replaced, or taken away."""
    whole = json.loads(json.dumps(WHOLE))
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    if value is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return whole


@pytest.mark.parametrize("text", ["[" * 100_000, '{"phlo_plan": 1' + " " * 100, "\x00", '{"phlo_plan": 1e999}'])
def test_a_torn_or_hostile_file_is_no_plan(text: str, tmp_path: Path) -> None:
    (tmp_path / "next.plan").write_text(text)
    with pytest.raises(ConfigError, match="plan"):
        read(tmp_path / "next.plan")


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "none.plan")
    assert "phlo plan -o" in str(caught.value)


def test_a_plan_holds_as_long_as_nothing_moves() -> None:
    assert moved(saved(None, RECREATE), saved(None, RECREATE)) == []


MOVES: dict[str, tuple[SavedPlan, str]] = {
    "a variable": (saved(web(size="small")), "local/web/container: configuration changed since: environment.SIZE"),
    "a secret": (
        saved(web(token="another-secret-text")),
        "local/web/container: configuration changed since: environment.TOKEN, files./etc/web.conf",
    ),
    "a limit": (
        saved(web(body={"Env": web().body["Env"]})),
        "local/web/container: configuration changed since: Memory",
    ),
    "a decision": (
        saved(None, RECREATE),
        f"local/web/container: planned was nothing; now it would be recreate {RECREATE.at} ({RECREATE.causes[0]})",
    ),
    "a container recreated": (
        saved(live={"local": {"lake-web-1": {"id": "b" * 64, "service": "web", "state": "running"}}}),
        f"local container lake-web-1: was recreated since ({'a' * 12} -> {'b' * 12})",
    ),
    "a container stopped": (
        saved(live={"local": {"lake-web-1": {"id": "a" * 64, "service": "web", "state": "exited"}}}),
        "local container lake-web-1: was running, is exited",
    ),
    "a container gone": (saved(live={"local": {}}), "local container lake-web-1: is gone"),
}


@pytest.mark.parametrize("case", MOVES)
def test_what_moved_is_told(case: str) -> None:
    now, line = MOVES[case]
    assert moved(saved(), now) == [line]


def test_containers_of_services_that_are_not_in_the_plan_may_move() -> None:
    other = {"id": "c" * 64, "service": "other", "state": "running"}
    assert moved(saved(), saved(live={"local": {**LIVE["local"], "lake-other-1": other}})) == []


def test_steps_that_come_and_go_are_told() -> None:
    none = replace(saved(), steps=())
    assert moved(saved(), none) == ["local/web/container: is no longer part of it"]
    assert moved(replace(none, live=LIVE), saved()) == ["local/web/container: was not part of it"]


def test_a_project_in_another_folder_gives_the_same_plan() -> None:
    def in_folder(root: Path) -> SavedPlan:
        args = hook.Args(service="web", name="warm", point="post_start", command="true", folder=root / "jobs")
        plan = plan_of(step(args, operation="hook"))
        decided: dict[str, Any] = {"local/web/container": (Status.OK, ())}
        return capture(plan, decided, {}, root=root, asked={}, salt=SALT, made=1.5)

    assert moved(in_folder(Path("/here")), in_folder(Path("/there"))) == []


# -- at the last moment ---------------------------------------------------------------------------------------


def approve(planned: tuple[Change, ...], wanted: Change, *, image: Status = Status.OK) -> None:
    pulled = step(None, "image", operation="image")
    made = step(web(), "container", "local/web/image")
    plan = plan_of(pulled, made)
    decided = {
        "local/web/image": (image, ()),
        "local/web/container": (Status.PENDING if planned else Status.OK, planned),
    }
    kept = capture(plan, decided, {}, root=Path("/lake"), asked={}, salt=SALT, made=1.5)
    approver(kept, plan)(made, (wanted,))


def test_a_planned_change_is_made_whatever_its_cause_is_now() -> None:
    approve((RECREATE,), replace(RECREATE, causes=("image: 1 -> 2",)))


def test_a_change_that_was_not_planned_is_refused() -> None:
    with pytest.raises(PlanError, match="is not in the saved plan"):
        approve((), RECREATE)


def test_what_follows_from_a_planned_change_is_part_of_the_plan() -> None:
    approve((), RECREATE, image=Status.PENDING)


def test_a_wait_needs_nobodys_leave() -> None:
    approve((), Change(at="container:lake-web-1", verb="wait", causes=("health: starting",), is_counted=False))
