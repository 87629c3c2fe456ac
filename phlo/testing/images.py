"""A tiny image for tests: one static busybox, made in a second without any registry."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from phlo.child_environment import child_environment
from phlo.errors import HostError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.images.recipe import LABEL_IMAGE

TINY = "phlo/test-busybox:1"

# It ends at once when it is stopped, as a service should.
_COMMAND = '["sh", "-c", "trap \'exit 0\' TERM INT; while :; do sleep 3600 & wait $!; done"]'
_PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"


def tiny_image(engine: Engine) -> str:
    """The reference of the tiny image, made if the engine does not have it.

    It has busybox's shell and tools, runs until it is stopped, and ends within milliseconds then.
    Raises HostError where no static busybox can be had.
    """
    if engine.get_or_none(f"/images/{path_part(TINY)}/json") is None:
        repository, _, tag = TINY.partition(":")
        changes = f"ENV PATH=/bin\nCMD {_COMMAND}\nLABEL {LABEL_IMAGE}={repository}"
        messages = engine.post_stream(
            "/images/create",
            io.BytesIO(_archive(static_busybox())),
            headers={"Content-Type": "application/x-tar"},
            fromSrc="-",
            repo=repository,
            tag=tag,
            changes=changes,
        )
        for message in messages:
            if "error" in message:
                raise HostError(f"the tiny test image cannot be imported ({message['error']})")
    return TINY


def static_busybox() -> bytes:
    """A busybox that needs no libraries: this machine's, or the one of its packages, which is not installed."""
    for path in (Path("/bin/busybox"), Path("/usr/bin/busybox")):
        if path.is_file() and _is_static(content := path.read_bytes()):
            return content
    with tempfile.TemporaryDirectory(prefix="phlo-busybox-") as folder:
        for argv in (["apt-get", "-qq", "download", "busybox-static"], ["sh", "-c", "dpkg -x busybox-static_*.deb ."]):
            done = subprocess.run(
                argv, cwd=folder, env=child_environment(), capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise HostError(
                    "no static busybox for the tiny test image",
                    fix="Install the package busybox-static.",
                    detail=done.stderr.splitlines()[-5:],
                )
        return next(Path(folder).glob("**/bin/busybox")).read_bytes()


def _is_static(program: bytes) -> bool:
    """Whether an ELF file names no dynamic loader; the name stands near its start."""
    return b"/ld-" not in program[:4096]


def _archive(busybox: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="phlo-busybox-") as folder:
        program = Path(folder) / "busybox"
        program.write_bytes(busybox)
        program.chmod(0o755)
        listed = subprocess.run(
            [program, "--list"], env=child_environment(), capture_output=True, text=True, check=True
        )
    names = listed.stdout.split()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for folder in ("bin", "etc", "root", "tmp"):
            item = tarfile.TarInfo(folder)
            item.type, item.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(item)
        for name, mode, content in (("bin/busybox", 0o755, busybox), ("etc/passwd", 0o644, _PASSWD)):
            item = tarfile.TarInfo(name)
            item.mode, item.size = mode, len(content)
            archive.addfile(item, io.BytesIO(content))
        for name in sorted(set(names) - {"busybox"}):
            item = tarfile.TarInfo(f"bin/{name}")
            item.type, item.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(item)
    return target.getvalue()
