"""Users and groups: what `getent` printed becomes accounts, and a difference becomes the programs that remove it."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.errors import ConfigError, OperationError
from phlo.operations import group, user
from phlo.operations.accounts import Accounts, parse_accounts
from phlo.operations.arguments import make_args
from phlo.operations.user_commands import key_commands, steps
from phlo.values import Secret

PROGRAMS = "program useradd\nprogram groupadd\nprogram usermod\n"
BUSYBOX = "program adduser\nprogram addgroup\n"
PRINTED = """\
group root:x:0:
group docker:x:901:ops,ada
group wheel:x:10:ada
group ada:x:1500:
passwd ada:x:1500:1500:Ada, of Debian:/home/ada:/bin/bash
shadow ada:$6$x:20000:0:99999:7::19000:
"""


def accounts(printed: str = PRINTED, programs: str = PROGRAMS, name: str = "ada") -> Accounts:
    return parse_accounts(programs + printed, name)


def args(kind: Any, **values: Any) -> Any:
    return make_args(kind, {"name": "ada", **values}, injected={"root": "/"}, where="site.yaml:1")


def seen(**more: Any) -> user.Seen:
    return user.Seen(accounts=accounts(**more))


def commands(verb: str, found: Accounts, **values: Any) -> list[tuple[str, ...]]:
    return [step.argv for step in steps(verb, args(user.Args, **values), found, where="data-1")]


def test_what_getent_prints_becomes_accounts() -> None:
    found = accounts()
    assert found.user is not None
    assert found.shadow is not None
    assert (found.user.uid, found.user.comment, found.user.shell) == (1500, "Ada, of Debian", "/bin/bash")
    assert (found.shadow.password, found.shadow.most_days, found.shadow.inactive_days) == ("$6$x", 99999, None)
    assert found.groups_of("ada") == ("docker", "wheel")
    assert [one.name if (one := found.group(word)) else None for word in ("wheel", "901", "77")] == [
        "wheel",
        "docker",
        None,
    ]


def test_an_entry_of_another_name_is_not_the_user() -> None:
    assert accounts("passwd 0:x:1:1:::\npasswd root:x:0:0:::\n", name="1").user is None


CAUSES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing": ({}, ()),
    "as it is": ({"uid": 1500, "group": "ada", "groups": ["docker", "wheel"], "password": "$6$x"}, ()),
    "a locked password is the same one": ({"password": "$6$x", "password_lock": True}, ("password is not locked",)),
    "a secret": ({"password": Secret("$6$y")}, ("password differs",)),
    "shell": ({"shell": "/bin/sh"}, ("shell: /bin/bash -> /bin/sh",)),
    "groups in one text": ({"groups": "docker, wheel"}, ()),
    "another group": (
        {"groups": ["root"]},
        (
            "added to the group root",
            "removed from the group docker",
            "removed from the group wheel",
        ),
    ),
    "append": ({"groups": ["root"], "append": True}, ("added to the group root",)),
    "no group": ({"groups": []}, ("removed from the group docker", "removed from the group wheel")),
    "the primary group among the groups": ({"groups": ["ada", "docker", "wheel"]}, ()),
    "expires": ({"expires": -1}, ("expires: 2022-01-08 -> never",)),
    "expires that day": ({"expires": 19000 * 86400 + 5}, ()),
    "days": ({"password_expire_max": 30}, ("password_expire_max: 99999 -> 30",)),
}


@pytest.mark.parametrize("case", CAUSES)
def test_a_user_that_is_there_differs_in_what_was_asked_for(case: str) -> None:
    values, causes = CAUSES[case]
    found = user.decide(args(user.Args, **values), seen())
    assert tuple(cause for change in found for cause in change.causes) == causes


COMMANDS: dict[str, tuple[str, dict[str, Any], list[tuple[str, ...]]]] = {
    "a new user": ("create", {}, [("useradd", "-m", "ada")]),
    "all of a new user": (
        "create",
        {
            "uid": 7, "non_unique": True, "group": "wheel", "groups": ["docker"], "home": "/h", "shell": "/bin/sh",
            "create_home": False, "system": True, "umask": "077", "expires": 0, "comment": "c",
        },
        [("useradd", "-u", "7", "-o", "-g", "wheel", "-G", "docker", "-c", "c", "-d", "/h", "-s", "/bin/sh",
          "-e", "1970-01-01", "-M", "-K", "UMASK=077", "-r", "ada")],
    ),
    "a new user whose group is there": ("create", {"name": "wheel"}, [("useradd", "-N", "-m", "wheel")]),
    "a password goes through the input": ("create", {"password": "h"}, [("useradd", "-m", "ada"), ("chpasswd", "-e")]),
    "append": ("update", {"groups": ["root", "wheel"], "append": True}, [("usermod", "-a", "-G", "root", "ada")]),
    "groups": ("update", {"groups": ["root"]}, [("usermod", "-G", "root", "ada")]),
    "no groups": ("update", {"groups": []}, [("usermod", "-G", "", "ada")]),
    "a home": ("update", {"home": "/h", "move_home": True}, [("usermod", "-d", "/h", "-m", "ada")]),
    "a lock": ("update", {"password_lock": True}, [("usermod", "-L", "ada")]),
    "days": ("update", {"password_expire_min": 2}, [("chage", "-m", "2", "ada")]),
    "remove": ("remove", {"remove": True, "force": True}, [("userdel", "-f", "-r", "ada")]),
}  # fmt: skip


@pytest.mark.parametrize("case", COMMANDS)
def test_the_programs_of_shadow_make_a_change(case: str) -> None:
    verb, values, expected = COMMANDS[case]
    found = accounts() if verb == "update" else accounts(PRINTED.replace("group ada:x:1500:\n", ""))
    assert commands(verb, found, **values) == expected


def test_no_secret_is_in_an_argument() -> None:
    made = list(steps("create", args(user.Args, password=Secret("$6$s"), password_lock=True), accounts(), where="x"))
    assert [step.stdin for step in made] == ["", "ada:!$6$s\n"]
    assert not any("$6$s" in word for step in made for word in step.argv)


def test_busybox_can_make_a_user_and_move_it_between_groups() -> None:
    small = accounts(programs=BUSYBOX)
    new = commands("create", accounts("group wheel:x:10:\n", BUSYBOX), groups=["wheel"], create_home=False)
    assert new == [("adduser", "-D", "-H", "ada"), ("addgroup", "ada", "wheel")]
    moved = commands("update", small, groups=["wheel"])
    assert moved == [("delgroup", "ada", "docker")]
    assert commands("remove", small, remove=True) == [("deluser", "--remove-home", "ada")]
    with pytest.raises(OperationError, match="the shell of ada cannot be changed without usermod"):
        commands("update", small, shell="/bin/sh")  # noqa: S604 - an argument's name


def test_a_host_without_programs_for_accounts_is_an_error() -> None:
    with pytest.raises(OperationError, match="there is neither useradd nor adduser"):
        commands("create", accounts(programs=""))


def test_a_key_belongs_to_the_user() -> None:
    wanted = args(user.Args, generate_ssh_key=True, ssh_key_type="ed25519")
    made = list(key_commands(wanted, accounts(), "/home/ada/.ssh/id_ed25519"))
    assert made[0] == ("install", "-d", "-m", "0700", "-o", "1500", "-g", "1500", "/home/ada/.ssh")
    assert made[1][:5] == ("ssh-keygen", "-q", "-t", "ed25519", "-C")
    assert made[2] == ("chown", "1500:1500", "/home/ada/.ssh/id_ed25519", "/home/ada/.ssh/id_ed25519.pub")


GROUPS: dict[str, tuple[str, dict[str, Any], str, tuple[str, ...]]] = {
    "new": ("create", {"gid": 7, "non_unique": True}, PROGRAMS, ("groupadd", "-g", "7", "-o", "ada")),
    "of the system": ("create", {"system": True, "gid_min": 5}, PROGRAMS, ("groupadd", "-r", "-K", "GID_MIN=5", "ada")),
    "changed": ("update", {"gid": 7}, PROGRAMS, ("groupmod", "-g", "7", "ada")),
    "removed": ("remove", {"force": True}, PROGRAMS, ("groupdel", "-f", "ada")),
    "BusyBox, new": ("create", {"gid": 7, "system": True}, BUSYBOX, ("addgroup", "-g", "7", "-S", "ada")),
    "BusyBox, removed": ("remove", {"gid": 7}, BUSYBOX, ("delgroup", "ada")),
}


@pytest.mark.parametrize("case", GROUPS)
def test_a_program_changes_a_group(case: str) -> None:
    verb, values, programs, expected = GROUPS[case]
    assert group.command(verb, args(group.Args, **values), accounts(programs=programs), where="x") == expected


@pytest.mark.parametrize(
    ("kind", "values", "what"),
    [
        (user.Args, {"name": "a:b"}, "is not a name of a user"),
        (user.Args, {"name": "-x"}, "is not a name of a user"),
        (user.Args, {"password": "a:b"}, "which has no colon"),
        (user.Args, {"shell": "/bin/sh\nroot::0:0:::"}, "shell may have no colon"),
        (user.Args, {"uid": "x"}, "uid should be a whole number"),
        (group.Args, {"name": "a\nb"}, "is not a name of a group"),
        (group.Args, {"non_unique": True}, "non_unique needs gid"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(kind: Any, values: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        args(kind, **values)
