"""Build an image from a recipe, on the engine that will run it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from typing import IO, Any

import phlo
from phlo.bounded import Lines
from phlo.errors import EngineError, OperationError
from phlo.hosts.host import Host
from phlo.image_source import BuildRecipe, BuildSettings
from phlo.images.build_log import BuildLog
from phlo.images.buildx import build_with_buildx, find_buildx, why_buildkit
from phlo.images.context import write_archive
from phlo.images.recipe import LABEL_IMAGE, content_tag, read_recipe, secrets_of
from phlo.labels import LABEL_VERSION
from phlo.values import Masker, reveal, reveal_all

_NO_SETTINGS = BuildSettings()

_STEP = re.compile(r"Step (\d+/\d+) : (.*)", re.DOTALL)
_EXIT = re.compile(r"returned a non-zero code: (\d+)")
_NOISE = (" ---> ", "Removing intermediate container")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")


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
    BuildKit builds what only it can build, and whatever names a cache, through the program buildx; everything else is
    built by the builder that every engine has.
    Raises OperationError with the step that failed and its last lines, or with what needs a buildx that is not there.
    """
    settings = recipe.settings
    needed = why_buildkit(recipe)
    buildx = find_buildx(environ) if needed is not None or settings.cache_from or settings.cache_to else None
    if needed is not None and buildx is None:
        raise OperationError(
            f"{needed.what} needs BuildKit, which phlo uses through the program buildx, and there is no buildx here",
            where=needed.where,
            fix="Install buildx (the package docker-buildx or docker-buildx-plugin), or write it without.",
        )
    tag = content_tag(recipe)
    dockerfile, entries = read_recipe(recipe)
    arguments = {**proxies(environ), **{name: reveal(value) for name, value in recipe.args.items()}}
    if base is not None:
        arguments["BASE"] = base
    with tempfile.TemporaryFile() as archive:
        write_archive(entries, archive)
        if buildx is not None:
            build_with_buildx(
                buildx,
                archive,
                recipe,
                host,
                tag=tag,
                dockerfile=dockerfile,
                arguments=arguments,
                platform=platform,
                environ=environ,
            )
            return tag
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
            settings=settings,
            name=recipe.name,
        )
    return tag


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
    name: str = "",
) -> None:
    """Send a context to the engine's builder and follow what it says (Engine API, ImageBuild).

    name: what the kept output of the build is called by; "": the tag.
    """
    mask = mask or Masker()
    archive.seek(0)
    following = _Following(tag, host, mask, name=name or tag)
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
        following.log.keep_output()
    except EngineError as error:
        raise following.failed(error.message) from None


def proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The proxies of an environment as build arguments, which need no ARG and stay out of the image."""
    return {name: environ[name] for proxy in _PROXIES for name in (proxy, proxy.upper()) if environ.get(name)}


class _Following:
    """Follows the messages of the engine's own builder."""

    def __init__(self, tag: str, host: Host, mask: Masker, *, name: str) -> None:
        self._tag = tag
        self._host = host
        self.log = BuildLog(tag, host, mask, name=name)
        self._number = ""
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
        line = self.log.cleaned(content)
        if step := _STEP.fullmatch(line):
            self._number = f"step {step[1]}: "
            self.log.begin_step(f"step {step[1]}: {step[2]}", f"step {step[1]} {step[2]}")
        elif line and not line.startswith(_NOISE):
            self.log.add(line, prefix=self._number)

    def failed(self, message: str) -> OperationError:
        """The error for what the engine's builder said."""
        for line in self._lines.end():
            self._line(line)
        # For a command that failed, the engine's message is the command once more.
        exit_status = _EXIT.search(message)
        return self.log.failed(message, exit_status=exit_status[1] if exit_status else None)
