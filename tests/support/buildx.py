"""The program buildx: the installed one, or that of Debian's package, which bookworm itself does not have."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from phlo.images.buildx import find_buildx

_SUITE = "trixie"
_PACKAGE = "docker-buildx"


def buildx_config(folder: Path) -> Path:
    """A folder for DOCKER_CONFIG that has buildx as a plugin of the docker command line."""
    plugins = folder / "cli-plugins"
    plugins.mkdir(parents=True)
    program = find_buildx(os.environ) or _unpacked(folder / "apt")
    (plugins / "docker-buildx").symlink_to(program)
    return folder


def _unpacked(folder: Path) -> str:
    """Take the program out of the package of a newer release, without touching the machine's own lists."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sources.list").write_text(f"deb [signed-by={keyring}] {_mirror()} {_SUITE} main\n")
    options = [
        f"-oDir::Etc::sourcelist={folder}/sources.list",
        "-oDir::Etc::sourceparts=-",
        f"-oDir::State::lists={folder}/lists",
        f"-oDir::Cache={folder}/cache",
        "-oAPT::Sandbox::User=root",
    ]
    for argv in (
        ["apt-get", *options, "-qq", "update"],
        ["apt-get", *options, "-qq", "download", _PACKAGE],
        ["sh", "-c", f"dpkg -x {_PACKAGE}_*.deb ."],
    ):
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return str(folder / "usr/libexec/docker/cli-plugins/docker-buildx")


def _mirror() -> str:
    """The mirror that this machine takes Debian's packages from."""
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("debian*"))]
    for path in files:
        text = path.read_text() if path.is_file() else ""
        for address in re.findall(r"^(?:URIs:|deb\s).*?(https?://\S+)", text, re.MULTILINE):
            if "security" not in address:
                return str(address)
    raise AssertionError("no mirror of Debian is configured")
