"""A host with an SSH server and nothing else: a container of the base image, in which an engine can be installed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.images.base import ensure_base
from phlo.images.registries import Registries

# Linux numbers capabilities in this order (capability.h); Docker 20.10 knows those up to here.
_CAPABILITIES = (
    *("chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap"),
    *("linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner"),
    *("sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice"),
    *("sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap"),
    *("mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read"),
)
# Where this machine may raise no limits, the engine's init script may not, either. Nor may it mount further cgroup
# controllers: they would stay active in the kernel, and the machine's own engine could measure no container any more.
_RECIPE = """FROM {base}
RUN apt-get update && apt-get install -y --no-install-recommends openssh-server && mkdir -p /run/sshd \\
    && echo 'ulimit() {{ command ulimit "$@" 2>/dev/null || true; }}' > /etc/default/docker \\
    && echo 'cgroup /sys/fs/cgroup cgroup noauto 0 0' >> /etc/fstab
"""
_START = 'mkdir -p -m 700 /root/.ssh && echo "$KEY" > /root/.ssh/authorized_keys && exec /usr/sbin/sshd -D -e'


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A running one. folder: has the key of its users and an ssh_config that leads to it."""

    name: str
    address: str
    folder: Path

    @property
    def key(self) -> str:
        return (self.folder / "key.pub").read_text().strip()

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    def run(self, *words: str) -> str:
        return _docker("exec", self.name, *words)


@contextmanager
def bare_host(folder: Path, *, name: str) -> Iterator[Bare]:
    """A bare host, for as long as it is needed. folder: an empty one."""
    image = _image()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")], check=True)
    key = (folder / "key.pub").read_text().strip()
    try:
        _docker(
            *("run", "--detach", "--name", name, "--hostname", name, "--env", f"KEY={key}"),
            *(word for one in _capabilities() for word in ("--cap-add", one)),
            *("--device-cgroup-rule", "a *:* rwm"),
            *(
                word
                for one in ("seccomp", "apparmor", "systempaths")
                for word in ("--security-opt", f"{one}=unconfined")
            ),
            *("--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--volume", "/var/lib/docker"),
            *(image, "sh", "-c", _START),
        )
        address = _docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name)
        host_key = _docker("exec", name, "cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()
        (folder / "known_hosts").write_text(f"{address} {host_key[0]} {host_key[1]}\n")
        (folder / "ssh_config").write_text(
            f"Host *\n  IdentitiesOnly yes\n  IdentityFile {folder}/key\n  UserKnownHostsFile {folder}/known_hosts\n"
        )
        yield Bare(name=name, address=address, folder=folder)
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


def _image() -> str:
    """The base image with an SSH server, built once."""
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        base = ensure_base("trixie", Host(name="local", engine=engine), registries=Registries(), environ=os.environ)
    recipe = _RECIPE.format(base=base)
    tag = f"phlo/test-bare:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    found = subprocess.run(["docker", "image", "inspect", tag], capture_output=True, check=False)
    if found.returncode:
        _docker("build", "--quiet", "--tag", tag, "-", stdin=recipe)
    return tag


def _capabilities() -> list[str]:
    """Those that this machine has itself; `--privileged` fails where one is missing."""
    status = Path("/proc/self/status").read_text().splitlines()
    bounding = int(next(line for line in status if line.startswith("CapBnd")).split()[1], 16)
    return [name.upper() for number, name in enumerate(_CAPABILITIES) if bounding >> number & 1]


def _docker(*words: str, stdin: str | None = None) -> str:
    done = subprocess.run(["docker", *words], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}\n{done.stderr}"
    return done.stdout.strip()
