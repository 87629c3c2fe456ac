"""Facts of hosts, out of what the script prints on systems of different kinds."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from phlo.errors import ConfigError
from phlo.operations import setup
from phlo.operations.arguments import make_args
from phlo.operations.facts_network import network_facts
from phlo.operations.facts_script import sections_of
from phlo.operations.facts_system import distribution, processors, system_facts, time_facts, virtual_facts


def sections(**texts: str) -> defaultdict[str, str]:
    return defaultdict(str, texts)


def args(**values: Any) -> setup.Args:
    return make_args(setup.Args, values, injected={"root": "/"}, where="site.yaml:1")


def test_sections_are_what_stands_between_their_marks() -> None:
    printed = "\n\x1enames\nLinux\n6.1\n\n\x1eempty\n\n\x1elocal x.fact\n{}"
    assert sections_of(printed) == {"names": "Linux\n6.1\n", "empty": "", "local x.fact": "{}"}


SYSTEMS: dict[str, tuple[str, str, tuple[str, str, str, str, str]]] = {
    "Debian": (
        'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n', "13.2\n",
        ("Debian", "13.2", "13", "trixie", "Debian")),
    "Debian, testing": ("ID=debian\nVERSION_CODENAME=forky\n", "forky/sid", ("Debian", "NA", "NA", "forky", "Debian")),
    "Ubuntu": (
        'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n', "trixie/sid",
        ("Ubuntu", "24.04", "24", "noble", "Debian")),
    "Rocky": ('ID="rocky"\nVERSION_ID="9.4"\n', "", ("Rocky", "9.4", "9", "NA", "RedHat")),
    "Alpine": ("ID=alpine\nVERSION_ID=3.20.1\n", "", ("Alpine", "3.20.1", "3", "NA", "Alpine")),
    "another one, like Debian": (
        'ID=raspios\nNAME=Raspi\nID_LIKE="other debian"\nVERSION_ID=1', "", ("Raspi", "1", "1", "NA", "Debian")),
    "unknown": ('ID=own\nNAME="My Own"\n', "", ("My Own", "NA", "NA", "NA", "My Own")),
}  # fmt: skip


@pytest.mark.parametrize("case", SYSTEMS)
def test_a_distribution_has_its_name_version_and_family(case: str) -> None:
    os_release, debian, expected = SYSTEMS[case]
    found = dict(distribution(sections(os=os_release, debian=debian)))
    names = ("distribution", "distribution_version", "distribution_major_version", "distribution_release", "os_family")
    assert tuple(found[name] for name in names) == expected


def test_names_keys_and_facts_of_the_host_s_own() -> None:
    found = dict(
        system_facts(
            defaultdict(
                str,
                {
                    "names": "Linux\n6.1.0\n#1 SMP\nx86_64\nweb-1\n",
                    "fqdn": "web-1.example.org\n",
                    "pkg": "apt-get\n",
                    "init": "systemd\nsystemd\n",
                    "keys": "ssh-ed25519 AAAA root@x\necdsa-sha2-nistp256 BBBB root@x\n",
                    "cmdline": "ro console=ttyS0",
                    "local app.fact": '{"a": 1}',
                    "local other.fact": "[one]\nA = b\n",
                    "local bad.fact": "nothing",
                },
            )
        )
    )
    assert (found["hostname"], found["fqdn"], found["domain"]) == ("web-1", "web-1.example.org", "example.org")
    assert (found["pkg_mgr"], found["service_mgr"]) == ("apt", "systemd")
    assert (found["ssh_host_key_ed25519_public"], found["ssh_host_key_ecdsa_public"]) == ("AAAA", "BBBB")
    assert found["cmdline"] == {"ro": True, "console": "ttyS0"}
    assert found["local"]["app"] == {"a": 1}
    assert found["local"]["other"] == {"one": {"a": "b"}}
    assert found["local"]["bad"].startswith("error loading facts")


ADDRESSES = """\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
4: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever
4: eth0    inet 192.0.2.3/32 scope global secondary eth0\\       valid_lft forever
4: eth0    inet6 fe80::2/64 scope link \\       valid_lft forever
4: eth0    inet6 fd00::2/64 scope global nodad \\       valid_lft forever
"""


def test_interfaces_have_addresses_and_the_default_route_its_own() -> None:
    found = dict(
        network_facts(
            sections(
                links="lo loopback 65536 unknown 0x9 00:00:00:00:00:00\neth0 ether 1400 up 0x1103 02:fc:00:00:00:01\n",
                addresses=ADDRESSES,
                routes="default via 192.0.2.1 dev eth0 proto dhcp\n6 default via fd00::1 dev eth0 metric 1024\n",
                dns="# x\nnameserver 1.1.1.1\nnameserver 9.9.9.9\nsearch a b\noptions ndots:2 edns0\n",
            )
        )
    )
    assert found["interfaces"] == ["lo", "eth0"]
    assert (found["eth0"]["active"], found["eth0"]["promisc"], found["lo"].get("macaddress")) == (True, True, None)
    assert found["default_ipv4"] == {
        "address": "192.0.2.2", "alias": "eth0", "broadcast": "192.0.2.255", "gateway": "192.0.2.1",
        "interface": "eth0", "macaddress": "02:fc:00:00:00:01", "mtu": 1400, "netmask": "255.255.255.0",
        "network": "192.0.2.0", "prefix": "24", "type": "ether",
    }  # fmt: skip
    assert (found["default_ipv6"]["address"], found["default_ipv6"]["gateway"]) == ("fd00::2", "fd00::1")
    assert [one["address"] for one in found["eth0"]["ipv4_secondaries"]] == ["192.0.2.3"]
    assert found["all_ipv4_addresses"] == ["192.0.2.2", "192.0.2.3"]
    assert found["dns"] == {
        "nameservers": ["1.1.1.1", "9.9.9.9"],
        "search": ["a", "b"],
        "options": {"ndots": "2", "edns0": True},
    }


def test_a_host_without_a_route_has_an_empty_one() -> None:
    assert dict(network_facts(sections()))["default_ipv4"] == {}


def test_processors_are_counted_by_socket_core_and_thread() -> None:
    lines = (
        "processor : {}",
        "vendor_id : Intel",
        "model name : Xeon",
        "physical id : 0",
        "siblings : 4",
        "cpu cores : 2",
    )
    one = "".join(f"{line}\n" for line in (*lines, "flags : a b", ""))
    found = dict(processors(sections(cpu="".join(one.format(number) for number in range(4)), nproc="4\n")))
    assert found["processor"][:4] == ["0", "Intel", "Xeon", "1"]
    names = ("count", "cores", "threads_per_core", "vcpus", "nproc")
    assert [found[f"processor_{name}"] for name in names] == [1, 2, 2, 4, 4]
    assert found["flags"] == ["a", "b"]


def test_the_time_is_that_of_the_host() -> None:
    printed = "2026 12 06 17 33 15 Sunday 7 48 1796142795 CET +0100\n2026-12-06T16:33:15 20261206T163315 825499123\n"
    found = dict(time_facts(sections(time=printed)))["date_time"]
    assert (found["date"], found["time"], found["tz_offset"], found["weekday_number"]) == (
        "2026-12-06",
        "17:33:15",
        "+0100",
        "0",
    )
    assert (found["iso8601_micro"], found["iso8601_basic_short"]) == ("2026-12-06T16:33:15.825499Z", "20261206T163315")


@pytest.mark.parametrize(
    ("virtual", "dmi", "kind", "role"),
    [
        ("docker\n", "", "docker", "guest"),
        ("kvm\n", "", "kvm", "guest"),
        ("none\n", "sys_vendor QEMU\n", "kvm", "guest"),
        ("none\nhost-kvm\n", "sys_vendor Dell Inc.\n", "kvm", "host"),
        ("none\n", "", "NA", "NA"),
    ],
)
def test_a_machine_is_virtual_or_not(virtual: str, dmi: str, kind: str, role: str) -> None:
    found = dict(virtual_facts(sections(virtual=virtual, dmi=dmi)))
    assert (found["virtualization_type"], found["virtualization_role"]) == (kind, role)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("all",), ["min", "hardware", "network", "virtual"]),
        (("network",), ["min", "network"]),
        (("!all",), ["min"]),
        (("!hardware",), ["min", "network", "virtual"]),
        (("!all", "network"), ["min", "network"]),
        (("!min", "virtual"), ["virtual"]),
        (("!all", "!min"), []),
        (("facter",), ["min"]),
    ],
)
def test_a_subset_is_what_its_words_mean(words: tuple[str, ...], expected: list[str]) -> None:
    assert setup.subsets(words) == expected


def test_a_filter_leaves_what_it_names() -> None:
    wanted = args(gather_subset="!all", filter=["ansible_host*", "system"])
    names = setup.facts_in(sections(names="Linux\n6\n#1\nx86_64\nweb\n", time=TIME), wanted)
    assert set(names) == {"ansible_hostname", "ansible_system", "gather_subset", "module_setup"}


TIME = "2026 12 06 17 33 15 Sunday 7 48 1 UTC +0000\n2026-12-06T16:33:15 20261206T163315 1\n"


def test_a_subset_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match='there is no subset "disks" of facts'):
        args(gather_subset=["!disks"])
