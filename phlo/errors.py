"""Every error that phlo raises on purpose.

    PhloError
    ├── ConfigError      phlo.yaml, service.yaml values, environment files, command-line variables
    ├── PackageError     a service package or plug-in that cannot be used
    ├── InventoryError   inventory files, host patterns
    ├── PlanError        the graph: cycles, unknown or disabled dependencies, conflicts
    ├── HostError        a Docker engine that cannot be reached or is too old
    │   └── NodeError    that of a cluster's node, while the manager that is asked for its services can be reached
    ├── OperationError   a step that failed on a host
    │   └── EngineError  the Docker engine refused a request (HTTP status, engine's message)
    └── LockError        somebody else holds the deploy lock

An error says where, what, and what to do; all three fit in one line:
`phlo.yaml:7 services.dagster.ports[0]: should be HOST:CONTAINER, got "80a". Write a port from 1 to 65535.`
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

MOST_LISTED = 20


class PhloError(Exception):
    """Something the user can act on.

    where: a file with line (`phlo.yaml:7 services.x.port`), a host, or a service; empty if it is the command itself.
    what:  what is wrong, without a final full stop.
    fix:   what to do about it, as a sentence; empty when `what` says it all.
    detail: lines shown below the message (log tail, probe output).
    others: further errors found at the same time; each is shown on its own.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = "",
        fix: str = "",
        detail: Sequence[str] = (),
        others: Iterable[PhloError] = (),
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = str(where)
        self.fix = fix
        self.detail = tuple(detail)
        self.others = tuple(others)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        head = head.rstrip(".") + "."
        return f"{head} {self.fix}" if self.fix else head

    def each(self) -> Iterable[PhloError]:
        """This error and those found with it, in the order they were found."""
        yield self
        for other in self.others:
            yield from other.each()


class ConfigError(PhloError):
    """phlo.yaml, a service's values, an environment file or a command-line variable is wrong.

    variable: the name of the variable that must have a value and has none, else empty.
    """

    variable = ""


class PackageError(PhloError):
    """A service package or plug-in cannot be used."""


class InventoryError(PhloError):
    """An inventory file or a host pattern is wrong."""


class PlanError(PhloError):
    """The steps cannot be put in order, or contradict each other."""


class HostError(PhloError):
    """A Docker engine cannot be reached, or is too old."""


class NodeError(HostError):
    """The engine of a cluster's node cannot be reached; the host that its service's steps are on can."""


class OperationError(PhloError):
    """A step failed on its host."""


class EngineError(OperationError):
    """The Docker engine refused a request; `status` is its HTTP status."""

    def __init__(self, status: int, message: str, *, request: str, where: object = "") -> None:
        super().__init__(f"Docker refused {request}: {message}", where=where)
        self.status = status
        self.message = message


class LockError(PhloError):
    """Another run holds the deploy lock."""


def no_engine_address(address: str, where: object) -> InventoryError:
    """The error for an address by which no engine can be reached. where: the place that it stands at."""
    start, at, end = address.rpartition("@")
    if at:  # there may be a password before it
        address = f"{start.partition('://')[0]}://***@{end}"
    return InventoryError(
        f'"{address}" is not an address phlo can reach a Docker engine by',
        where=where,
        fix="Write unix:///path/to/docker.sock, ssh://USER@HOST or tcp://HOST:PORT.",
    )


def mask_error(error: PhloError, mask: Callable[[str], str]) -> PhloError:
    """The error itself, with the texts masked of it, of those found with it, and of what led to it (for `--debug`)."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.args = tuple(mask(part) if isinstance(part, str) else part for part in one.args)
        if isinstance(one, PhloError):
            one.what, one.where, one.fix = mask(one.what), mask(one.where), mask(one.fix)
            one.detail = tuple(map(mask, one.detail))
            waiting += one.others
        waiting += (one.__cause__, one.__context__)
    return error


def first_of(errors: Sequence[PhloError]) -> PhloError:
    """Join errors found together into one to raise: the first, carrying the rest.

    `errors` must not be empty.
    """
    head, *rest = errors
    head.others = (*head.others, *rest)
    return head


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when none is close (difflib ratio 0.6)."""
    import difflib

    found = difflib.get_close_matches(name, list(known), n=1)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence for `fix`: the nearest known name, or a list when none is near: of many the first ones."""
    names = sorted(set(known))
    close = nearest(name, names)
    if close:
        return f'Did you mean "{close}"?'
    return known_names(names)


def known_names(names: Sequence[str]) -> str:
    """A sentence for `fix` that lists names, of many the first ones; empty when there are none."""
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED + 1 else ""
    shown = names[:MOST_LISTED] if more else names
    return f"Known: {', '.join(shown)}{more}." if names else ""
