"""Build an image from a recipe, on the engine that will run it."""

from __future__ import annotations

import re
import tempfile
from collections import deque
from collections.abc import Iterable, Mapping
from typing import IO, Any

import phlo
from phlo.bounded import Lines
from phlo.errors import EngineError, OperationError
from phlo.hosts.host import Host
from phlo.images.context import write_archive
from phlo.images.dockerfile import find_buildkit_only
from phlo.images.recipe import LABEL_IMAGE, content_tag, dockerfile_text, read_recipe, secrets_of
from phlo.labels import LABEL_VERSION
from phlo.values import BuildRecipe, BuildSettings, Masker, reveal, reveal_all

_NO_SETTINGS = BuildSettings()

_STEP = re.compile(r"Step (\d+/\d+) : (.*)", re.DOTALL)
_EXIT = re.compile(r"returned a non-zero code: (\d+)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NOISE = (" ---> ", "Removing intermediate container")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
_TAIL = 10


def build(
    recipe: BuildRecipe,
    host: Host,
    *,
    base: str | None,
    environ: Mapping[str, str],
    platform: str | None = None,
) -> str:
    """Build a recipe's image and give its content tag.

    base: the tag handed to the Dockerfile as BASE; None: its own FROM stands. It must be on the host.
    Raises OperationError with the step that failed and its last lines, or with what only BuildKit understands.
    """
    _refuse_buildkit_only(recipe)
    tag = content_tag(recipe)
    dockerfile, entries = read_recipe(recipe)
    arguments = {**proxies(environ), **{name: reveal(value) for name, value in recipe.args.items()}}
    if base is not None:
        arguments["BASE"] = base
    with tempfile.TemporaryFile() as archive:
        write_archive(entries, archive)
        build_archive(
            archive,
            host,
            tag=tag,
            dockerfile=dockerfile,
            arguments=arguments,
            labels={LABEL_IMAGE: recipe.name},
            target=recipe.target,
            platform=platform,
            mask=Masker(secrets_of(recipe)),
            settings=recipe.settings,
        )
    return tag


def _refuse_buildkit_only(recipe: BuildRecipe) -> None:
    found = find_buildkit_only(dockerfile_text(recipe))
    if found is not None:
        is_inline = recipe.settings.dockerfile_text is not None
        path = f"{recipe.name} dockerfile_inline" if is_inline else str(recipe.context / recipe.dockerfile)
        raise OperationError(
            f"{found.what} needs BuildKit, and phlo builds with the engine's own builder, which does not have it",
            where=f"{path}:{found.line}",
            fix="Write it without, or build the image with `docker buildx build --tag NAME` and name it under `image`.",
        )


def build_archive(
    archive: IO[bytes],
    host: Host,
    *,
    tag: str,
    dockerfile: str,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
    target: str | None = None,
    platform: str | None = None,
    mask: Masker | None = None,
    settings: BuildSettings = _NO_SETTINGS,
) -> None:
    """Send a context to the engine's builder and follow what it says (Engine API, ImageBuild)."""
    mask = mask or Masker()
    archive.seek(0)
    following = _Following(tag, host, mask)
    try:
        messages = host.engine.post_stream(
            "/build",
            archive,
            headers={"Content-Type": "application/x-tar"},
            t=(tag, *settings.tags),
            dockerfile=dockerfile,
            buildargs=dict(arguments),
            labels={**reveal_all(settings.labels), **labels, LABEL_VERSION: phlo.__version__},
            nocache=settings.no_cache or None,
            # The bootstrapped base is in no registry.
            pull=(settings.pull and "BASE" not in arguments) or None,
            networkmode=settings.network,
            extrahosts=settings.extra_hosts,
            shmsize=settings.shm_size,
            ulimits=list(settings.ulimits) or None,
            target=target,
            platform=platform,
            rm=True,
            forcerm=True,
        )
        following.follow(messages)
    except EngineError as error:
        raise following.failed(error.message) from None


def proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The proxies of an environment as build arguments, which need no ARG and stay out of the image."""
    return {name: environ[name] for proxy in _PROXIES for name in (proxy, proxy.upper()) if environ.get(name)}


class _Following:
    """Follows a build's messages: which step it is at, and its last lines."""

    def __init__(self, tag: str, host: Host, mask: Masker) -> None:
        self._tag = tag
        self._host = host
        self._mask = mask
        self._number = self._step = ""
        self._tail: deque[str] = deque(maxlen=_TAIL)
        self._lines = Lines()

    def follow(self, messages: Iterable[Mapping[str, Any]]) -> None:
        for message in messages:
            if self._host.is_cancelled():
                raise OperationError(f"the build of {self._tag} was stopped", where=self._host.name)
            if "error" in message:
                raise self.failed(str(message["error"]))
            text = str(message.get("stream", ""))
            # What the engine says itself begins a line of its own, also after an output without a line end.
            unfinished = self._lines.end() if text.startswith(_NOISE) else []
            for line in [*unfinished, *self._lines.add(text.encode(errors="replace"))]:
                self._line(line)

    def _line(self, content: bytes) -> None:
        line = self._mask(_COLOURS.sub("", content.decode(errors="replace")).split("\r")[-1].rstrip())
        if step := _STEP.fullmatch(line):
            self._number, self._step = step[1], f"step {step[1]}: {step[2]}"
            self._tail.clear()
            self._host.progress(_short(f"step {step[1]} {step[2]}"))
        elif line and not line.startswith(_NOISE):
            self._tail.append(line)
            self._host.progress(_short(f"step {self._number}: {line}" if self._number else line))

    def failed(self, message: str) -> OperationError:
        """The error for what the engine's builder said."""
        message = self._mask(message)
        for line in self._lines.end():
            self._line(line)
        lines = [self._step, *self._tail] if self._step else list(self._tail)
        if any("no space left on device" in line.lower() for line in (message, *lines)):
            return OperationError(
                f"the image {self._tag} could not be built: the Docker engine's disk is full",
                fix="`docker system df` shows what takes the room; `docker system prune` frees what nothing uses.",
                detail=lines,
            )
        at = f" at {_short(self._step)}" if self._step else ""
        # For a command that failed, the engine's message is the command once more.
        exit_status = _EXIT.search(message)
        return OperationError(
            f"the image {self._tag} could not be built{at}"
            + (f" (exit status {exit_status[1]})" if exit_status else ""),
            fix="Fix what its last lines report, and run the same command again.",
            detail=lines if exit_status else [*lines, message],
        )


def _short(line: str, *, width: int = 100) -> str:
    line = " ".join(line.split())
    return line if len(line) <= width else line[: width - 1] + "…"
