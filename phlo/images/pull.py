"""Pull an image from its registry, as the user that is logged in there."""

from __future__ import annotations

import base64
import enum
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host
from phlo.hosts.transfer import Transfer
from phlo.image_source import ImageRegistry
from phlo.images.registries import Registries
from phlo.values import reveal

_UNREACHABLE = re.compile(
    r"dial tcp|no such host|i/o timeout|timeout exceeded|connection re(fused|set)|no route to host|"
    r"network is unreachable|context deadline|tls handshake|x509|proxyconnect|unexpected EOF|: EOF|"
    r"service unavailable|bad gateway|gateway time",
    re.IGNORECASE,
)
# https://docs.docker.com/docker-hub/usage/ and RFC 6585
_LIMITED = re.compile(r"toomanyrequests|too many requests|rate limit|\b429\b", re.IGNORECASE)
_DENIED = re.compile(r"unauthorized|denied|authentication required|no basic auth", re.IGNORECASE)
_MISSING = re.compile(r"manifest unknown|not found|no matching manifest|name unknown|does not exist", re.IGNORECASE)


class PullProblem(enum.Enum):
    """Why an image cannot be pulled."""

    UNREACHABLE = "its registry is not reachable"
    LIMITED = "its registry takes no more requests for now"
    # A registry gives the same answer in both cases, so that strangers cannot find out which private images exist.
    DENIED = "its registry has no such repository, or does not let this user pull from it"
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


def pull(reference: str, host: Host, *, platform: str | None = None, registries: Sequence[ImageRegistry] = ()) -> None:
    """Pull an image and report how far it is. registries: those of the project, with their logins. Raises PullError."""
    parts = Reference.parse(reference)
    try:
        messages = host.engine.post_stream(
            "/images/create",
            headers=credentials(reference, registries),
            fromImage=parts.name,
            tag=None if parts.digest else parts.tag,
            platform=platform,
        )
        _follow(messages, reference, host)
    except EngineError as error:
        raise PullError(reference, classify(error.message), error.message, host=host.name) from None


def pull_if_reachable(
    reference: str,
    host: Host,
    registries: Registries,
    *,
    platform: str | None = None,
    named: Sequence[ImageRegistry] = (),
) -> None:
    """Pull an image unless this run knows that its registry cannot be reached. named: see `pull`. Raises PullError."""
    registry = Reference.parse(reference).registry
    known = registries.why_unreachable(host.name, registry)
    if known is not None:
        raise PullError(reference, PullProblem.UNREACHABLE, known, host=host.name)
    host.progress(f"pulling {reference}")
    try:
        pull(reference, host, platform=platform, registries=named)
    except PullError as error:
        if error.problem is PullProblem.UNREACHABLE:
            registries.mark_unreachable(host.name, registry, error.message)
        raise


def classify(message: str) -> PullProblem:
    """The problem behind an engine's message."""
    for pattern, problem in (
        (_UNREACHABLE, PullProblem.UNREACHABLE),
        (_LIMITED, PullProblem.LIMITED),
        (_DENIED, PullProblem.DENIED),
        (_MISSING, PullProblem.MISSING),
    ):
        if pattern.search(message):
            return problem
    return PullProblem.OTHER


def _follow(messages: Iterable[Mapping[str, Any]], reference: str, host: Host) -> None:
    """Show one line for all layers together: how much is there, of how much, and how fast it comes."""
    layers: dict[str, tuple[int, int]] = {}
    transfer = Transfer(f"pulling {reference}", host.progress)
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
        if layers:
            transfer.at(sum(now for now, _ in layers.values()), sum(total for _, total in layers.values()))


def credentials(reference: str, registries: Sequence[ImageRegistry] = ()) -> dict[str, str]:
    """The header that logs in to the registry of an image; empty when nobody has logged in.

    As the project's registries say, the longest prefix first, else as `docker login` did.
    """
    for one in sorted(registries, key=lambda one: -len(one.prefix)):
        if one.username and reference.startswith(f"{one.prefix}/"):
            server = one.prefix.partition("/")[0]
            login = {"username": one.username, "password": reveal(one.password), "serveraddress": server}
            return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(login).encode()).decode()}
    return _stored_login(Reference.parse(reference).registry)


def _stored_login(registry: str) -> dict[str, str]:
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
            fix="Run `docker login` again, or correct `config.json` of the Docker client.",
        ) from None
    if not found:
        return {}
    return {"X-Registry-Auth": docker.auth.encode_header(found).decode()}


def _fix(problem: PullProblem, reference: str) -> str:
    if problem is PullProblem.UNREACHABLE:
        return "Check the network and its proxy, or have the image built: `image_source: build`."
    parts = Reference.parse(reference)
    login = f"`docker login {parts.registry}`" if parts.registry else "`docker login`"
    if problem is PullProblem.LIMITED:
        return f"Wait and try again, or log in with {login}: a user who is logged in may pull more."
    if problem is PullProblem.DENIED:
        where = "" if not parts.registry else " or name its user under `registries` in phlo.yaml"
        return f"Check that {parts.name} is spelled right and still exists; if it is private, run {login}{where}."
    if problem is PullProblem.MISSING:
        return f"Check the name and the tag of {reference}, and that it is made for this platform."
    return "See the engine's log, and `phlo doctor`."
