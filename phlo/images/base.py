"""Make `phlo/base` on a host: from a registry's Debian where there is one, else out of Debian's own packages."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from phlo.errors import EngineError, OperationError, PhloError
from phlo.hosts.engine import path_part
from phlo.hosts.host import Host
from phlo.images.base_recipe import EXCLUDED, NAME, PACKAGES, BaseRecipe, read_base_recipe
from phlo.images.build import build_archive, proxies
from phlo.images.pull import PullError, PullProblem, Reference, pull
from phlo.images.recipe import LABEL_IMAGE
from phlo.images.registries import Registries

_FOLDER = "usr/local/share/ca-certificates"


def ensure_base(
    suite: str,
    host: Host,
    *,
    registries: Registries,
    environ: Mapping[str, str],
    prefer_packages: bool = False,
    start: str = "debian:{suite}-slim",
) -> str:
    """Make sure that the base for a Debian release is on a host, and give its tag.

    prefer_packages: bootstrap it even where a registry could be asked.
    start: the image a registry would have for it.
    Several services wait for one base; the first makes it, in this process or another.
    Raises OperationError that says all that was tried.
    """
    recipe = read_base_recipe(suite, environ=environ)
    if _is_there(recipe, host):
        return recipe.tag
    with _alone(recipe, host, environ):
        if not _is_there(recipe, host):
            _make(recipe, host, registries, environ, prefer_packages, start.format(suite=suite))
    return recipe.tag


def _is_there(recipe: BaseRecipe, host: Host) -> bool:
    return host.engine.get_or_none(f"/images/{path_part(recipe.tag)}/json") is not None


def _make(
    recipe: BaseRecipe,
    host: Host,
    registries: Registries,
    environ: Mapping[str, str],
    prefer_packages: bool,
    start: str,
) -> None:
    def from_registry() -> None:
        extend(start, recipe, host, registries=registries, environ=environ)

    def from_packages() -> None:
        bootstrap(recipe, host)

    ways = [from_packages, from_registry] if prefer_packages else [from_registry, from_packages]
    problems: list[PhloError] = []
    for way in ways:
        try:
            return way()
        except OperationError as error:
            problems.append(error)
            host.progress(f"{error.what}; trying the other way")
    raise OperationError(
        f"the base image {recipe.tag} could not be made",
        where=host.name,
        detail=[str(problem) for problem in problems] + [line for problem in problems for line in problem.detail],
        fix="One of the two ways has to work: a registry that has Debian's image, or Debian mirrors in apt's sources.",
    )


# -- from a registry ---------------------------------------------------------------------------------


def extend(start: str, recipe: BaseRecipe, host: Host, *, registries: Registries, environ: Mapping[str, str]) -> None:
    """Make the base from a registry's Debian image. Raises PullError or OperationError."""
    registry = Reference.parse(start).registry
    known = registries.why_unreachable(host.name, registry)
    if known is not None:
        raise PullError(start, PullProblem.UNREACHABLE, known, host=host.name)
    try:
        pull(start, host)
    except PullError as error:
        if error.problem is PullProblem.UNREACHABLE:
            registries.mark_unreachable(host.name, registry, error.message)
        raise
    environment = " ".join(f"{name}={value}" for name, value in recipe.environment.items())
    dockerfile = (
        f"FROM {start}\n"
        "COPY root/ /\n"
        f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"
        " && update-ca-certificates && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin\n"
        f"ENV {environment}\n"
    )
    files = {f"root/{name}": content for name, content in _overlay(recipe).items()}
    if recipe.mirrors:
        sources = "".join(mirror.line() + "\n" for mirror in recipe.mirrors)
        files["root/etc/apt/sources.list"] = sources.encode()
        dockerfile = dockerfile.replace("RUN ", "RUN rm -f /etc/apt/sources.list.d/debian.sources && ", 1)
    with tempfile.TemporaryFile() as archive:
        archive.write(_archive({"Dockerfile": dockerfile.encode(), "root/etc/.keep": b"", **files}))
        build_archive(
            archive,
            host,
            tag=recipe.tag,
            dockerfile="Dockerfile",
            arguments=proxies(environ),
            labels={LABEL_IMAGE: NAME},
        )


# -- from packages -------------------------------------------------------------------------------------


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
    program = shutil.which("mmdebstrap")
    if program is None:
        from phlo.hosts.install import ensure_program

        program = ensure_program("mmdebstrap", package="mmdebstrap", say=host.progress)
    host.progress(f"making {recipe.tag} out of Debian's packages; this takes about a minute, once")
    with tempfile.TemporaryDirectory(prefix="phlo-base-") as folder:
        overlay = Path(folder) / "overlay.tar"
        overlay.write_bytes(_archive(_overlay(recipe)))
        image = Path(folder) / "base.tar"
        _run(command(recipe, program, overlay=overlay, target=image), host.progress)
        with image.open("rb") as archive:
            _import(archive, recipe, host)


def command(recipe: BaseRecipe, program: str, *, overlay: Path, target: Path) -> list[str]:
    """The mmdebstrap command that writes a base to `target`. overlay: an archive unpacked on it."""
    return [
        program,
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED),
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=APT::Install-Recommends "false"',
        f"--customize-hook=tar-in {overlay} /",
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
            if line.strip():
                tail.append(line.strip())
                progress(line.strip().removeprefix("I: ")[:100])
    if process.returncode:
        raise OperationError(
            f"mmdebstrap failed with exit status {process.returncode}",
            fix="Check that the mirrors in apt's sources answer (`apt-get update`) and have this release.",
            detail=tail,
        )


def _import(archive: io.BufferedReader, recipe: BaseRecipe, host: Host) -> None:
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


# -- what both have in common -----------------------------------------------------------------------------


def _overlay(recipe: BaseRecipe) -> dict[str, bytes]:
    """The files put into a base: path -> content."""
    files = {f"{_FOLDER}/{name}": content for name, content in recipe.certificates.items()}
    if recipe.pip_conf:
        files["etc/pip.conf"] = recipe.pip_conf.encode()
    return files


def _archive(files: Mapping[str, bytes]) -> bytes:
    """A tar archive of files and the folders above them."""
    target = io.BytesIO()
    folders = {str(folder) for name in files for folder in Path(name).parents if str(folder) != "."}
    with tarfile.open(fileobj=target, mode="w") as archive:
        for folder in sorted(folders):
            item = tarfile.TarInfo(folder)
            item.type, item.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(item)
        for name, content in sorted(files.items()):
            item = tarfile.TarInfo(name)
            item.size = len(content)
            archive.addfile(item, io.BytesIO(content))
    return target.getvalue()


@contextmanager
def _alone(recipe: BaseRecipe, host: Host, environ: Mapping[str, str]) -> Iterator[None]:
    """Hold back others on this machine that want to make the same base on the same host."""
    cache = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or tempfile.gettempdir()) / ".cache")
    folder = cache / "phlo"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{host.name}-{recipe.tag.rpartition(':')[2]}.lock".replace("/", "-")
    with (folder / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            host.progress(f"waiting for {recipe.tag}, which is being made already")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
