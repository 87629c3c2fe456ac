"""Users and groups of a real host: a Debian system in a container, with nothing but what it has."""

from __future__ import annotations

import pytest

from phlo.errors import OperationError
from phlo.values import Secret, Status
from tests.support.machine import Machine

HASH = "$6$salt$" + "a" * 86


def test_a_group_is_made_changed_and_removed(debian: Machine) -> None:
    made = debian.changes_once("group", name="staff2", gid=4242)
    assert made.facts == {"name": "staff2", "state": "present", "system": False, "gid": 4242}
    assert debian.changes_once("group", name="staff2", gid=4243).changes[0].causes == ("gid: 4242 -> 4243",)
    assert debian.sh("getent group staff2") == "staff2:x:4243:\n"
    assert debian.changes_once("group", name="staff2", state="absent").facts == {"name": "staff2", "state": "absent"}
    assert debian.run("group", name="staff2", state="absent").status is Status.OK


def test_a_user_is_made_with_groups_home_and_password_changed_and_removed(debian: Machine) -> None:
    debian.changes_once("group", name="docker", gid=901)
    made = debian.changes_once(  # noqa: S604 - an argument's name
        "user",
        name="deploy",
        uid=1500,
        groups=["docker"],
        shell="/bin/sh",
        comment="The deployer",
        password=Secret(HASH),
    )
    assert debian.sh(
        "getent passwd deploy; id -Gn deploy; stat -c %U /home/deploy; getent shadow deploy | cut -d: -f2"
    ) == (f"deploy:x:1500:1500:The deployer:/home/deploy:/bin/sh\ndeploy docker\ndeploy\n{HASH}\n")
    assert made.facts == {
        "name": "deploy",
        "state": "present",
        "uid": 1500,
        "group": 1500,
        "home": "/home/deploy",
        "shell": "/bin/sh",
        "comment": "The deployer",
        "groups": "docker",
        "password": "NOT_LOGGING_PASSWORD",
        "create_home": True,
        "system": False,
    }

    changed = debian.changes_once(
        "user",
        name="deploy",
        group="docker",
        groups="",
        home="/srv/deploy",
        move_home=True,
        password_lock=True,
        expires=0,
    )
    assert changed.changes[0].causes == (
        "home: /home/deploy -> /srv/deploy",
        "group: 1500 -> docker",
        "password is not locked",
        "expires: never -> 1970-01-01",
    )
    assert debian.sh("id -Gn deploy; stat -c %U /srv/deploy; getent shadow deploy | cut -d: -f2,8") == (
        f"docker\ndeploy\n!{HASH}:0\n"
    )
    debian.changes_once("user", name="deploy", password_lock=False, expires=-1, password_expire_max=90)
    assert debian.sh("getent shadow deploy | cut -d: -f2,5,8") == f"{HASH}:90:\n"

    gone = debian.changes_once("user", name="deploy", state="absent", remove=True)
    assert gone.facts == {"name": "deploy", "state": "absent", "force": False, "remove": True}
    assert debian.sh("test -e /srv/deploy || echo gone") == "gone\n"


def test_groups_are_added_with_append_and_replaced_without(debian: Machine) -> None:
    for name in ("one", "two", "three"):
        debian.run("group", name=name)
    debian.changes_once("user", name="member", groups="one,two", create_home=False, system=True)
    assert debian.sh("id -Gn member; test -e /home/member || echo none") == "member one two\nnone\n"
    debian.changes_once("user", name="member", groups=["three"], append=True)
    assert debian.sh("id -Gn member") == "member one two three\n"
    debian.changes_once("user", name="member", groups=["two"])
    assert debian.sh("id -Gn member") == "member two\n"
    debian.changes_once("user", name="member", groups=[])
    assert debian.sh("id -Gn member") == "member\n"


def test_a_password_on_create_is_left_to_the_user(debian: Machine) -> None:
    values = {"name": "own", "password": HASH, "update_password": "on_create"}
    debian.changes_once("user", **values)
    debian.sh("usermod -p other own")
    assert debian.run("user", **values).status is Status.OK
    assert debian.sh("getent shadow own | cut -d: -f2") == "other\n"


def test_a_group_that_is_not_there_is_an_error(debian: Machine) -> None:
    with pytest.raises(OperationError, match="there is no group nosuch"):
        debian.look("user", name="x", groups=["nosuch"])
