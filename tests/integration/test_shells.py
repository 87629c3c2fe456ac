"""Commands that only read share one shell in a container, and answer as commands with a process of their own do."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from phlo.hosts.commands import captured
from phlo.hosts.engine import CommandTimeoutError, Engine
from phlo.hosts.shells import Shells
from tests.integration.conftest import STAY


@pytest.fixture(scope="module")
def container(engine: Engine, tiny: str) -> Iterator[str]:
    found = engine.post("/containers/create", {"Image": tiny, "Cmd": STAY, "StopTimeout": 1})["Id"]
    engine.post(f"/containers/{found}/start")
    yield found
    engine.delete(f"/containers/{found}", force=True)


@pytest.fixture
def shells(engine: Engine) -> Iterator[Shells]:
    made = Shells(engine)
    yield made
    made.close()


def until_execs(engine: Engine, container: str, count: int) -> None:
    """Until so many processes that the engine has started in the container run."""
    deadline = time.monotonic() + 30
    while len(engine.get(f"/containers/{container}/json")["ExecIDs"] or ()) != count:
        assert time.monotonic() < deadline, "so many processes do not run"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "command",
    [
        ["echo", "one"],
        ["printf", "no end of line"],
        ["true"],
        ["sh", "-c", "echo out; echo err >&2; exit 3"],
        ["sh", "-c", "printf 'a\\tb\\n\\n\\nc'; printf x >&2"],
        ["echo", "it's", '"quoted"', "$HOME", "*", "a;b", "\n", ""],
        ["cat"],
        ["head", "-c", "300000", "/dev/zero"],
        ["no-such-program"],
        ["sh", "-c", "kill -9 $$"],
    ],
)
def test_a_command_ends_as_with_a_process_of_its_own(
    command: list[str], container: str, shells: Shells, engine: Engine
) -> None:
    alone = captured(engine, container, command)

    assert [shells.query(container, command) for _ in range(2)] == [alone, alone]


def test_environment_user_and_folder_are_as_asked_for(container: str, shells: Shells, engine: Engine) -> None:
    command = ["sh", "-c", 'echo "$GREETING"; id -u; pwd']
    options = {"environment": {"GREETING": "it's me"}, "user": "12:34", "working_dir": "/tmp"}

    assert shells.query(container, command, **options).stdout == "it's me\n12\n/tmp\n"  # type: ignore[arg-type]
    assert captured(engine, container, command, **options).stdout == "it's me\n12\n/tmp\n"  # type: ignore[arg-type]
    assert shells.query(container, command).stdout.startswith("\n0\n")


def test_many_commands_take_one_process_of_the_engine_which_ends_with_the_run(
    container: str, engine: Engine, shells: Shells
) -> None:
    until_execs(engine, container, 0)  # those of the tests before have ended
    for number in range(5):
        assert shells.query(container, ["echo", str(number)]).stdout == f"{number}\n"
    assert len(engine.get(f"/containers/{container}/json")["ExecIDs"]) == 1

    shells.close()

    until_execs(engine, container, 0)


def test_a_command_that_takes_too_long_is_left_and_the_next_one_answers(container: str, shells: Shells) -> None:
    with pytest.raises(CommandTimeoutError):
        shells.query(container, ["sleep", "30"], timeout_seconds=0.2)

    assert shells.query(container, ["echo", "next"]).stdout == "next\n"


def test_a_container_that_was_started_anew_answers(container: str, shells: Shells, engine: Engine) -> None:
    shells.query(container, ["true"])
    engine.post(f"/containers/{container}/restart")

    assert shells.query(container, ["echo", "again"]).stdout == "again\n"
