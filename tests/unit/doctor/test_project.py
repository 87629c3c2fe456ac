"""What the doctor tells of the project in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from phlo.doctor.project import check_containers, check_invalid, check_lock, check_state_folder
from phlo.doctor.result import CheckStatus
from phlo.errors import ConfigError, first_of
from phlo.frozen import replace
from phlo.hosts.live import LiveContainer
from phlo.hosts.lock import Claim, Holder
from phlo.hosts.process import this_process


def container(service: str, state: str = "running", **fields: object) -> LiveContainer:
    given = {"health": None, "exit_code": None, "since": "", "image": "x", **fields}
    return LiveContainer(
        id=service, name=f"lake-{service}-1", host="local", service=service, instance=1, state=state, **given
    )


def test_every_error_of_the_project_is_a_finding_with_its_place_and_fix() -> None:
    errors = [ConfigError("is wrong", where="phlo.yaml:3", fix="Fix it."), ConfigError("is odd", where="phlo.yaml:9")]
    first, second = check_invalid(first_of(errors))
    assert (first.text, first.fix) == ("phlo.yaml:3: is wrong", "Fix it.")
    assert (second.text, second.fix) == (
        "phlo.yaml:9: is odd",
        "`phlo config validate` tells everything that is wrong.",
    )


def test_containers_in_trouble_are_named() -> None:
    found = list(
        check_containers(
            [
                container("web", health="healthy"),
                container("sick", health="unhealthy"),
                container("loop", "restarting"),
                container("job", "exited", exit_code=3, is_one_shot=True),
                container("done", "exited", exit_code=0, is_one_shot=True),
            ]
        )
    )
    assert (found[0].status, found[0].text) == (CheckStatus.OK, "2 exited, 1 restarting, 2 running")
    assert [one.text for one in found[1:]] == [
        "lake-sick-1 on local is unhealthy",
        "lake-loop-1 on local is restarting",
        "lake-job-1 on local ended with exit status 3",
    ]
    assert found[1].fix == "See what it prints: `phlo logs sick --tail 50`."


@pytest.mark.parametrize(("mode", "is_told"), [(0o600, False), (0o640, True), (0o604, True)])
def test_secrets_that_others_may_read_are_told(mode: int, is_told: bool, tmp_path: Path) -> None:
    path = tmp_path / ".phlo" / ".env.local"
    path.parent.mkdir()
    path.write_text("DB_PASSWORD=x\n")
    path.chmod(mode)
    found = list(check_state_folder(tmp_path))
    assert [one.fix for one in found] == ([f"`chmod 600 {path}`"] if is_told else [])


def test_a_state_folder_that_cannot_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    (found,) = check_state_folder(tmp_path)
    assert found.status is CheckStatus.FAIL
    assert f"{tmp_path} cannot be written to" in found.text


@pytest.mark.parametrize("is_alive", [True, False])
def test_who_holds_the_lock_is_told_and_whether_that_lasts(is_alive: bool) -> None:
    here = this_process()
    process = here if is_alive else replace(here, started=f"{here.started}1")
    claim = Claim(user="alice@desk", process=process, command="phlo up")
    holder = Holder(id="x", project="lake", claim=claim, since=100.0, renewed=160.0, now=161.0)
    text = check_lock(holder, "local").text
    assert text.startswith("held on local by alice@desk")
    assert ("the next run takes over" in text) is not is_alive
    assert check_lock(None, "local").text == "free on local"
