"""Variables: which layer gives a name its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from phlo.compose.interpolate import Lookup, interpolate
from phlo.errors import ConfigError
from phlo.frozen import dataclass
from phlo.values import Secret, Source, Text, Value, reveal

# Lowest first: of two layers that know a name, the later one wins.
LAYERS = (
    "role defaults",
    "phlo.yaml",
    "group vars",
    "host vars",
    ".phlo/.env",
    ".phlo/.env.local",
    "secret sources",
    "process environment",
    "command line",
)
ROLE_DEFAULTS, PROJECT, GROUP_VARS, HOST_VARS, ENV_FILE, LOCAL_ENV_FILE, SECRET_SOURCES, PROCESS, COMMAND_LINE = LAYERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that one layer has for a name; `source.layer` is the layer.

    text:       None when the layer only says that there is such a name.
    is_literal: taken as it stands, not interpolated.
    service:    the service whose default it is.
    scope:      the files that it is known to, see `Variables`; None: to all.
    fetch:      gets a secret's text from where it is kept; asked only when the candidate wins and is used.
    """

    name: str
    text: str | None
    source: Source
    is_literal: bool = False
    service: str | None = None
    scope: str | None = None
    fetch: Callable[[], Secret] | None = None


class Variables:
    """Every variable of a project, looked up through the layers.

    A role's own default overrides the defaults that other roles have for the same name.
    want_secret: makes the value of a secret that no layer above the role defaults gives.
    scopes: service -> the scopes whose variables it sees, besides those that all see; of a service that is not there
        none. What roles say about variables is unknown to an existing service.
    """

    def __init__(
        self,
        candidates: Iterable[Candidate],
        *,
        environ: Mapping[str, str],
        secret_names: Iterable[str] = (),
        want_secret: Callable[[str], tuple[Secret, Source]] | None = None,
        scopes: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._chains: dict[str, list[Candidate]] = {}
        for candidate in candidates:
            self._chains.setdefault(candidate.name, []).append(candidate)
        self._environ = environ
        self._secret_names = frozenset(secret_names)
        self._want_secret = want_secret
        self._scopes = scopes or {}
        self._defined: dict[str, Value] = {}
        self._defined_in: dict[tuple[str, str], Value] = {}
        self._hidden: frozenset[str] = frozenset()
        self._hidden_from: frozenset[str] = frozenset()
        self._made: dict[str, tuple[Secret, Source]] = {}
        self._fetched: set[str] = set()
        self._read: set[str] = set()
        self._unset: dict[str, str] = {}

    @property
    def environment_read(self) -> tuple[str, ...]:
        """Names that were looked for in the process environment."""
        return tuple(sorted(self._read))

    @property
    def names(self) -> tuple[str, ...]:
        """Names that a layer below the process environment, or the command line, knows."""
        return tuple(sorted({*self._chains, *self._defined}))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each variable that was used and is known to no layer."""
        return tuple(
            f"{where + ': ' if where else ''}the variable {name} is not set; an empty text takes its place. "
            f"Set it in .phlo/.env, or write ${{{name}:-}} where it may be empty."
            for name, where in sorted(self._unset.items())
        )

    def is_secret(self, name: str) -> bool:
        return name in self._secret_names

    def text(self, name: str, service: str | None = None) -> Text | None:
        """A variable's final text as `service` sees it; None when it is not set."""
        value = self.value(name, service)
        return None if value is None else value.text

    def lookup(self, service: str | None = None) -> Lookup:
        """What `interpolate` wants, for texts of `service`."""
        return lambda name: self.text(name, service)

    def define(self, value: Value, *, scope: str | None = None) -> None:
        """Add a variable that depends on the others, and that no layer changes. scope: only for what sees it."""
        if scope is None:
            self._defined[value.name] = value
        else:
            self._defined_in[scope, value.name] = value

    def hide(self, roles: Iterable[str], services: Iterable[str]) -> None:
        """Hide what `roles` declare, their defaults and secrets, from `services`: the roles are not in the project."""
        self._hidden, self._hidden_from = frozenset(roles), frozenset(services)

    def unset(self, name: str, where: str) -> None:
        """Note the use of a variable that is not set; one that a layer lists without a value is meant to be empty."""
        if all(one.service in self._hidden for one in self._chains.get(name, ())):
            self._unset.setdefault(name, where)

    def value(self, name: str, service: str | None = None) -> Value | None:
        """A variable with its source and the candidates that lost."""
        return self._value(name, service, ())

    def known_value(self, name: str) -> Value | None:
        """`value`, but a secret that nothing has used is neither made nor fetched for it: then it has an empty text."""
        if name in self._defined:
            return self._defined[name]
        given = [one for one in self._chain(name, None) if one.source.layer != ROLE_DEFAULTS]
        if given and given[-1].fetch is not None and name not in self._fetched:
            losers = _losing(given[:-1], is_secret=True)
            return Value(name=name, text=Secret(""), source=given[-1].source, losers=losers)
        return self.value(name) if given or name in self._made or not self.is_secret(name) else None

    def _value(self, name: str, service: str | None, path: tuple[str, ...]) -> Value | None:
        for scope in self._scopes.get(service or "", ()):
            if (scope, name) in self._defined_in:
                return self._defined_in[scope, name]
        if name in self._defined:
            return self._defined[name]
        chain = self._chain(name, service)
        if self.is_secret(name):
            return self._secret_value(name, chain, service, path)
        if not chain:
            return None
        *losers, winner = chain
        text = self._expand(winner, losers, service, path)
        return Value(name=name, text=text, source=winner.source, losers=_losing(losers, is_secret=False))

    def _secret_value(
        self, name: str, chain: list[Candidate], service: str | None, path: tuple[str, ...]
    ) -> Value | None:
        given = [candidate for candidate in chain if candidate.source.layer != ROLE_DEFAULTS]
        if given:
            winner = given[-1]
            losers = [candidate for candidate in chain if candidate is not winner]
            text = Secret(reveal(self._expand(winner, given[:-1], service, path)))
            return Value(name=name, text=text, source=winner.source, losers=_losing(losers, is_secret=True))
        if self._want_secret is None or service in self._scopes or self._is_hidden(name, service):
            return None
        if name not in self._made:
            self._made[name] = self._want_secret(name)
        made, source = self._made[name]
        return Value(name=name, text=made, source=source, losers=_losing(chain, is_secret=True))

    def _chain(self, name: str, service: str | None) -> list[Candidate]:
        """The candidates that have a text, the winner last."""
        scopes = self._scopes.get(service or "")
        hidden = self._hidden if service in self._hidden_from else frozenset()
        found = [
            one
            for one in self._chains.get(name, ())
            if one.text is not None and one.service not in hidden and _is_seen(one, scopes)
        ]
        self._read.add(name)
        if name in self._environ:
            source = Source(layer=PROCESS)
            found.append(Candidate(name=name, text=self._environ[name], source=source, is_literal=True))
        # The sort is stable: within a layer, what was read later wins.
        return sorted(found, key=lambda one: (LAYERS.index(one.source.layer), one.service == service))

    def _is_hidden(self, name: str, service: str | None) -> bool:
        """Whether only roles that are not in the project declare a secret that the service asks for."""
        owners = {one.service for one in self._chains.get(name, ()) if one.service is not None}
        return service in self._hidden_from and bool(owners) and owners <= self._hidden

    def _expand(self, candidate: Candidate, below: list[Candidate], service: str | None, path: tuple[str, ...]) -> Text:
        if candidate.fetch is not None:
            self._fetched.add(candidate.name)
            return candidate.fetch()
        text = candidate.text or ""
        if candidate.is_literal or "$" not in text:
            return text
        name = candidate.name

        def lookup(other: str) -> Text | None:
            if other == name:  # `PATH: /x:${PATH}` means the value that this one hides
                return self._expand(below[-1], below[:-1], service, path) if below else None
            if other in path:
                names = " -> ".join((*path[path.index(other) :], name, other))
                fix = "Give one of them a value without the others."
                raise ConfigError(f"the variables need each other: {names}", where=candidate.source, fix=fix)
            value = self._value(other, candidate.service or service, (*path, name))
            return None if value is None else value.text

        return interpolate(text, lookup, where=f"{candidate.source} {name}", unset=self.unset)


def _is_seen(candidate: Candidate, scopes: tuple[str, ...] | None) -> bool:
    """Whether a service that sees these scopes knows a candidate; scopes: None for a service of a role."""
    if scopes is None:
        return candidate.scope is None
    return candidate.source.layer != ROLE_DEFAULTS and (candidate.scope is None or candidate.scope in scopes)


def _losing(candidates: Iterable[Candidate], *, is_secret: bool) -> tuple[tuple[Text, Source], ...]:
    return tuple((Secret(one.text or "") if is_secret else one.text or "", one.source) for one in candidates)


def scalar_text(value: Any) -> str | None:
    """The text of a YAML scalar as a variable has it: `true`, `8080`; None for null. Others are a TypeError."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple, set, bytes)):
        raise TypeError(f"{type(value).__name__} is not a scalar")
    return str(value)
