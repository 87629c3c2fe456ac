"""The two versions of Docker Compose that phlo is compared with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bench.fetch import debian_package

NEWEST = "5.6.0"
MODULE = "github.com/docker/compose/v5"
# What a recording calls each version. API: the one that the recording engine offers it.
VERSIONS: Mapping[str, str] = {"5.6": "1.51", "2.26": "1.45"}


def binaries(cache: Path) -> dict[str, Path]:
    """Version -> program; what is missing is built or fetched, and kept in `cache`."""
    cache.mkdir(parents=True, exist_ok=True)
    debian = debian_package(cache, "docker-compose", "trixie") / "usr/libexec/docker/cli-plugins/docker-compose"
    return {"5.6": newest(cache), "2.26": debian}


def newest(cache: Path) -> Path:
    """The newest Compose whose go.mod the installed Go accepts, built from the Go module proxy (about 5 minutes).

    `go install` refuses the module for its `replace` lines, so that the module's folder is copied and built.
    """
    binary = cache / f"docker-compose-{NEWEST}"
    if binary.exists():
        return binary
    if shutil.which("go") is None:
        raise SystemExit("peers: the newest Compose is built with Go 1.26 or later. Install Go.")
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        work = Path(scratch)
        (work / "go.mod").write_text("module scratch\ngo 1.26\n", encoding="utf-8")
        listed = _go(work, "mod", "download", "-json", f"{MODULE}@v{NEWEST}")
        source = work / "source"
        shutil.copytree(json.loads(listed)["Dir"], source)
        for path in (source, *source.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)
        flags = f"-s -w -X {MODULE}/internal.Version={NEWEST}"
        _go(source, "build", "-trimpath", "-ldflags", flags, "-o", str(binary), "./cmd")
    return binary


def _go(folder: Path, *argv: str) -> str:
    environ = {**os.environ, "GOFLAGS": "-mod=mod"}
    return subprocess.run(["go", *argv], cwd=folder, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout
