"""Facts of a host's system, hardware and user, in Ansible's names and forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from phlo.bounded import parse_json

Sections = Mapping[str, str]

# ID of os-release(5) -> name, family.
_SYSTEMS: Mapping[str, tuple[str, str]] = {
    "almalinux": ("AlmaLinux", "RedHat"),
    "alpine": ("Alpine", "Alpine"),
    "amzn": ("Amazon", "RedHat"),
    "arch": ("Archlinux", "Archlinux"),
    "centos": ("CentOS", "RedHat"),
    "debian": ("Debian", "Debian"),
    "fedora": ("Fedora", "RedHat"),
    "kali": ("Kali", "Debian"),
    "linuxmint": ("Linux Mint", "Debian"),
    "ol": ("OracleLinux", "RedHat"),
    "opensuse-leap": ("openSUSE Leap", "Suse"),
    "opensuse-tumbleweed": ("openSUSE Tumbleweed", "Suse"),
    "pop": ("Pop!_OS", "Debian"),
    "raspbian": ("Debian", "Debian"),
    "rhel": ("RedHat", "RedHat"),
    "rocky": ("Rocky", "RedHat"),
    "sles": ("SLES", "Suse"),
    "ubuntu": ("Ubuntu", "Debian"),
}
_MANAGERS = {"apt-get": "apt"}
_INITS = {"init": "sysvinit", "procd": "openwrt_init", "runit-init": "runit", "svscan": "svc", "openrc-init": "openrc"}
# What systemd-detect-virt(1) says -> Ansible's word.
_VIRTUAL = {
    "oracle": "virtualbox",
    "microsoft": "VirtualPC",
    "qemu": "kvm",
    "amazon": "kvm",
    "lxc": "lxc",
    "systemd-nspawn": "systemd-nspawn",
}
_DMI = {"sys_vendor": "system_vendor"}
DMI_NAMES = (
    *("product_name", "product_serial", "product_uuid", "product_version", "sys_vendor"),
    *("bios_date", "bios_vendor", "bios_version"),
    *("board_asset_tag", "board_name", "board_serial", "board_vendor", "board_version"),
    *("chassis_asset_tag", "chassis_serial", "chassis_vendor", "chassis_version"),
)
_KIB_OF_MIB = 1024


def system_facts(found: Sections) -> Iterator[tuple[str, Any]]:
    """Names, distribution and the managers of packages and services."""
    system, release, version, machine, node = (*found["names"].splitlines(), "", "", "", "", "")[:5]
    fqdn = found["fqdn"].strip() or node
    yield from {"system": system, "kernel": release, "kernel_version": version, "machine": machine}.items()
    yield from {"nodename": node, "hostname": node.partition(".")[0], "fqdn": fqdn}.items()
    yield "domain", fqdn.partition(".")[2]
    yield "architecture", "i386" if re.fullmatch("i[3456]86", machine) else machine
    yield "userspace_bits", "64" if machine.endswith(("64", "s390x")) else "32"
    yield from distribution(found)
    yield "pkg_mgr", _MANAGERS.get(found["pkg"].strip(), found["pkg"].strip() or "unknown")
    yield "service_mgr", _service_manager(found["init"].split())
    yield "machine_id", found["machine"].strip()
    yield "fips", found["fips"].strip() == "1"
    yield "is_chroot", found["chroot"].strip() == "chroot"
    yield "apparmor", {"status": found["apparmor"].strip() or "disabled"}
    yield "selinux", _selinux(found["selinux"])
    yield "lsb", dict(_lsb(found["lsb"]))
    for line in found["keys"].splitlines():
        kind, key = (*line.split(), "", "")[:2]
        name = kind.removeprefix("ssh-").removeprefix("ecdsa-sha2-")
        name = "ecdsa" if name.startswith("nistp") else name
        yield f"ssh_host_key_{name}_public", key
        yield f"ssh_host_key_{name}_public_keytype", kind
    words = [word.partition("=") for word in found["cmdline"].split()]
    yield "cmdline", {name: value if sign else True for name, sign, value in words}
    yield "proc_cmdline", {name: value if sign else True for name, sign, value in words}
    yield "local", dict(_local(found))


def distribution(found: Sections) -> Iterator[tuple[str, Any]]:
    """The distribution, its version and family."""
    given = dict(line.split("=", 1) for line in found["os"].splitlines() if "=" in line)
    values = {name: text.strip().strip("\"'") for name, text in given.items()}
    identity = values.get("ID", "linux")
    name, family = _SYSTEMS.get(identity, (values.get("NAME", identity), ""))
    if not family:
        likes = (_SYSTEMS[like][1] for like in values.get("ID_LIKE", "").split() if like in _SYSTEMS)
        family = next(likes, name)
    version = values.get("VERSION_ID", "NA")
    exact = found["debian"].strip()
    if identity == "debian" and exact[:1].isdigit():
        version = exact
        yield "distribution_minor_version", exact.partition(".")[2]
    yield "distribution", name
    yield "distribution_version", version
    yield "distribution_major_version", version.partition(".")[0]
    yield "distribution_release", values.get("VERSION_CODENAME") or "NA"
    yield "distribution_file_path", "/etc/os-release"
    yield "distribution_file_variety", name
    yield "distribution_file_parsed", True
    yield "os_family", family


def _service_manager(words: list[str]) -> str:
    """What starts services: systemd, else what process 1 is called."""
    if "systemd" in words:
        return "systemd"
    if words[-1:] == ["openrc"]:
        return "openrc"
    return _INITS.get(words[0], words[0]) if words else "service"


def _lsb(text: str) -> Iterator[tuple[str, str]]:
    """What lsb_release(1) says."""
    keys = {"Distributor ID": "id", "Description": "description", "Release": "release", "Codename": "codename"}
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.partition(":"))
        if name in keys:
            yield keys[name], value
        if name == "Release":
            yield "major_release", value.partition(".")[0]


def _selinux(text: str) -> dict[str, Any]:
    first = text[:1]
    if first not in ("0", "1"):
        return {"status": "disabled"}
    given = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {
        "status": "enabled",
        "mode": "enforcing" if first == "1" else "permissive",
        "config_mode": given.get("SELINUX", "unknown"),
        "type": given.get("SELINUXTYPE", "unknown"),
    }


def _local(found: Sections) -> Iterator[tuple[str, Any]]:
    """Facts of the host's own: JSON, or INI."""
    for section, text in found.items():
        if not section.startswith("local "):
            continue
        name = section.removeprefix("local ").removesuffix(".fact")
        try:
            yield name, parse_json(text)
        except ValueError:
            yield name, _ini(text)


def _ini(text: str) -> Any:
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as reason:
        return f"error loading facts as JSON or ini: {reason}"
    return {section: dict(parser[section]) for section in parser.sections()}


def user_facts(found: Sections) -> Iterator[tuple[str, Any]]:
    """The user who is signed in, or that the task became, and the environment."""
    name, uid, gid, real_uid, real_gid = (*found["user"].split(), "", "0", "0", "0", "0")[:5]
    entry = (*found["passwd"].split(":"), *[""] * 7)[:7]
    yield from {"user_id": name, "user_uid": int(uid), "user_gid": int(gid)}.items()
    yield from {"user_gecos": entry[4], "user_dir": entry[5], "user_shell": entry[6].strip()}.items()
    yield from {"effective_user_id": int(uid), "effective_group_id": int(gid)}.items()
    yield from {"real_user_id": int(real_uid), "real_group_id": int(real_gid)}.items()
    pairs = (line.partition("=") for line in found["env"].splitlines() if "=" in line)
    yield "env", {key: value.replace("\x01", "\n") for key, _, value in pairs}


def time_facts(found: Sections) -> Iterator[tuple[str, Any]]:
    """The host's time."""
    local, utc = (*found["time"].splitlines(), "", "")[:2]
    year, month, day, hour, minute, second, weekday, number, week, epoch, zone, offset = local.split()
    iso, basic, nanoseconds = utc.split()
    micro = (nanoseconds[:6] if nanoseconds.isdigit() else "0").ljust(6, "0")
    yield (
        "date_time",
        {
            "year": year,
            "month": month,
            "day": day,
            "hour": hour,
            "minute": minute,
            "second": second,
            "weekday": weekday,
            "weekday_number": str(int(number) % 7),
            "weeknumber": week,
            "date": f"{year}-{month}-{day}",
            "time": f"{hour}:{minute}:{second}",
            "epoch": epoch,
            "epoch_int": epoch,
            "tz": zone,
            "tz_dst": zone,
            "tz_offset": offset,
            "iso8601": f"{iso}Z",
            "iso8601_micro": f"{iso}.{micro}Z",
            "iso8601_basic": f"{basic}{micro}",
            "iso8601_basic_short": basic,
        },
    )


def virtual_facts(found: Sections) -> Iterator[tuple[str, Any]]:
    """Whether the host is a machine of its own, a virtual one, or a container."""
    words = [word for word in found["virtual"].split() if word != "none"]
    guests = list(dict.fromkeys(_VIRTUAL.get(word, word) for word in words if word != "host-kvm"))
    vendor = dict(_dmi(found)).get("system_vendor", "")
    if not guests:
        known = {"QEMU": "kvm", "VMware, Inc.": "VMware", "innotek GmbH": "virtualbox", "Amazon EC2": "kvm"}
        guests = [known[vendor]] if vendor in known else []
    if any(word in ("docker", "podman", "lxc", "systemd-nspawn") for word in guests):
        guests.append("container")
    hosts = ["kvm"] if "host-kvm" in words else []
    kind, role = (guests[0], "guest") if guests else ("kvm", "host") if hosts else ("NA", "NA")
    yield "virtualization_type", kind
    yield "virtualization_role", role
    yield "virtualization_tech_guest", guests
    yield "virtualization_tech_host", hosts


def _dmi(found: Sections) -> Iterator[tuple[str, str]]:
    """What the firmware says of the machine; NA without a value, or without the permission to read it."""
    said = dict(line.split(" ", 1) for line in found["dmi"].splitlines() if " " in line)
    for name in DMI_NAMES:
        yield _DMI.get(name, name), said.get(name, "").strip() or "NA"


def hardware_facts(found: Sections) -> Iterator[tuple[str, Any]]:
    """Processors, memory, uptime, and what the firmware says."""
    yield from _dmi(found)
    yield from processors(found)
    sizes = {name: int(text.split()[0]) for line in found["memory"].splitlines() for name, text in [line.split(":", 1)]}

    def mib(name: str) -> int:
        return sizes.get(name, 0) // _KIB_OF_MIB

    total, free = mib("MemTotal"), mib("MemFree")
    spare = (sizes.get("MemFree", 0) + sizes.get("Cached", 0) + sizes.get("Buffers", 0)) // _KIB_OF_MIB
    yield from {"memtotal_mb": total, "memfree_mb": free}.items()
    yield from {"swaptotal_mb": mib("SwapTotal"), "swapfree_mb": mib("SwapFree")}.items()
    swap = {"total": mib("SwapTotal"), "free": mib("SwapFree"), "cached": mib("SwapCached")}
    yield (
        "memory_mb",
        {
            "real": {"total": total, "free": free, "used": total - free},
            "nocache": {"free": spare, "used": total - spare},
            "swap": {**swap, "used": swap["total"] - swap["free"]},
        },
    )
    yield "uptime_seconds", int(float((found["uptime"].split() or ["0"])[0]))
    one, five, fifteen = ([float(word) for word in found["load"].split()[:3]] + [0.0] * 3)[:3]
    yield "loadavg", {"1m": one, "5m": five, "15m": fifteen}
    yield "mounts", list(_mounts(found))


def processors(found: Sections) -> Iterator[tuple[str, Any]]:
    """What /proc/cpuinfo lists: an index, a maker and a model for each processor."""
    described: list[str] = []
    sockets: dict[str, int] = {}
    cores, siblings, count, socket = 1, 1, 0, "0"
    for line in found["cpu"].splitlines():
        name, _, text = (part.strip() for part in line.partition(":"))
        if name == "processor":
            count += 1
        if name in ("processor", "vendor_id", "model name", "cpu", "Vendor", "Processor") and text:
            described.append(text)
        if name == "physical id":
            socket = text
            sockets.setdefault(socket, 0)
        cores = int(text) if name == "cpu cores" and text.isdigit() else cores
        siblings = int(text) if name == "siblings" and text.isdigit() else siblings
    number = int(found["nproc"].strip() or count or 1)
    yield "processor", described
    yield "processor_count", len(sockets) or count
    yield "processor_cores", cores
    yield "processor_threads_per_core", max(siblings // cores, 1)
    yield "processor_vcpus", max(siblings // cores, 1) * (len(sockets) or count) * cores
    yield "processor_nproc", number
    flags = next((line for line in found["cpu"].splitlines() if line.startswith(("flags", "Features"))), "")
    yield "flags", flags.partition(":")[2].split()


def _mounts(found: Sections) -> Iterator[dict[str, Any]]:
    """The mounts of devices and network file systems, with their sizes."""
    sizes = {}
    for line in found["sizes"].splitlines():
        words = line.split(" ", 5)
        sizes[words[5]] = [int(word) for word in words[:5]]
    uuids = dict(line.split(" ", 1) for line in found["uuids"].splitlines())
    for line in found["mounts"].splitlines():
        device, path, kind, options, dump, passno = line.split()
        path = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), path)
        if kind == "none" or not (device.startswith(("/", "\\")) or ":/" in device):
            continue
        one: dict[str, Any] = {"mount": path, "device": device, "fstype": kind, "options": options}
        one |= {"dump": int(dump), "passno": int(passno), "uuid": uuids.get(device, "N/A")}
        if path in sizes:
            block, blocks, free, inodes, free_inodes = sizes[path]
            one |= {"size_total": block * blocks, "size_available": block * free, "block_size": block}
            one |= {"block_total": blocks, "block_available": free, "block_used": blocks - free}
            one |= {"inode_total": inodes, "inode_available": free_inodes, "inode_used": inodes - free_inodes}
        yield one
