"""Services of a host: what is printed of them, what has to be done to them, and the commands for it."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.errors import ConfigError
from phlo.operations import service, systemd
from phlo.operations.arguments import make_args
from phlo.operations.service_units import Unit, action_command, parse_unit

RUNNING = "systemd\nenabled 0 enabled\nType=notify\nLoadState=loaded\nActiveState=active\nExecStart={ path=/x ; a=b }\n"
DEAD = "systemd\nenabled 1 disabled\nLoadState=loaded\nActiveState=inactive\n"
MASKED = "systemd\nenabled 1 masked\nLoadState=masked\nActiveState=inactive\n"
MISSING = "systemd\nenabled 1 \nLoadState=not-found\nActiveState=inactive\n"


def args(kind: Any, **values: Any) -> Any:
    return make_args(kind, values, injected={"root": "/"}, where="site.yaml:1")


def test_what_systemd_shows_becomes_a_unit() -> None:
    unit = parse_unit(RUNNING)
    assert (unit.is_there, unit.is_running, unit.is_enabled, unit.is_masked) == (True, True, True, False)
    assert unit.shown["ExecStart"] == "{ path=/x ; a=b }"
    assert [parse_unit(text).is_there for text in (DEAD, MASKED, MISSING)] == [True, True, False]
    assert parse_unit(MASKED).is_masked


@pytest.mark.parametrize(
    ("printed", "manager", "is_there", "is_running", "is_enabled"),
    [
        ("sysv\nenabled 0\nstatus 0\n", "sysv", True, True, True),
        ("sysv\nenabled 3\nstatus 3\n", "sysv", True, False, False),
        ("sysv\nenabled 3\nstatus 4\n", "sysv", True, None, False),
        ("openrc\nenabled 0\nmissing\n", "openrc", False, None, True),
    ],
)
def test_what_a_script_says_becomes_a_unit(
    printed: str, manager: str, is_there: bool, is_running: bool | None, is_enabled: bool
) -> None:
    unit = parse_unit(printed)
    assert (unit.manager, unit.is_there, unit.is_running, unit.is_enabled) == (
        manager,
        is_there,
        is_running,
        is_enabled,
    )


ACTIONS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "started already": (RUNNING, {"state": "started", "enabled": True}, []),
    "started": (DEAD, {"state": "started", "enabled": True}, ["enable", "start"]),
    "stopped": (RUNNING, {"state": "stopped", "enabled": False}, ["disable", "stop"]),
    "stopped already": (DEAD, {"state": "stopped"}, []),
    "stopping": (RUNNING.replace("=active", "=deactivating"), {"state": "stopped"}, ["stop"]),
    "starting": (RUNNING.replace("=active", "=activating"), {"state": "started"}, []),
    "restarted": (RUNNING, {"state": "restarted"}, ["restart"]),
    "restarted while it is stopped": (DEAD, {"state": "restarted"}, ["start"]),
    "reloaded": (RUNNING, {"state": "reloaded"}, ["reload"]),
    "masked": (RUNNING, {"state": "stopped", "masked": True}, ["stop", "mask"]),
    "unmasked": (MASKED, {"masked": False, "state": "started"}, ["unmask", "start"]),
    "daemon-reload before": (DEAD, {"daemon_reload": True, "state": "restarted"}, ["daemon-reload", "start"]),
    "a file that systemd has not read": (
        MISSING,
        {"daemon_reload": True, "state": "started"},
        ["daemon-reload", "start"],
    ),
}


@pytest.mark.parametrize("case", ACTIONS)
def test_systemd_does_what_is_not_so_yet(case: str) -> None:
    printed, values, verbs = ACTIONS[case]
    found = systemd.decide(args(systemd.Args, name="web", **values), parse_unit(printed))
    assert [change.verb for change in found] == verbs


def test_daemon_reload_alone_is_no_change_that_counts() -> None:
    found = systemd.decide(args(systemd.Args, daemon_reload=True), parse_unit("systemd\nenabled 1\n"))
    assert [(change.verb, change.is_counted) for change in found] == [("daemon-reload", False)]


def test_register_has_what_systemd_shows() -> None:
    found = systemd.facts(args(systemd.Args, name="web", state="restarted", enabled=True), parse_unit(RUNNING))
    assert (found["name"], found["state"], found["enabled"]) == ("web", "started", True)
    assert found["status"]["ActiveState"] == "active"
    assert "status" not in service.facts(
        args(service.Args, name="web", state="stopped"), parse_unit("sysv\nenabled 3\nstatus 3")
    )


def unit(manager: Any) -> Unit:
    return Unit(manager=manager, is_there=True, is_running=False, is_enabled=False)


@pytest.mark.parametrize(
    ("manager", "verb", "command"),
    [
        ("systemd", "start", ("systemctl", "start", "--", "web")),
        ("openrc", "start", ("rc-service", "web", "start")),
        ("openrc", "enable", ("rc-update", "add", "web", "default")),
        ("openrc", "disable", ("rc-update", "del", "web", "default")),
        ("sysv", "restart", ("/etc/init.d/web", "restart")),
    ],
)
def test_each_manager_has_its_commands(manager: str, verb: str, command: tuple[str, ...]) -> None:
    assert action_command(unit(manager), "web", verb) == command


def test_options_of_systemctl_are_those_that_are_asked_for() -> None:
    wanted = args(systemd.Args, name="web", enabled=True, scope="user", no_block=True, force=True)
    assert systemd.command("enable", wanted, unit("systemd")) == (
        "systemctl", "--force", "--user", "--no-block", "enable", "--", "web",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values", "what"),
    [
        (systemd.Args, {"state": "started"}, "need name"),
        (systemd.Args, {"name": "x"}, "needs state, enabled"),
        (systemd.Args, {"name": "../x", "state": "started"}, "is not a name of a unit"),
        (service.Args, {"name": "x"}, "needs state or enabled"),
        (service.Args, {"name": "-x", "state": "started"}, "is not a name of a service"),
        (service.Args, {"name": "x", "state": "running"}, "state should be one of"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(kind: Any, values: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        args(kind, **values)
