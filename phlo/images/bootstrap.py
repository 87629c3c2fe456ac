"""Make `phlo/base` out of Debian's own packages, where no container registry can be reached."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO

from phlo.errors import EngineError, OperationError
from phlo.hosts.host import Host
from phlo.hosts.install import ensure_program
from phlo.images.base_recipe import EXCLUDED, NAME, PACKAGES, BaseRecipe
from phlo.images.overlay import archive_of, overlay
from phlo.images.recipe import LABEL_IMAGE

# What mmdebstrap says of its stages; the rest of its output only matters when it fails.
_STAGES = ("running apt-get", "downloading", "extracting", "installing", "cleaning", "creating")


def bootstrap(recipe: BaseRecipe, host: Host) -> None:
    """Make the base out of Debian's packages with mmdebstrap, and import it.

    Raises OperationError when this machine has no Debian mirrors or no mmdebstrap, or when it fails.
    """
    if not recipe.mirrors:
        raise OperationError(
            f"this machine's apt sources name no Debian mirror, so {recipe.tag} cannot be made of packages",
            where=host.name,
            fix="Add a Debian mirror to /etc/apt/sources.list.d, or make a registry reachable.",
        )
    program = ensure_program("mmdebstrap", package="mmdebstrap", say=host.progress)
    host.progress(f"making {recipe.tag} out of Debian's packages; this takes about a minute, once")
    with tempfile.TemporaryDirectory(prefix="phlo-base-") as folder:
        files = Path(folder) / "files.tar"
        files.write_bytes(archive_of(overlay(recipe)))
        image = Path(folder) / "base.tar"
        _run(command(recipe, program, files=files, target=image), host.progress)
        with image.open("rb") as archive:
            _import(archive, recipe, host)


def command(recipe: BaseRecipe, program: str, *, files: Path, target: Path) -> list[str]:
    """The mmdebstrap command that writes a base to `target`. files: an archive unpacked on it."""
    return [
        program,
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED),
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=APT::Install-Recommends "false"',
        f"--customize-hook=tar-in {files} /",
        '--customize-hook=chroot "$1" update-ca-certificates',
        # A log and a cache of this one run would be all that differs between two bases of one recipe.
        '--customize-hook=rm -rf "$1"/var/log/apt "$1"/var/log/*.log "$1"/var/cache/ldconfig/aux-cache',
        recipe.suite,
        str(target),
        *(mirror.line() for mirror in recipe.mirrors),
    ]


def _run(argv: list[str], progress: Callable[[str], None]) -> None:
    tail: deque[str] = deque(maxlen=10)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0"}
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        for line in process.stdout or ():
            text = line.strip().removeprefix("I: ")
            if text:
                tail.append(text)
            if text.startswith(_STAGES):
                progress(f"base: {text}")
    if process.returncode:
        raise OperationError(
            f"mmdebstrap failed with exit status {process.returncode}",
            fix="Check that the mirrors in apt's sources answer (`apt-get update`) and have this release.",
            detail=tail,
        )


def _import(archive: IO[bytes], recipe: BaseRecipe, host: Host) -> None:
    environment = " ".join(f"{name}={value}" for name, value in recipe.environment.items())
    host.progress(f"importing {recipe.tag}")
    repository, _, version = recipe.tag.partition(":")
    messages = host.engine.post_stream(
        "/images/create",
        archive,
        headers={"Content-Type": "application/x-tar"},
        fromSrc="-",
        repo=repository,
        tag=version,
        changes=f'ENV {environment}\nLABEL {LABEL_IMAGE}={NAME}\nCMD ["bash"]',
    )
    for message in messages:
        if "error" in message:
            raise EngineError(500, str(message["error"]), request="to import an image", where=host.name)
