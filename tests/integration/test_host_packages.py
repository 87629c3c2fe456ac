"""Packages of a real host: a Debian system in a container, and a repository in its files."""

from __future__ import annotations

import pytest

from phlo.errors import OperationError
from phlo.values import Status
from tests.support.machine import Machine

# $1: name, $2: version, $3: what it needs. Makes the package, and the repository's list.
PUBLISH = """
mkdir -p /repo "/tmp/$1/DEBIAN" && cd /repo
control=/tmp/$1/DEBIAN/control
printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: t <t@x>\\nDescription: t\\n' "$1" "$2" > "$control"
[ -z "$3" ] || echo "Depends: $3" >> "$control"
dpkg-deb --build "/tmp/$1" "/repo/$1_$2.deb" > /dev/null
rm -f Packages
for deb in *.deb; do
  dpkg-deb -f "$deb"
  digest=$(sha256sum "$deb" | cut -d' ' -f1)
  printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$deb" "$(stat -c %s "$deb")" "$digest"
done > Packages
"""


def version(debian: Machine, name: str) -> str:
    return debian.sh("dpkg-query -W -f '${Version}' \"$1\" 2>/dev/null || true", name)


@pytest.fixture(autouse=True, scope="module")
def repository(debian: Machine) -> None:
    debian.sh("rm -rf /etc/apt/sources.list*; echo 'deb [trusted=yes] file:/repo ./' > /etc/apt/sources.list")
    debian.sh(PUBLISH, "tool-data", "1.0", "")
    debian.sh(PUBLISH, "tool", "1.0", "tool-data")


def test_packages_come_are_upgraded_and_go(debian: Machine) -> None:
    installed = debian.run("apt", name=["tool"], update_cache=True)
    assert (installed.status, installed.changes[0].causes) == (
        Status.CHANGED,
        ("tool: not installed", "tool-data: not installed"),
    )
    assert installed.facts["cache_updated"] is True
    assert "Setting up tool (1.0)" in installed.facts["stdout"]
    again = debian.run("apt", name=["tool"], update_cache=True, cache_valid_time=3600)
    assert (again.status, again.facts["cache_updated"]) == (Status.OK, False)

    debian.sh(PUBLISH, "tool", "2.0", "tool-data")
    assert debian.run("apt", name="tool", state="latest").status is Status.OK  # as far as its lists know
    read = debian.run("apt", update_cache=True)
    assert (read.status, read.facts["cache_updated"]) == (Status.CHANGED, True)
    assert debian.run("apt", update_cache=True).status is Status.OK  # nothing new in the lists
    assert debian.diff("apt", name="tool", state="latest") == ["-tool 1.0", "+tool 2.0"]
    assert debian.run("apt", name="tool").status is Status.OK
    assert debian.changes_once("apt", name="tool", state="latest").changes[0].causes == ("tool: 1.0 -> 2.0",)

    with pytest.raises(OperationError, match="downgrade"):
        debian.run("apt", name="tool=1.0")
    debian.changes_once("apt", name="tool=1.*", allow_downgrade=True)
    assert version(debian, "tool") == "1.0"
    debian.changes_once("apt", upgrade="dist")
    assert version(debian, "tool") == "2.0"

    assert debian.diff("apt", name="tool-data", state="absent") == ["-tool 2.0", "-tool-data 1.0"]
    debian.changes_once("apt", name="tool", state="absent", purge=True)
    assert debian.changes_once("apt", autoremove=True).changes[0].causes == ("tool-data: 1.0 is removed",)
    assert (version(debian, "tool"), version(debian, "tool-data")) == ("", "")


def test_a_package_from_a_file_and_one_that_is_not_there(debian: Machine) -> None:
    debian.changes_once("apt", deb="/repo/tool-data_1.0.deb")
    assert version(debian, "tool-data") == "1.0"
    debian.changes_once("package", name="tool-data", state="absent")
    with pytest.raises(OperationError, match="Unable to locate package nosuch"):
        debian.look("apt", name="nosuch")
    with pytest.raises(OperationError, match="there is no dnf"):
        debian.look("dnf", name="x")


def test_services_do_not_start_while_packages_are_installed(debian: Machine) -> None:
    debian.run("apt", deb="/repo/tool-data_1.0.deb", policy_rc_d=101)
    assert debian.sh("test -e /usr/sbin/policy-rc.d.phlo || echo tidy") == "tidy\n"
    debian.changes_once("apt", name="tool-*", state="absent")
