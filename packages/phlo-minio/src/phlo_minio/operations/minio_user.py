"""A user with a secret key and policies, or that is not there."""

from __future__ import annotations

from typing import Literal

from phlo.frozen import dataclass
from phlo.hosts.commands import CommandResult
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.s3.conversation import ask
from phlo.operations.s3.signing import Request, Store
from phlo.operations.service_container import Target
from phlo.values import Change, Secret, reveal
from phlo_minio.operations import client


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the user, which is the access key as well.
    secret_key: the secret key; left alone when not given, but a new user needs one.
    policies: the policies that the user has, and no others; left alone when not given.
    enabled: whether the user may sign in; of one who may not, secret key and policies are left alone.
    state: present or absent.
    service: the service that is the store; in a role's tasks the role's own.
    """

    name: str = positional()
    secret_key: str | Secret | None = None
    policies: tuple[str, ...] | None = None
    enabled: bool = True
    state: Literal["present", "absent"] = "present"
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """is_there: whether there is such a user. has_secret: whether the secret key is the one asked for."""

    store: Target
    is_there: bool
    is_enabled: bool = True
    has_secret: bool = True
    policies: frozenset[str] = frozenset()


def observe(args: Args, host: ReadHost) -> Seen:
    """Look at the user, and try the secret key: the store shows none."""
    store = client.find_store(args.project, args.service, args.own_service, host)
    found = client.look(["admin", "user", "info", client.STORE, args.name], store, host, absent="XMinioAdminNoSuchUser")
    if found is None:
        return Seen(store=store, is_there=False)
    is_enabled = found.get("userStatus") == "enabled"
    return Seen(
        store=store,
        is_there=True,
        is_enabled=is_enabled,
        has_secret=args.secret_key is None or not is_enabled or _signs_in(args.name, args.secret_key, store, host),
        policies=frozenset(filter(None, str(found.get("policyName", "")).split(","))),
    )


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"user:{args.name}"
    if args.state == "absent":
        return [Change(at=at, verb="remove", causes=("asked for",))] if seen.is_there else []
    if not seen.is_there:
        return [Change(at=at, verb="create", causes=("not found",))]
    causes = []
    if args.enabled is not seen.is_enabled:
        causes.append(f"enabled: {_yes(seen.is_enabled)} -> {_yes(args.enabled)}")
    if args.enabled and not seen.has_secret:
        causes.append("secret key differs")
    if args.enabled and args.policies is not None and set(args.policies) != seen.policies:
        causes.append(f"policies: {_listed(seen.policies)} -> {_listed(args.policies)}")
    return [Change(at=at, verb="update", causes=tuple(causes))] if causes else []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Each command does no harm when it is repeated."""
    if change.verb == "remove":
        client.change(["admin", "user", "remove", client.STORE, args.name], seen.store, host)
        return
    if not args.enabled and seen.is_there:
        client.change(["admin", "user", "disable", client.STORE, args.name], seen.store, host)
        return
    if not seen.is_enabled:
        client.change(["admin", "user", "enable", client.STORE, args.name], seen.store, host)
    # Whether the secret key of a user who may not sign in is right cannot be told, so it is set with the permission.
    if not seen.is_there or not seen.has_secret or (not seen.is_enabled and args.secret_key is not None):
        pair = f"{args.name}\n{reveal(args.secret_key or '')}\n"
        client.change(["admin", "user", "add", client.STORE], seen.store, host, given=pair)
    wanted = seen.policies if args.policies is None else frozenset(args.policies)
    for word, policies in (("attach", wanted - seen.policies), ("detach", seen.policies - wanted)):
        if policies:
            command = ["admin", "policy", word, client.STORE, *sorted(policies), "--user", args.name]
            client.change(command, seen.store, host)
    if not args.enabled:
        client.change(["admin", "user", "disable", client.STORE, args.name], seen.store, host)


def _signs_in(name: str, secret_key: str | Secret, store: Target, host: ReadHost) -> bool:
    """Whether a request signed with the secret key is taken for the user's, allowed or not."""
    keys = Store(endpoint=f"http://127.0.0.1:{client.PORT}", access_key=name, secret_key=secret_key)

    def run(command: list[str]) -> CommandResult:
        return host.query(store.id, command, timeout_seconds=client.TIMEOUT_SECONDS)

    answer = ask(Request(method="GET", path="/"), keys, run, where=store.name, well=(200, 403))
    return answer.status == 200 or answer.text("Code") == "AccessDenied"


def _listed(policies: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(policies)) or "none"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
