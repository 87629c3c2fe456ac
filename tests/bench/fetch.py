"""Gets peers into a folder of the benchmark's own, through the sources this machine is already configured with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.tools.tool import Unavailable

_ADDRESS = re.compile(r"\b\w+://[^\s'\"]+")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def cache_folder() -> Path:
    """`phlo-bench` in the user's cache folder (XDG Base Directory specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "phlo-bench"


def virtual_environment(cache: Path, name: str, requirements: Sequence[str]) -> Path:
    """A virtual environment with `requirements`; gives its bin folder. Made once, kept in `cache`."""
    folder = cache / name
    stamp, wanted = folder / "requirements.txt", "\n".join(requirements)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return folder / "bin"
    shutil.rmtree(folder, ignore_errors=True)
    uv, python = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"), folder / "bin/python"
    if uv:
        output_of([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        output_of([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *requirements])
    else:
        output_of([sys.executable, "-m", "venv", str(folder)])
        output_of([str(python), "-m", "pip", "install", "--quiet", *requirements])
    stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def debian_package(cache: Path, name: str, suite: str) -> Path:
    """The files of a Debian package, unpacked but not installed; made once, kept in `cache`.

    Any suite can be asked for: apt works in a folder of its own, with the mirrors of this machine's sources.
    """
    folder = cache / f"{name}-{suite}"
    if folder.exists():
        return folder
    missing = [program for program in ("apt-get", "dpkg") if not shutil.which(program)]
    if missing:
        raise Unavailable(f"needs {' and '.join(missing)}, which this system does not have")
    reasons = []
    for mirror in _debian_mirrors():
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            try:
                package = _download(Path(scratch), mirror, name, suite)
                unpacked = Path(scratch) / "unpacked"
                output_of(["dpkg", "-x", str(package), str(unpacked)])
                unpacked.rename(folder)
                return folder
            except Unavailable as reason:
                reasons.append(str(reason))
    raise Unavailable(f"{name} of Debian {suite} is on none of this machine's mirrors: {'; '.join(reasons) or 'none'}")


def _debian_mirrors() -> list[str]:
    form = ["--no-release-info", "--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"]
    listed = output_of(["apt-get", "indextargets", *form]).split()
    return list(dict.fromkeys(listed))


def _download(scratch: Path, mirror: str, name: str, suite: str) -> Path:
    signed = f" [signed-by={_KEYRING}]" if _KEYRING.exists() else ""
    (scratch / "sources.list").write_text(f"deb{signed} {mirror} {suite} main\n", encoding="utf-8")
    (scratch / "status").touch()
    (scratch / "lists/partial").mkdir(parents=True)
    options = {
        "Dir::Etc::sourcelist": scratch / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": scratch / "lists",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "--quiet=2", *(f"--option={key}={value}" for key, value in options.items())]
    output_of([*apt, "update", "--error-on=any"])
    output_of([*apt, "download", name], folder=scratch)
    return next(scratch.glob("*.deb"))


def output_of(command: Sequence[str], folder: Path | None = None) -> str:
    """All that a command prints, run in `folder`; Unavailable when it cannot be run."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=900)
    except OSError as reason:
        raise Unavailable(f"{Path(command[0]).name} failed: {reason.strerror}") from None
    except subprocess.TimeoutExpired as reason:
        raise Unavailable(f"{Path(command[0]).name} took more than {reason.timeout} s") from None
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        # The reason goes into a page that others read; where this machine gets its packages from does not belong there.
        raise Unavailable(f"{Path(command[0]).name} failed: {_ADDRESS.sub('(address)', last[0])}")
    return done.stdout


def first_line(command: Sequence[str], folder: Path | None = None) -> str:
    """The first line that a command prints, run in `folder`; Unavailable when it cannot be run."""
    return (output_of(command, folder).strip().splitlines() or [""])[0]
