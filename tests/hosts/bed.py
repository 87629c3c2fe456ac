"""Several Docker hosts on one machine, each with a network, a name, an engine, storage and an SSH server of its own.

    invoke hosts up [--count 3] [--number 0]
    invoke hosts down [--number 0]

Needs root and dockerd; what else it needs is installed. A host is a network namespace on a bridge, and in it
mount, UTS and process namespaces, which end with everything in them when their first process is killed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from phlo.errors import HostError, PhloError
from phlo.hosts.connect import open_engine
from phlo.hosts.install import apt_install

START_SECONDS = 120
# What the bed needs besides Docker -> the system's package that brings it; those that are missing are installed.
PROGRAMS = {
    "ip": "iproute2",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "ssh": "openssh-client",
    "sshd": "openssh-server",
}

# $1: the host's folder; $2: its name. What is mounted here is seen by the host alone.
_INIT = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /var/lib/docker /etc/docker
mount --bind "$1/docker" /var/lib/docker
mount --bind "$1/etc" /etc/docker
hostname "$2"
dockerd --host=unix:///run/docker.sock >"$1/dockerd.log" 2>&1 </dev/null &
exec /usr/sbin/sshd -D -e -f "$1/sshd_config" >"$1/sshd.log" 2>&1 </dev/null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BedHost:
    """One host. folder: all that it keeps."""

    name: str
    address: str
    folder: Path
    namespace: str
    link: str

    @property
    def pid_file(self) -> Path:
        return self.folder / "pid"


class Bed:
    """Hosts `data-1`, `data-2`, ... of a bed of its number, on the network 10.77.NUMBER.0/24.

    folder: where it keeps everything; a file `inventory.yaml` there names the hosts, `ssh_config` how to reach them.
    """

    def __init__(self, *, number: int = 0, count: int = 3, folder: Path | None = None) -> None:
        self.number = number
        self.folder = folder or Path(f"/var/tmp/phlo-hosts-{number}")
        self.bridge = f"phlo-bed{number}"
        self.hosts = tuple(self._host(index) for index in range(1, count + 1))
        self._started: list[subprocess.Popen[bytes]] = []

    def _host(self, index: int) -> BedHost:
        name = f"data-{index}"
        return BedHost(
            name=name,
            address=f"10.77.{self.number}.{10 + index}",
            folder=self.folder / name,
            namespace=f"phlo-bed{self.number}-{index}",
            link=f"pb{self.number}h{index}",
        )

    # -- up and down -----------------------------------------------------------------------------------

    def up(self) -> None:
        """Make everything, and wait until every engine answers over SSH."""
        _have_programs()
        self.down()
        self.folder.mkdir(mode=0o700, parents=True)
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "key"))
        _run("ip", "link", "add", self.bridge, "type", "bridge")
        _run("ip", "address", "add", f"10.77.{self.number}.1/24", "dev", self.bridge)
        _run("ip", "link", "set", self.bridge, "up")
        _run("iptables", "-I", "FORWARD", "-i", self.bridge, "-o", self.bridge, "-j", "ACCEPT")
        for host in self.hosts:
            self._start(host)
        self._write_client_files()
        for host in self.hosts:
            self._wait(host)

    def _start(self, host: BedHost) -> None:
        for part in ("docker", "etc"):
            (host.folder / part).mkdir(parents=True)
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host.folder / "host_key"))
        shutil.copy(self.folder / "key.pub", host.folder / "authorized_keys")
        (host.folder / "sshd_config").write_text(
            f"ListenAddress {host.address}\nHostKey {host.folder}/host_key\nPidFile none\nUsePAM no\nStrictModes no\n"
            f"AuthorizedKeysFile {host.folder}/authorized_keys\nPermitRootLogin prohibit-password\n"
            "MaxStartups 100\nMaxSessions 100\n"
        )
        _run("ip", "netns", "add", host.namespace)
        _run("ip", "link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        _run("ip", "link", "set", host.link, "master", self.bridge, "up")
        inside = ("ip", "-n", host.namespace)
        _run(*inside, "address", "add", f"{host.address}/24", "dev", "eth0")
        _run(*inside, "link", "set", "lo", "up")
        _run(*inside, "link", "set", "eth0", "up")
        _run(*inside, "route", "add", "default", "via", f"10.77.{self.number}.1")
        # `ip netns exec` would hide the cgroups: it mounts /sys again.
        log = (host.folder / "init.log").open("wb")
        process = subprocess.Popen(
            [
                *("nsenter", f"--net=/run/netns/{host.namespace}"),
                *("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"),
                *("bash", "-c", _INIT, "bed", str(host.folder), host.name),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        host.pid_file.write_text(str(process.pid))
        self._started.append(process)

    def _write_client_files(self) -> None:
        known = []
        for host in self.hosts:
            key = (host.folder / "host_key.pub").read_text().split()
            known.append(f"{host.address} {key[0]} {key[1]}\n")
        (self.folder / "known_hosts").write_text("".join(known))
        self.ssh_config.write_text(
            f"Host 10.77.{self.number}.*\n  User root\n  IdentitiesOnly yes\n  IdentityFile {self.folder}/key\n"
            f"  UserKnownHostsFile {self.folder}/known_hosts\n"
        )
        hosts = {host.name: {"ansible_host": host.address} for host in self.hosts}
        variables = {"ansible_ssh_common_args": f"-F {self.ssh_config}"}
        self.inventory.write_text(yaml.safe_dump({"all": {"vars": variables, "hosts": hosts}}, sort_keys=False))

    def _wait(self, host: BedHost) -> None:
        deadline = time.monotonic() + START_SECONDS
        options = ("-F", str(self.ssh_config))
        while True:
            try:
                address = f"ssh://{host.address}"
                with closing(open_engine(address, name=host.name, environ={}, ssh_options=options)) as engine:
                    engine.ping()
                return
            except PhloError:
                if time.monotonic() > deadline:
                    logs = "\n".join(path.read_text()[-2000:] for path in sorted(host.folder.glob("*.log")))
                    raise HostError(f"{host.name} did not start\n{logs}") from None
                time.sleep(0.3)

    def down(self) -> None:
        """Remove everything, whatever of it there is."""
        for pid_file in self.folder.glob("*/pid"):
            # With its first process everything in the host's process namespace ends.
            _kill(int(pid_file.read_text()))
        while self._started:
            self._started.pop().wait()
        for host in self._known():
            subprocess.run(["ip", "netns", "delete", host], capture_output=True, check=False)
        rule = ("FORWARD", "-i", self.bridge, "-o", self.bridge, "-j", "ACCEPT")
        while subprocess.run(["iptables", "-D", *rule], capture_output=True, check=False).returncode == 0:
            pass
        subprocess.run(["ip", "link", "delete", self.bridge], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _known(self) -> list[str]:
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        return [name for line in listed.splitlines() if (name := line.split()[0]).startswith(f"phlo-bed{self.number}-")]

    # -- use -------------------------------------------------------------------------------------------

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yaml"

    @property
    def shell(self) -> dict[str, str]:
        """What scripts of the documentation's pages know of it."""
        return {"BED": str(self.folder), "NET": f"10.77.{self.number}"}

    def host(self, name: str) -> BedHost:
        return next(host for host in self.hosts if host.name == name)

    def run(self, name: str, *words: str) -> str:
        """What a command on a host prints."""
        argv = ["ssh", "-F", str(self.ssh_config), self.host(name).address, *words]
        return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout

    def cut(self, name: str) -> None:
        """Pull the plug of a host's network."""
        _run("ip", "link", "set", self.host(name).link, "down")

    def restore(self, name: str) -> None:
        _run("ip", "link", "set", self.host(name).link, "up")

    def slow(self, name: str, milliseconds: int) -> bool:
        """Let what goes to a host take longer; False where the kernel cannot."""
        argv = ["tc", "qdisc", "replace", "dev", self.host(name).link, "root", "netem", "delay", f"{milliseconds}ms"]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@contextmanager
def own_bed(*, count: int) -> Iterator[Bed]:
    """A bed whose number no other process has, so that several runs of the tests can go on at once.

    One made by hand has a number below 20. What a killed run left behind is removed by the next that has its number.
    """
    for number in range(20, 250):
        with Path(f"/var/tmp/phlo-hosts-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            bed = Bed(number=number, count=count)
            try:
                bed.up()
                yield bed
            finally:
                bed.down()
            return
    raise HostError("every number of a bed is taken", fix="Remove one: invoke hosts down --number NUMBER.")


def _have_programs() -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None]
    if missing:
        apt_install(missing, lambda line: print(line, flush=True))


def _kill(pid: int) -> None:
    """End a host's first process, if this is one."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return
    if b"--kill-child" in words:
        os.kill(pid, signal.SIGKILL)
        while _is_alive(pid):
            time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting for its parent to ask how it ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostError(f"{' '.join(argv)}: {done.stderr.strip()}")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts.bed")
    parser.add_argument("verb", choices=("up", "down"))
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--number", type=int, default=0)
    options = parser.parse_args(words)
    bed = Bed(number=options.number, count=options.count)
    if options.verb == "down":
        bed.down()
        return 0
    bed.up()
    print(f"{len(bed.hosts)} hosts are up. Their inventory: {bed.inventory}; by hand: ssh -F {bed.ssh_config} ADDRESS")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
