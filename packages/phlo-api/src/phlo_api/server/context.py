"""What the routes share: one of each thing that the API is made of, for one project."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial

import httpx

from phlo.errors import PhloError
from phlo.plan import Plan, build
from phlo_api.server.actions import Actions
from phlo_api.server.audit import Audit
from phlo_api.server.changes import ChangeStream
from phlo_api.server.data import Lake, published_addresses
from phlo_api.server.excerpts import excerpt
from phlo_api.server.live import Live, Lost, Running
from phlo_api.server.log_past import Target
from phlo_api.server.logs import LogStreams
from phlo_api.server.metrics import Requests
from phlo_api.server.models import ExcerptLine, Problem
from phlo_api.server.plans import Plans
from phlo_api.server.problems import problem_of, with_places
from phlo_api.server.queries import Queries
from phlo_api.server.runs import Runs
from phlo_api.server.service_models import Service, ServiceAction
from phlo_api.server.services import Catalogue, role_actions, unknown_service
from phlo_api.server.settings import Settings
from phlo_api.server.stats import Sampler
from phlo_api.server.streams import RunStreams
from phlo_api.server.tokens import Identity, Tokens
from phlo_api.server.turns import Turns
from phlo_api.server.view import Cached, Resolved, View
from phlo_api.server.watch import Watch

OWN_SERVICES = ("phlo-api", "phlo-api-engine")
# Each may hold MOST_ANSWER_BYTES of an answer.
MOST_DATA_REQUESTS = 4
# How long a stream may go on with a token that was revoked on the machine.
STREAM_LOOK_SECONDS = 1.0
_FOREVER = float("inf")


class Context:
    """Made once when the server starts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.view = View(settings)
        self.lost = Lost()
        self.live = Live(self.lost)
        self.sampler = Sampler(self.view.resolved, self.lost)
        self.audit = Audit(settings.state_folder / "audit.jsonl")
        self.tokens = Tokens(settings.state_folder / "tokens.json")
        if settings.tokens:
            self.tokens.take(settings.tokens)
        self.runs = Runs(settings.root, self.audit.starters())
        self.run_streams = RunStreams(self.runs)
        self.log_streams = LogStreams()
        self.requests = Requests()
        self.queries = Queries()
        own = OWN_SERVICES if settings.is_in_container else ()
        self.watch = Watch(self.view, self.runs, self.lost, self._problem)
        self.changes = ChangeStream(self.watch.now)
        self.plans = Plans(self.view, self.watch.revision)
        self.actions = Actions(self.view, self.plans, self.runs, self.audit, own_services=own)
        self.data_turns = Turns(MOST_DATA_REQUESTS, "requests for data")
        self.open()
        self._fresh_tokens = Cached(STREAM_LOOK_SECONDS)
        self._role_actions = Cached(_FOREVER)
        self._plan = Cached(_FOREVER)
        self._mask = Cached(_FOREVER)

    def identify(self, token: str) -> Identity | None:
        """Whose token it is. Those that phlo has made since the last request count too.

        Of a project that cannot be used now the last ones count. Raises PhloError when there never were any.
        """
        try:
            self.tokens.take(self.view.tokens())
        except PhloError:
            if not self.tokens.all():
                raise
        return self.tokens.identify(token)

    async def is_valid(self, who: Identity) -> bool:
        """Whether somebody's token still is valid, as streams that are open ask again and again.

        It has a thread of its own: hosts that do not answer can keep all other threads busy.
        """
        ask = partial(self._fresh_tokens.get, None, self.take_tokens)
        await asyncio.get_running_loop().run_in_executor(self._watcher, ask)
        return self.tokens.is_valid(who)

    def take_tokens(self) -> None:
        """Make the tokens valid that the project has now."""
        with suppress(PhloError):  # of a project that cannot be used now the last tokens are valid
            self.tokens.take(self.view.tokens())

    def notes(self) -> list[str]:
        """What an operator should look at."""
        found = []
        if lines := self.audit.unreadable_lines():
            found.append(f"{lines} line(s) of the audit log cannot be read: audit.jsonl was damaged")
        if self.tokens.is_damaged:
            found.append("the file of tokens was damaged: tokens from before the damage are not valid any more")
        return found

    def running(self, resolved: Resolved) -> Running:
        return self.live.now(resolved)

    def catalogue(self, hostname: str) -> Catalogue:
        """The services as they are now."""
        resolved = self.view.resolved()
        actions: Mapping[str, list[ServiceAction]] = self._role_actions.get(resolved, lambda: role_actions(resolved))
        return Catalogue(resolved, self.running(resolved), actions=actions, mask=self.mask(), hostname=hostname)

    def service(self, name: str, hostname: str) -> Service:
        return self.catalogue(hostname).one(name)

    def mask(self) -> Callable[[str], str]:
        """What takes secrets out of a text. Raises PhloError when those that are kept elsewhere cannot be had."""
        resolved = self.view.resolved(secrets=True)
        return self._mask.get(resolved, resolved.project.masker)

    def excerpt(self, file: str, line: int) -> list[ExcerptLine]:
        """The lines around an error in a file of the project, also while the project cannot be used."""
        mask: Callable[[str], str] = self._mask.last or str
        return excerpt(self.settings.root, file, line, mask)

    def _problem(self, error: PhloError) -> Problem:
        return with_places(problem_of(error), self.excerpt)

    def plan_graph(self) -> Plan | None:
        """The steps of an `up` as it would be now; None for a project that cannot be planned."""
        try:
            resolved = self.view.resolved()
            return self._plan.get(resolved, lambda: build(resolved.project))
        except PhloError:
            return None

    @contextmanager
    def lake(self) -> Iterator[Lake]:
        """What the project has for data, in turn; outside of its network it is asked at its published ports."""
        project = self.view.resolved(secrets=True).project
        reach = {} if self.settings.is_in_container else published_addresses(project)
        with self.data_turns.one():
            yield Lake(project, self.client, reach)

    def log_targets(self, services: list[str]) -> list[Target]:
        """The containers of these services, of all when there are none."""
        resolved = self.view.resolved()
        known = {*resolved.project.services, *resolved.project.absent}
        for name in services:
            if name not in known:
                raise unknown_service(name, resolved.project)
        return [
            Target(container=one, engine=resolved.hosts[one.host].engine.reader())
            for one in self.running(resolved).containers
            if not services or one.service in services
        ]

    def open(self) -> None:
        """Make what `close` ends; a server may be started again."""
        self.client = httpx.Client(trust_env=False, follow_redirects=False)
        self._watcher = ThreadPoolExecutor(1, thread_name_prefix="tokens")

    def close(self) -> None:
        self.sampler.stop()
        self._watcher.shutdown(wait=False, cancel_futures=True)
        self.tokens.save()
        self.client.close()
