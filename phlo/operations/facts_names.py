"""The names of the facts that `setup` finds, so that a name alone says whether a host has to be looked at."""

from __future__ import annotations

import re

PREFIX = "ansible_"

_NAMES = frozenset(
    """
    all_ipv4_addresses all_ipv6_addresses apparmor architecture bios_date bios_vendor bios_version
    board_asset_tag board_name board_serial board_vendor board_version chassis_asset_tag
    chassis_serial chassis_vendor chassis_version cmdline date_time default_ipv4 default_ipv6
    distribution distribution_file_parsed distribution_file_path distribution_file_variety
    distribution_major_version distribution_minor_version distribution_release distribution_version
    dns domain effective_group_id effective_user_id env fips flags fqdn hostname interfaces
    is_chroot kernel kernel_version loadavg local lsb machine machine_id memfree_mb memory_mb
    memtotal_mb mounts nodename os_family pkg_mgr proc_cmdline processor processor_cores
    processor_count processor_nproc processor_threads_per_core processor_vcpus product_name
    product_serial product_uuid product_version real_group_id real_user_id selinux service_mgr
    swapfree_mb swaptotal_mb system system_vendor uptime_seconds user_dir user_gecos user_gid
    user_id user_shell user_uid userspace_bits virtualization_role virtualization_tech_guest
    virtualization_tech_host virtualization_type
    """.split()  # noqa: SIM905 - a list of them would fill a page
)
# Facts with the name of a key's type, or of an interface (systemd.net-naming-scheme(7), and those of programs).
_KEY = r"ssh_host_key_\w+"
_INTERFACE = r"(eth|en|wl|ww|ib|sl|lo$|bond|team|br|docker|veth|virbr|vlan|tun|tap|wg|dummy|tailscale|cni|flannel)\w*"
_PATTERN = re.compile(f"{_KEY}|{_INTERFACE}")


def is_fact(name: str) -> bool:
    """Whether a variable of this name may be a fact of a host."""
    if not name.startswith(PREFIX):
        return False
    short = name.removeprefix(PREFIX)
    return short in _NAMES or _PATTERN.fullmatch(short) is not None
