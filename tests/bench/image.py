"""The image that every measured container runs: a static busybox, 2 MB, that stops at once when asked to."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path

from tests.bench.engine import BenchError, Engine
from tests.bench.fetch import debian_package
from tests.bench.tools.tool import Unavailable
from tests.bench.workload import IMAGE

_ELF_INTERPRETER = b"/ld-"  # every dynamic loader's name begins so; a static binary names none in its headers
_COMMAND = ["/bin/busybox", "sh", "-c", "trap exit TERM; while :; do busybox sleep 3600 & wait; done"]


def make_image(engine: Engine, cache: Path) -> None:
    """Import the image under its name."""
    tree = io.BytesIO()
    with tarfile.open(fileobj=tree, mode="w") as archive:
        for folder in ("bin", "data"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        archive.add(_static_busybox(cache), "bin/busybox")
        shell = tarfile.TarInfo("bin/sh")
        shell.type, shell.linkname = tarfile.SYMTYPE, "busybox"
        archive.addfile(shell)
    repository, _, tag = IMAGE.partition(":")
    changes = [f"CMD {json.dumps(_COMMAND)}", "ENV PATH=/bin"]
    query = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": "\n".join(changes)}
    engine.request("POST", "/images/create", body=tree.getvalue(), query=query)


def remove_image(engine: Engine) -> None:
    """Remove the image if there is one, also that of a run that was killed; no container of it may be left."""
    for item in engine.request("GET", "/images/json", query={"filters": json.dumps({"reference": [IMAGE]})}):
        engine.request("DELETE", f"/images/{item['Id']}")


def _static_busybox(cache: Path) -> Path:
    installed = shutil.which("busybox")
    if installed and _ELF_INTERPRETER not in Path(installed).read_bytes()[:4096]:
        return Path(installed)
    try:
        return next(debian_package(cache, "busybox-static", "trixie").glob("**/bin/busybox"))
    except Unavailable as reason:
        raise BenchError(f"there is no static busybox for the test image. Install busybox-static. {reason}") from None
