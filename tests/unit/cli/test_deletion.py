"""Every command that deletes data names it first, asks, and refuses where nobody can be asked."""

from __future__ import annotations

import io
import re
from argparse import Namespace
from pathlib import Path

import pytest

from phlo.cli.deletion import agreed
from phlo.cli.shell import Shell
from phlo.cli.verbs import VERBS
from phlo.errors import ConfigError

PHLO = Path(__file__).parents[3] / "phlo"

# The commands that can delete what a service has stored. A new one has to ask as these do.
DELETING = {"down", "prune", "restore"}
# The operations that delete volumes: the first for `down` and `prune`, the second for `restore`.
DELETE_VOLUMES = {"operations/absent.py", "operations/volume_unarchive.py"}
# What removes containers together with their unnamed volumes. Each is a container that phlo made for its own use, but
# in `apply.py`, which looks first whether the volumes hold nothing but phlo's own files.
WITH_SCRATCH = {
    "doctor/reach.py",
    "hosts/lock.py",
    "operations/run.py",
    "operations/volume_container.py",
    "operations/volume_seed.py",
    "operations/container/apply.py",
    "operations/container/one_off.py",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shell(stdin: io.StringIO) -> Shell:
    return Shell(io.StringIO(), io.StringIO(), stdin, {}, Path())


def modules_with(pattern: str) -> set[str]:
    return {str(path.relative_to(PHLO)) for path in PHLO.rglob("*.py") if re.search(pattern, path.read_text("utf-8"))}


def test_the_commands_that_delete_data_are_those_that_ask() -> None:
    # `init --yes` asks nothing and deletes nothing.
    asking = {verb.name for verb in VERBS if any("--yes" in option.flags for option in verb.options)} - {"init"}
    lifting = {verb.name for verb in VERBS if any("--unprotect" in option.flags for option in verb.options)}
    assert asking == DELETING
    assert lifting == DELETING | {"up", "plan"}  # these replace containers, and delete nothing


def test_all_of_them_let_one_function_decide() -> None:
    assert modules_with(r"\bagreed\(") == {"cli/deletion.py", "cli/lifecycle.py", "cli/backup.py"}
    assert modules_with(r"\[y/N\]") == {"cli/deletion.py"}


def test_only_known_operations_delete_volumes() -> None:
    assert modules_with(r"""\.delete\(\s*f?["']/(volumes|\{kind\}|\{args\.kind\})""") == {
        *DELETE_VOLUMES,
        "operations/container/adopted.py",  # the empty volume that marks an adopted container
        "swarm/operations/absent.py",  # services, networks, configs and secrets
        "swarm/operations/service.py",  # old configs and secrets
    }


def test_only_containers_that_phlo_made_for_itself_go_with_their_volumes() -> None:
    assert modules_with(r"\bv=") == WITH_SCRATCH


def test_without_a_terminal_only_yes_is_consent() -> None:
    with pytest.raises(ConfigError, match="Add --yes"):
        agreed("These go: data", Namespace(yes=False), shell(io.StringIO("y\n")), command="phlo down --volumes")
    assert agreed("These go: data", Namespace(yes=True), shell(io.StringIO()), command="phlo down --volumes")


@pytest.mark.parametrize(("answer", "is_agreed"), [("y\n", True), ("YES\n", True), ("\n", False), ("", False)])
def test_on_a_terminal_somebody_has_to_say_yes(answer: str, is_agreed: bool) -> None:
    asked = shell(Terminal(answer))
    assert agreed("These go: data", Namespace(yes=False), asked, command="phlo down --volumes") is is_agreed
    assert isinstance(asked.err, io.StringIO)
    assert "These go: data" in asked.err.getvalue()
