"""Jobs and variables of cron: the text before and after, as ansible-core 2.19 writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.operations import cron
from phlo.values import Status
from tests.support.machine import Machine

JOB = "#Ansible: y\n5 2 * * * /bin/b c\n"
CRONTAB = """\
#!/bin/sh
file=$CRONTABS/me
[ "$1" != -u ] || { file=$CRONTABS/$2; shift 2; }
case $1 in -l) cat "$file" || exit 1;; -) cat > "$file";; esac
"""


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("a host is asked, no engine")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """This machine, with a program `crontab` that keeps files in a folder."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(CRONTAB)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("CRONTABS", str(tmp_path))
    return Machine(Host(name="data-1", engine=Engine(refuse, name="data-1")), tmp_path)


EDITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "new": ({"name": "x", "job": "/bin/true"}, "", "#Ansible: x\n* * * * * /bin/true\n"),
    "after others": ({"name": "y", "job": "/bin/b c", "minute": 5, "hour": 2}, "A=1", f"A=1\n{JOB}"),
    "as it is": ({"name": "y", "job": "/bin/b c", "minute": "5", "hour": "2"}, JOB, JOB),
    "in its place": (
        {"name": "x", "job": "/bin/false", "special_time": "daily"},
        f"#Ansible: x\n* * * * * /bin/true\n{JOB}",
        f"#Ansible: x\n@daily /bin/false\n{JOB}",
    ),
    "disabled": (
        {"name": "x", "job": "/bin/false", "special_time": "daily", "disabled": True},
        "#Ansible: x\n@daily /bin/false\n",
        "#Ansible: x\n#@daily /bin/false\n",
    ),
    "of a file": ({"name": "x", "job": "j", "cron_file": "app"}, "", "#Ansible: x\n* * * * * root j\n"),
    "absent": ({"name": "x", "state": "absent"}, f"#Ansible: x\n@daily j\n{JOB}", JOB),
    "absent already": ({"name": "x", "state": "absent"}, JOB, JOB),
    "a variable": ({"name": "MAILTO", "job": "me", "env": True}, 'PATH="/bin"\n', 'MAILTO="me"\nPATH="/bin"\n'),
    "a variable in its place": ({"name": "A", "job": "2", "env": True}, "B=1\nA=1\n", 'B=1\nA="2"\n'),
    "a variable after another": (
        {"name": "A", "job": "1", "env": True, "insertafter": "B"}, "B=1\nC=1\n", 'B=1\nA="1"\nC=1\n'),
    "a variable before another": (
        {"name": "A", "job": "1", "env": True, "insertbefore": "C"}, "B=1\nC=1\n", 'B=1\nA="1"\nC=1\n'),
    "no variable": ({"name": "A", "env": True, "state": "absent"}, "B=1\nA=1\n", "B=1\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", EDITS)
def test_a_crontab_is_written_as_ansible_writes_it(case: str, here: Machine) -> None:
    values, before, after = EDITS[case]
    assert cron.edited(here.args("cron", values), before) == after


def test_a_job_of_a_crontab_is_there_once(here: Machine, tmp_path: Path) -> None:
    values = {"name": "backup", "job": "/bin/backup", "special_time": "weekly"}
    made = here.changes_once("cron", **values)
    assert made.facts == {"jobs": ["backup"], "envs": []}
    assert (tmp_path / "me").read_text() == "#Ansible: backup\n@weekly /bin/backup\n"
    here.changes_once("cron", **values, user="ada")
    assert (tmp_path / "ada").exists()
    assert here.diff("cron", name="backup", state="absent")[-1] == "-@weekly /bin/backup"
    here.changes_once("cron", name="backup", state="absent")
    assert (tmp_path / "me").read_text() == ""


def test_a_file_of_jobs_goes_with_its_last_job(here: Machine, tmp_path: Path) -> None:
    file = tmp_path / "cron.d" / "app"
    here.changes_once("cron", name="a", job="j", user="www", cron_file=str(file))
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("#Ansible: a\n* * * * * www j\n", 0o644)
    here.changes_once("cron", name="a", state="absent", cron_file=str(file))
    assert not file.exists()
    file.write_text("x=1\n")
    here.changes_once("cron", state="absent", cron_file=str(file))
    assert here.run("cron", state="absent", cron_file=str(file)).status is Status.OK


def test_a_host_without_cron_is_an_error(here: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin" / "crontab").unlink()
    for name in ("sh", "cat"):
        (tmp_path / "bin" / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(OperationError, match="there is no crontab"):
        here.look("cron", name="x", job="y")


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"name": "x"}, "needs name and job"),
        ({"state": "absent"}, "needs name or cron_file"),
        ({"name": "x", "job": "a\nb"}, "a job is one line"),
        ({"name": "x", "job": "j", "special_time": "daily", "hour": 1}, "special_time excludes"),
        ({"name": "x", "job": "j", "insertafter": "A"}, "are for env: true"),
        ({"name": "x", "job": "j", "backup": True}, "backup is for cron_file"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(here: Machine, values: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        here.args("cron", values)
