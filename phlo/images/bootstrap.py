"""Make `phlo/base` out of Debian's own packages, where no container registry can be reached."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

from phlo.bounded import Lines, last_lines
from phlo.errors import EngineError, OperationError
from phlo.hosts.host import Host
from phlo.hosts.install import ensure_program
from phlo.images.base_recipe import EXCLUDED, NAME, PACKAGES, BaseRecipe
from phlo.images.overlay import archive_of, overlay
from phlo.images.recipe import LABEL_IMAGE
from phlo.programs import ProgramTimeoutError, run_program

# What mmdebstrap says of its stages; the rest of its output only matters when it fails.
_STAGES = ("running apt-get", "downloading", "extracting", "installing", "cleaning", "creating")
_LINES_SHOWN = 10
# mmdebstrap removes its half-made system when it is asked to end.
_GRACE_SECONDS = 15.0


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
        Path(folder).chmod(0o755)  # apt checks signatures as a user of its own, who has to read the keys
        for key in (key for mirror in recipe.mirrors for key in mirror.keys):
            (Path(folder) / key.name).write_bytes(key.content)
        image = Path(folder) / "base.tar"
        _run(command(recipe, program, files=files, target=image), host)
        with image.open("rb") as archive:
            _import(archive, recipe, host)


def command(recipe: BaseRecipe, program: str, *, files: Path, target: Path) -> list[str]:
    """The mmdebstrap command that writes a base to `target`. files: an archive that is unpacked on it, beside the keys.

    mmdebstrap runs this machine's apt, which reads keys from this machine; the sources in the archive replace it.
    """
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
        *(mirror.line(keys=str(files.parent)) for mirror in recipe.mirrors),
    ]


def _run(argv: list[str], host: Host) -> None:
    lines = Lines()

    def show_stage(piece: bytes) -> None:
        for line in lines.add(piece):
            text = line.decode(errors="replace").strip().removeprefix("I: ")
            if text.startswith(_STAGES):
                host.progress(f"base: {text}")

    try:
        done = run_program(
            argv,
            more={"LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0"},
            is_joined=True,
            is_cancelled=host.is_cancelled,
            on_output=show_stage,
            grace_seconds=_GRACE_SECONDS,
        )
    except ProgramTimeoutError as reason:
        raise OperationError(f"mmdebstrap {reason}", where=host.name) from None
    if done.code:
        raise OperationError(
            f"mmdebstrap failed with exit status {done.code}",
            fix="Check that the mirrors in apt's sources answer (`apt-get update`) and have this release.",
            detail=last_lines(done.stdout.text(), _LINES_SHOWN),
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
