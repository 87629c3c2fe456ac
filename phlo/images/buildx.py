"""Building with BuildKit, through the program buildx (https://docs.docker.com/reference/cli/docker/buildx/build/)."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import phlo
from phlo.bounded import Lines
from phlo.errors import OperationError
from phlo.hosts.host import Host
from phlo.hosts.local_socket import local_socket
from phlo.image_source import BuildRecipe
from phlo.images.build_log import BuildLog
from phlo.images.dockerfile import find_buildkit_only
from phlo.images.recipe import LABEL_IMAGE, dockerfile_text, secrets_of
from phlo.labels import LABEL_VERSION
from phlo.programs import ProgramTimeoutError, run_program
from phlo.values import Masker, reveal

_PROGRAM = "docker-buildx"
# Where the docker command line looks for its plugins, after the user's own folder (docker/cli, cli-plugins/manager).
_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
# A build argument of such a name would change what buildx itself does, were it in its environment.
_RESERVED = re.compile(r"PATH|HOME|TMPDIR|(DOCKER|BUILDX|BUILDKIT|LD|GO|SSH|SSL|PHLO)_?.*")
_LINE = re.compile(r"#(\d+) (.*)")
_STEP = re.compile(r"\[(?!internal\])[^]]+\] .*")
_ENDS = re.compile(r"(CACHED|CANCELED|DONE [\d.]+s|\.\.\.)$")
_OUTPUT = re.compile(r"[\d.]+ (.*)")
_EXIT = re.compile(r"exit code: (\d+)")
# What the BuildKit inside an old engine says to newer syntax.
_TOO_OLD = re.compile(r"unsupported frontend capability|unknown instruction|unknown flag", re.IGNORECASE)
_TOO_OLD_FIX = (
    "The engine's own BuildKit may be too old for it: use Docker 23 or newer, or begin the Dockerfile with "
    "`# syntax=docker/dockerfile:1`."
)


class BuildKitNeed(NamedTuple):
    """what: of a recipe only BuildKit can do. where: the place that asks for it."""

    what: str
    where: str


def why_buildkit(recipe: BuildRecipe) -> BuildKitNeed | None:
    """The first thing in a recipe that only BuildKit can do."""
    for key in recipe.settings.buildkit_keys:
        return BuildKitNeed(f"`build.{key}`", recipe.name)
    found = find_buildkit_only(dockerfile_text(recipe))
    if found is None:
        return None
    is_inline = recipe.settings.dockerfile_text is not None
    path = f"{recipe.name} dockerfile_inline" if is_inline else str(recipe.context / recipe.dockerfile)
    return BuildKitNeed(found.what, f"{path}:{found.line}")


def find_buildx(environ: Mapping[str, str]) -> str | None:
    """The program buildx, where the docker command line has it as a plugin, or on PATH."""
    own = environ.get("DOCKER_CONFIG") or os.path.join(environ.get("HOME") or str(Path.home()), ".docker")
    for folder in (os.path.join(own, "cli-plugins"), *_FOLDERS):
        path = os.path.join(folder, _PROGRAM)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return shutil.which(_PROGRAM, path=environ.get("PATH"))


def build_with_buildx(
    program: str,
    archive: IO[bytes],
    recipe: BuildRecipe,
    host: Host,
    *,
    tag: str,
    dockerfile: str,
    arguments: Mapping[str, str],
    platform: str | None,
    environ: Mapping[str, str],
) -> None:
    """Build a context on a host's engine, and follow what buildx prints. Raises OperationError when it fails."""
    secrets = {
        f"PHLO_BUILD_SECRET_{number}": one.content
        for number, one in enumerate(recipe.settings.secrets)
        if one.content is not None
    }
    argv = [program, *buildx_arguments(recipe, tag=tag, dockerfile=dockerfile, arguments=arguments, platform=platform)]
    following = _Following(BuildLog(tag, host, Masker(secrets_of(recipe)), name=recipe.name))
    archive.seek(0)
    with host.engine.opened_to("/build") as connect, local_socket(connect) as socket_path:
        more = {
            **{name: value for name, value in arguments.items() if not _RESERVED.fullmatch(name)},
            **{name: _secret_text(value, recipe) for name, value in secrets.items()},
            "DOCKER_HOST": f"unix://{socket_path}",
            "BUILDKIT_PROGRESS": "plain",
        }
        try:
            done = run_program(
                argv,
                environ=environ,
                more=more,
                without=("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"),
                stdin=archive,
                is_joined=True,
                is_cancelled=host.is_cancelled,
                on_output=following.take,
            )
        except ProgramTimeoutError:
            raise OperationError(f"the build of {tag} was stopped", where=host.name) from None
        except OSError as reason:
            what = f"buildx cannot be run ({reason.strerror}): {program}"
            raise OperationError(what, where=host.name, fix="Install it again (the package docker-buildx).") from None
    if done.code:
        raise following.failed()
    following.log.keep_output()


def buildx_arguments(
    recipe: BuildRecipe, *, tag: str, dockerfile: str, arguments: Mapping[str, str], platform: str | None
) -> list[str]:
    """The arguments of buildx for a context that comes as an archive on its standard input.

    Values of arguments and secrets are passed in the environment, which other users of the machine cannot read.
    """
    settings = recipe.settings
    labels = {**{name: reveal(value) for name, value in settings.labels.items()}}
    labels |= {LABEL_IMAGE: recipe.name, LABEL_VERSION: phlo.__version__}
    options: list[tuple[str, Sequence[str]]] = [
        ("--file", [dockerfile]),
        ("--tag", [tag, *settings.tags]),
        ("--build-arg", [f"{name}={arguments[name]}" if _RESERVED.fullmatch(name) else name for name in arguments]),
        ("--label", [f"{name}={value}" for name, value in labels.items()]),
        ("--target", [recipe.target] if recipe.target else []),
        ("--platform", [platform] if platform else []),
        ("--network", [settings.network] if settings.network else []),
        ("--add-host", settings.extra_hosts),
        ("--shm-size", [str(settings.shm_size)] if settings.shm_size else []),
        ("--ulimit", [f"{one['Name']}={one['Soft']}:{one['Hard']}" for one in settings.ulimits]),
        ("--build-context", [f"{name}={value}" for name, value in settings.contexts.items()]),
        ("--secret", [f"id={one.id},env=PHLO_BUILD_SECRET_{at}" for at, one in enumerate(settings.secrets)]),
        ("--ssh", settings.ssh),
        ("--allow", settings.entitlements),
        ("--cache-from", settings.cache_from),
        ("--cache-to", settings.cache_to),
    ]
    flags = [
        *(["--no-cache"] if settings.no_cache else []),
        # The bootstrapped base is in no registry.
        *(["--pull"] if settings.pull and "BASE" not in arguments else []),
    ]
    given = [word for option, values in options for value in values for word in (option, value)]
    return ["build", "--load", "--progress", "plain", *flags, *given, "-"]


def _secret_text(value: object, recipe: BuildRecipe) -> str:
    """A secret for an environment variable. Raises OperationError for one that no variable can hold."""
    try:
        text = value.decode() if isinstance(value, bytes) else reveal(value)  # type: ignore[arg-type]
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        what = "a secret of the build is not a text"
        raise OperationError(what, where=recipe.name, fix="Encode it, for example as base64.")
    return text


class _Following:
    """Follows the plain progress of buildx: `#5 [web 2/3] RUN make`, `#5 0.731 output`, `#5 DONE 0.9s`."""

    def __init__(self, log: BuildLog) -> None:
        self.log = log
        self._lines = Lines()
        self._steps: dict[str, str] = {}
        self._last = ""
        self._has_failed = False

    def take(self, piece: bytes) -> None:
        for line in self._lines.add(piece):
            self._line(self.log.cleaned(line))

    def _line(self, line: str) -> None:
        found = _LINE.fullmatch(line)
        if found is None:
            if line:
                self._last = line
                self.log.add(line, is_shown_again=self._has_failed)
            return
        number, text = found.groups()
        if _STEP.fullmatch(text):
            if self._steps.get(number) != text:
                self._steps[number] = text
                self.log.begin_step(text)
        elif number in self._steps and not _ENDS.match(text):
            output = _OUTPUT.fullmatch(text)
            self._has_failed |= text.startswith("ERROR: ")
            prefix = f"{self._steps[number].partition(']')[0]}] "
            self.log.add(output[1] if output else text, prefix=prefix, is_shown_again=self._has_failed)

    def failed(self) -> OperationError:
        for line in self._lines.end():
            self._line(self.log.cleaned(line))
        exit_status = _EXIT.search(self._last)
        fix = _TOO_OLD_FIX if _TOO_OLD.search(self._last) else ""
        return self.log.failed(self._last, exit_status=exit_status[1] if exit_status else None, fix=fix)
