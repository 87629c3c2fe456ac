"""Names and limits that Linux and the Docker engine know: what is none of them would only fail at the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from phlo.compose.reading import At
from phlo.compose.scalars import integer, plain_pairs, text, word
from phlo.errors import did_you_mean


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# capabilities(7); ALL is Docker's.
CAPABILITIES = _words(
    "ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE "
    "DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE "
    "MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG "
    "SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE "
    "SYS_TIME SYS_TTY_CONFIG WAKE_ALARM"
)
# getrlimit(2)
ULIMITS = _words("as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack")
# signal(7)
_SIGNALS = _words(
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS "
    "TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX"
)
_REAL_TIME_SIGNAL = re.compile(r"RTMIN\+\d{1,2}|RTMAX-\d{1,2}")
_SECURITY_OPTIONS = ("apparmor", "label", "no-new-privileges", "seccomp", "systempaths", "writable-cgroups")
# Those that belong to a namespace of the container, as runc checks it.
_IPC_SYSCTLS = _words(
    "kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shm_rmid_forced kernel.shmall "
    "kernel.shmmax kernel.shmmni"
)
_CPUS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")
LEAST_MEMORY = 6 << 20
_TMPFS_SIZE = re.compile(r"\d+[kmgKMG%]?")
_TMPFS_VALUES = {
    "size": _TMPFS_SIZE,
    "nr_blocks": _TMPFS_SIZE,
    "nr_inodes": _TMPFS_SIZE,
    "mode": re.compile(r"[0-7]{1,4}"),
    "uid": re.compile(r"\d+"),
    "gid": re.compile(r"\d+"),
}


def signal(value: Any, at: At) -> str:
    """`SIGTERM`, `TERM`, `RTMIN+3`, or a number from 1 to 64."""
    found = word(value, at)
    name = found.upper().removeprefix("SIG")
    if name in _SIGNALS or _REAL_TIME_SIGNAL.fullmatch(name) or (name.isdigit() and 1 <= int(name) <= 64):
        return found
    raise at.expected('a signal, e.g. "SIGTERM"', value, did_you_mean(f"SIG{name}", [f"SIG{one}" for one in _SIGNALS]))


def known_capability(name: str, at: At) -> str:
    if name not in CAPABILITIES:
        raise at.expected("a capability of Linux", name, did_you_mean(name, CAPABILITIES))
    return name


def known_security_option(name: str, at: At) -> None:
    if name not in _SECURITY_OPTIONS:
        raise at.expected(f"one of {', '.join(_SECURITY_OPTIONS)}", name, did_you_mean(name, _SECURITY_OPTIONS))


def cpus(value: Any, at: At) -> str:
    """`0-3`, `0,2`: numbers of CPUs; an empty text is all of them."""
    found = text(value, at)
    if found and not _CPUS.fullmatch(found):
        raise at.expected('numbers of CPUs, e.g. "0-3" or "0,2"', value)
    return found


def cpu_shares(value: Any, at: At) -> int:
    """A weight from 2; 0 leaves it to the engine."""
    found = integer(0)(value, at)
    if found == 1:
        raise at.expected("0 or at least 2", value)
    return found


def sysctls(value: Any, at: At) -> Mapping[str, str]:
    """Parameters that belong to a namespace of the container; others are the host's."""
    found = plain_pairs(value, at)
    for name in found:
        if not (name in _IPC_SYSCTLS or name == "kernel.domainname" or name.startswith(("net.", "fs.mqueue."))):
            what = f'"{name}" belongs to the whole host, and a container cannot have its own value of it'
            at.errors.append(at[name].error(what, "Set it on the host."))
    return found


def check_tmpfs_options(options: str, at: At) -> None:
    """Raise ConfigError for a value that mounting a tmpfs would fail with (tmpfs(5))."""
    for option in options.split(","):
        name, equals, value = option.partition("=")
        if equals and name in _TMPFS_VALUES and not _TMPFS_VALUES[name].fullmatch(value):
            raise at.error(f'"{option}" is not an option of a tmpfs', "Write for example size=64m,mode=1777.")


def check_namespaces(values: Mapping[str, Any], at: At) -> None:
    """Add an error for what needs a namespace of its own where the service has the host's."""
    for name in values.get("sysctls") or {}:
        if values.get("network_mode") == "host" and name.startswith("net."):
            what = f'"{name}" belongs to the network, which is the host\'s with "network_mode: host"'
            at.errors.append(at["sysctls"][name].error(what, "Set it on the host, or take network_mode out."))
        if values.get("ipc") == "host" and (name in _IPC_SYSCTLS or name.startswith("fs.mqueue.")):
            what = f'"{name}" belongs to the IPC namespace, which is the host\'s with "ipc: host"'
            at.errors.append(at["sysctls"][name].error(what, "Set it on the host, or take ipc out."))
    if values.get("uts") == "host":
        for name in ("hostname", "domainname"):
            if values.get(name):
                what = 'has no meaning with "uts: host", which takes the host\'s name'
                at.errors.append(at[name].error(what, f"Take out {name} or uts."))


def check_least(values: Mapping[str, Any], at: At) -> None:
    """Add an error for a limit that is below what engines take."""
    for name in ("mem_limit", "mem_reservation"):
        if 0 < (values.get(name) or 0) < LEAST_MEMORY:
            at.errors.append(at[name].error("is below the 6 MB that a container has to have", "Write at least 6m."))
    if 0 < (values.get("cpu_quota") or 0) < 1000:
        at.errors.append(at["cpu_quota"].error("is below 1 ms", "Write at least 1000 (microseconds), or use cpus."))
    if (values.get("cpu_period") or 1000) not in range(1000, 1_000_001):
        at.errors.append(at["cpu_period"].error("should be from 1 ms to 1 s", "Write 1000 to 1000000 (microseconds)."))
