"""Packages of a host: what the package managers print, what follows from it, and the commands that change it."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.errors import ConfigError
from phlo.operations import apk, apt, dnf
from phlo.operations.apt_packages import Move, Package, parse_moves, parse_packages
from phlo.operations.arguments import make_args

DPKG = "\n".join(
    [
        "ii \tbash\tamd64\t5.2-1\t",
        "ii \tmawk\tamd64\t1.3.4\tawk (= 1), awk-impl",
        "rc \told-daemon\tall\t1\t",
        "un \tnever\t\t\t",
        "ii \tlib\tamd64\t1\t",
        "ii \tlib\ti386\t1\t",
        "hi \theld\tall\t3\t",
    ]
)
SIMULATED = """\
Reading package lists...
Remv gone [1.0] [other:all ]
Inst tool [1.0] (2.0 Debian:13/stable [amd64]) []
Inst new (1.5 Debian:13/stable [all])
Conf tool (2.0 Debian:13/stable [amd64])
Purg left [3]
"""


def args(kind: Any, **values: Any) -> Any:
    return make_args(kind, values, injected={"root": "/"}, where="site.yaml:1")


def test_dpkg_lists_what_is_installed_and_what_left_its_configuration() -> None:
    found = {(one.name, one.architecture): one for one in parse_packages(DPKG)}
    assert ("never", "") not in found
    assert found["old-daemon", "all"].is_installed is False
    assert found["mawk", "amd64"].provides == ("awk", "awk-impl")
    assert found["held", "all"].version == "3"


def test_a_simulation_says_what_apt_get_would_do() -> None:
    moves = parse_moves(SIMULATED)
    assert moves == (
        Move(name="gone", old="1.0"),
        Move(name="tool", old="1.0", new="2.0"),
        Move(name="new", new="1.5"),
        Move(name="left", old="3"),
    )
    assert [line for move in moves for line in move.lines()] == [
        "-gone 1.0",
        "-tool 1.0",
        "+tool 2.0",
        "+new 1.5",
        "-left 3",
    ]
    assert [move.cause for move in moves][:3] == ["gone: 1.0 is removed", "tool: 1.0 -> 2.0", "new: not installed"]


Wanted = tuple[tuple[str, ...], tuple[str, ...]]
WANTED: dict[str, tuple[dict[str, Any], Wanted]] = {
    "installed": ({"name": "bash"}, ((), ())),
    "provided": ({"name": "awk"}, ((), ())),
    "a pattern of installed ones": ({"name": "ba*"}, ((), ())),
    "of another architecture": ({"name": "lib:arm64"}, (("lib: not installed",), ("install", "lib:arm64"))),
    "in this version": ({"name": "bash=5.2*"}, ((), ())),
    "in another version": ({"name": "bash=5.1-1"}, (("bash: 5.2-1 -> 5.1-1",), ("install", "bash=5.1-1"))),
    "several in one text": ({"name": "bash, new"}, (("new: not installed",), ("install", "new"))),
    "only its configuration": ({"name": "old-daemon"}, (("old-daemon: not installed",), ("install", "old-daemon"))),
    "of a release": ({"name": "new/sid"}, (("new: not installed",), ("install", "new/sid"))),
    "latest asks apt-get": ({"name": "bash", "state": "latest"}, ((), ("install", "bash"))),
    "only upgrade": ({"name": ["bash", "new"], "state": "latest", "only_upgrade": True}, ((), ("install", "bash"))),
    "absent": ({"name": ["bash", "new"], "state": "absent"}, (("bash: 5.2-1 is removed",), ("remove", "bash"))),
    "absent by a pattern": (
        {"name": "l*", "state": "absent"}, (("lib: 1 is removed",), ("remove", "lib"))),
    "absent, what provides it stays": ({"name": "awk", "state": "absent"}, ((), ())),
    "absent, its configuration stays": ({"name": "old-daemon", "state": "absent"}, ((), ())),
    "purge": (
        {"name": "old-daemon", "state": "absent", "purge": True},
        (("old-daemon: its configuration is removed",), ("remove", "old-daemon")),
    ),
    "upgrade": ({"upgrade": True}, ((), ("upgrade", "--with-new-pkgs"))),
    "upgrade all": ({"upgrade": "full"}, ((), ("dist-upgrade",))),
    "autoremove": ({"autoremove": True}, ((), ("autoremove",))),
    "fixed": ({"state": "fixed"}, ((), ("--fix-broken", "install"))),
    "only the lists": ({"update_cache": True}, ((), ())),
}  # fmt: skip


@pytest.mark.parametrize("case", WANTED)
def test_apt_knows_what_has_to_change(case: str) -> None:
    values, expected = WANTED[case]
    assert apt.wanted(args(apt.Args, **values), parse_packages(DPKG), None) == expected


@pytest.mark.parametrize(("version", "causes"), [("5.2-1", ()), ("5.3", ("bash: 5.2-1 -> 5.3",))])
def test_a_file_of_a_package_is_installed_where_its_version_is_not(version: str, causes: tuple[str, ...]) -> None:
    deb = Package(name="bash", architecture="amd64", version=version)
    found = apt.wanted(args(apt.Args, deb="/b.deb"), parse_packages(DPKG), deb)
    assert found == (causes, ("install", "/b.deb") if causes else ())


def test_options_of_apt_get_are_those_that_are_asked_for() -> None:
    plain = apt.apt_get(args(apt.Args, name="x"), "install", "x")
    assert plain == (
        "apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=60",
        "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold", "install", "x",
    )  # fmt: skip
    more = {"install_recommends": False, "default_release": "sid", "force": True, "purge": True, "dpkg_options": ""}
    assert apt.apt_get(args(apt.Args, name="x", **more))[5:] == (
        "--no-install-recommends", "-t", "sid", "--purge", "--allow-unauthenticated", "--allow-downgrades",
        "--allow-change-held-packages", "--allow-remove-essential",
    )  # fmt: skip


def test_lists_alone_are_no_change_that_counts_beforehand() -> None:
    old = apt.decide(args(apt.Args, update_cache=True), apt.Seen(updated=1, is_due=True))
    assert [(one.at, one.is_counted) for one in old] == [("apt:lists", False)]
    assert apt.decide(args(apt.Args, update_cache=True), apt.Seen(updated=1, is_due=False)) == []


RPM = "dnf\nis bash bash 5.1-2\nis web httpd 2.4-1\n"
CHECK_UPDATE = """
bash.x86_64                 5.2-1              updates
python3.11-libs.x86_64      3.11.9-1           updates

Obsoleting Packages
new.noarch                  2-1                updates
    old.noarch              1-1                @System
"""
DNF: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "installed": ({"name": "bash"}, (), ()),
    "provided": ({"name": "web"}, (), ()),
    "missing": ({"name": ["bash", "vim"]}, ("vim: not installed",), ("install", "vim")),
    "latest": ({"name": "bash", "state": "latest"}, ("bash: 5.1-2 -> 5.2-1",), ("upgrade", "bash")),
    "absent": ({"name": "web,vim", "state": "removed"}, ("httpd: 2.4-1 is removed",), ("remove", "httpd")),
    "all": (
        {"name": "*", "state": "latest"},
        ("bash: -> 5.2-1", "python3.11-libs: -> 3.11.9-1"),
        ("upgrade",),
    ),
}


@pytest.mark.parametrize("case", DNF)
def test_dnf_changes_what_rpm_does_not_have(case: str) -> None:
    values, causes, words = DNF[case]
    wanted = args(dnf.Args, **values)
    program, there = dnf.parse_installed(RPM)
    newer = dnf.parse_newer(CHECK_UPDATE) if wanted.state == "latest" else {}
    seen = dnf.Seen(program=program, there=there, newer=newer)
    assert tuple(cause for one in dnf.decide(wanted, seen) for cause in one.causes) == causes
    if causes:
        assert dnf.command(wanted, seen) == ("dnf", "-y", "-q", *words)


APK = "is bash\nis vim\nold bash-5.2.1-r0 5.2.2-r1\n"
APKS: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "installed": ({"name": "bash"}, (), ()),
    "missing": ({"name": ["bash", "curl"]}, ("curl: not installed",), ("add", "bash", "curl")),
    "latest": ({"name": "bash", "state": "latest"}, ("bash-5.2.1-r0 -> 5.2.2-r1",), ("add", "--upgrade", "bash")),
    "latest already": ({"name": "vim", "state": "latest"}, (), ()),
    "absent": ({"name": "vim,curl", "state": "absent"}, ("vim is removed",), ("del", "vim")),
    "upgrade": ({"upgrade": True}, ("bash-5.2.1-r0 -> 5.2.2-r1",), ("upgrade",)),
}


@pytest.mark.parametrize("case", APKS)
def test_apk_changes_what_is_not_so(case: str) -> None:
    values, causes, words = APKS[case]
    wanted, seen = args(apk.Args, **values), apk.parse(APK)
    assert tuple(cause for one in apk.decide(wanted, seen) for cause in one.causes) == causes
    if causes:
        assert apk.command(wanted, seen) == ("apk", *words)


@pytest.mark.parametrize(
    ("kind", "values", "what"),
    [
        (apt.Args, {}, "needs name"),
        (apt.Args, {"name": "-o"}, "is not a package"),
        (apt.Args, {"name": "x", "upgrade": "dist"}, "exclude each other"),
        (apt.Args, {"deb": "https://x/y.deb"}, "get_url"),
        (apt.Args, {"name": "x", "state": "build-dep"}, "state should be one of"),
        (dnf.Args, {"name": "--x"}, "is not a package"),
        (dnf.Args, {}, "needs name"),
        (apk.Args, {"name": "-X"}, "is not a package"),
        (apk.Args, {}, "needs name"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(kind: Any, values: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        args(kind, **values)
