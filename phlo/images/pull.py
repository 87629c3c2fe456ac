"""Pull an image from its registry, as the user that is logged in there."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host
from phlo.images.registries import Registries

_UNREACHABLE = re.compile(
    r"dial tcp|no such host|i/o timeout|timeout exceeded|connection re(fused|set)|no route to host|"
    r"network is unreachable|context deadline|tls handshake|x509|proxyconnect|unexpected EOF|: EOF|"
    r"service unavailable|bad gateway|gateway time",
    re.IGNORECASE,
)
_DENIED = re.compile(r"unauthorized|denied|authentication required|no basic auth", re.IGNORECASE)
_MISSING = re.compile(r"manifest unknown|not found|no matching manifest|name unknown|does not exist", re.IGNORECASE)


class PullProblem(enum.Enum):
    """Why an image cannot be pulled."""

    UNREACHABLE = "its registry is not reachable"
    DENIED = "its registry does not let this user have it"
    MISSING = "its registry has no such image"
    OTHER = "the pull failed"


class PullError(OperationError):
    """An image could not be pulled."""

    def __init__(self, reference: str, problem: PullProblem, message: str, *, host: str) -> None:
        what = f"cannot pull {reference}: {problem.value} ({message})"
        super().__init__(what, where=host, fix=_fix(problem, reference))
        self.problem = problem
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image reference, taken apart. registry: empty for the engine's default one."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Take `[registry/]repository[:tag][@digest]` apart; without a tag and a digest the tag is `latest`."""
        name, _, digest = text.partition("@")
        head, slash, rest = name.partition("/")
        is_registry = bool(slash) and ("." in head or ":" in head or head == "localhost")
        registry, name = (head, rest) if is_registry else ("", name)
        repository, _, tag = name.partition(":")
        return cls(
            registry=registry,
            repository=repository,
            tag=tag or (None if digest else "latest"),
            digest=digest or None,
        )

    @property
    def name(self) -> str:
        """What the engine calls `fromImage`: everything but the tag."""
        name = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return f"{name}@{self.digest}" if self.digest else name


def pull(reference: str, host: Host, *, platform: str | None = None) -> None:
    """Pull an image, telling how far it is. Raises PullError."""
    parts = Reference.parse(reference)
    try:
        messages = host.engine.post_stream(
            "/images/create",
            headers=_credentials(parts.registry),
            fromImage=parts.name,
            tag=None if parts.digest else parts.tag,
            platform=platform,
        )
        _follow(messages, reference, host)
    except EngineError as error:
        raise PullError(reference, classify(error.message), error.message, host=host.name) from None


def pull_if_reachable(reference: str, host: Host, registries: Registries, *, platform: str | None = None) -> None:
    """Pull an image unless this run knows that its registry cannot be reached. Raises PullError."""
    registry = Reference.parse(reference).registry
    known = registries.why_unreachable(host.name, registry)
    if known is not None:
        raise PullError(reference, PullProblem.UNREACHABLE, known, host=host.name)
    host.progress(f"pulling {reference}")
    try:
        pull(reference, host, platform=platform)
    except PullError as error:
        if error.problem is PullProblem.UNREACHABLE:
            registries.mark_unreachable(host.name, registry, error.message)
        raise


def classify(message: str) -> PullProblem:
    """The problem behind an engine's message."""
    for pattern, problem in (
        (_UNREACHABLE, PullProblem.UNREACHABLE),
        (_DENIED, PullProblem.DENIED),
        (_MISSING, PullProblem.MISSING),
    ):
        if pattern.search(message):
            return problem
    return PullProblem.OTHER


def _follow(messages: Iterable[Mapping[str, Any]], reference: str, host: Host) -> None:
    """Show one line for all layers together; it changes with each tenth of the whole and each layer that is done."""
    layers: dict[str, tuple[int, int]] = {}
    shown = ""
    for message in messages:
        if host.is_cancelled():
            raise PullError(reference, PullProblem.OTHER, "stopped", host=host.name)
        if "error" in message:
            raise EngineError(500, str(message["error"]), request=f"to pull {reference}")
        status, layer, detail = message.get("status", ""), message.get("id"), message.get("progressDetail") or {}
        if layer and status == "Downloading" and detail.get("total"):
            layers[layer] = (int(detail.get("current", 0)), int(detail["total"]))
        elif layer in layers and status in ("Download complete", "Pull complete"):
            layers[layer] = (layers[layer][1], layers[layer][1])
        had, whole = sum(now for now, _ in layers.values()), sum(total for _, total in layers.values())
        line = f"pulling {reference}: {had * 10 // whole * 10} % of {whole / 1e6:.0f} MB" if whole else ""
        if line != shown:
            shown = line
            host.progress(line)


def _credentials(registry: str) -> dict[str, str]:
    """The header that logs in as `docker login` did; empty when it did not."""
    import warnings

    import docker.auth
    import docker.errors

    try:
        with warnings.catch_warnings(action="ignore"):  # a missing helper is an error below
            config = docker.auth.load_config()
            found = docker.auth.resolve_authconfig(config, registry or None)
    except docker.errors.DockerException as error:
        raise OperationError(
            f"the stored login for {registry or 'the default registry'} cannot be read ({error})",
            fix="Run `docker login` again, or mend `config.json` of the Docker client.",
        ) from None
    if not found:
        return {}
    return {"X-Registry-Auth": docker.auth.encode_header(found).decode()}


def _fix(problem: PullProblem, reference: str) -> str:
    if problem is PullProblem.UNREACHABLE:
        return "Check the network and its proxy, or have the image built: `image_source: build`."
    if problem is PullProblem.DENIED:
        return "Run `docker login` for its registry, and check the spelling of the name."
    if problem is PullProblem.MISSING:
        return f"Check the name and the tag of {reference}, and that it is made for this platform."
    return "See the engine's log, and `phlo doctor`."
