"""Runs, their events, and logs: what is followed while it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from phlo_api.server.access import Ctx, Viewer
from phlo_api.server.context import STREAM_LOOK_SECONDS, Context
from phlo_api.server.log_lines import Wanted, moment, pattern_of
from phlo_api.server.log_past import MOST_TAIL, page, position_of
from phlo_api.server.logs import Asked
from phlo_api.server.models import LogLevel, LogPage
from phlo_api.server.problems import Refusal, documented
from phlo_api.server.reading import ServiceNames
from phlo_api.server.run_models import Run, RunEvent, RunSummary
from phlo_api.server.streams import HEADERS, MEDIA_TYPE, while_valid
from phlo_api.server.tokens import Identity

router = APIRouter(responses=documented(401, 409, 429, 503))
MOST_STREAMS = 500


_LOGS = (
    "Server-sent events: `line` with a LogLine; `ready` when all lines there were are sent; `position` has only an id; "
    "the last one is `end` with a LogEnd, or `revoked`."
)

_CHANGES = (
    "Server-sent events: `snapshot` with Changes when it does not go on behind another event; then `service`, `run`, "
    "`host`, `engine`, `project` and `plan`, whose data is an item of Changes; `revoked` when the token has ended."
)


class LogFilters:
    """Which lines are wanted, and in which form."""

    def __init__(
        self,
        service: ServiceNames = [],  # noqa: B006 - FastAPI copies it
        since: Annotated[str, Query(max_length=40, description="RFC 3339, or seconds since 1970.")] = "",
        until: Annotated[str, Query(max_length=40, description="RFC 3339, or seconds since 1970.")] = "",
        level: Annotated[list[LogLevel], Query(max_length=5, description="Only lines of these levels.")] = [],  # noqa: B006
        contains: Annotated[str, Query(max_length=200, description="Only lines with this in them.")] = "",
        regex: Annotated[
            str,
            Query(max_length=200, description="Only lines that this matches: no look-around, no back-references."),
        ] = "",
        ansi: Annotated[Literal["remove", "keep"], Query(description="What becomes of colours.")] = "remove",
    ) -> None:
        self.service = service
        self._since, self._until = moment(since, "since"), moment(until, "until")
        self._levels = frozenset(level)
        self._contains = contains.lower()
        self._pattern = pattern_of(regex)
        self._keeps_ansi = ansi == "keep"

    def wanted(self, context: Context) -> Wanted:
        return Wanted(
            mask=context.mask(),
            since=self._since,
            until=self._until,
            levels=self._levels,
            contains=self._contains,
            pattern=self._pattern,
            keeps_ansi=self._keeps_ansi,
        )


def _stream(model: str, says: str) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"description": says, "x-event-data": model}}}
    return {200: {"description": says, "content": content}}


@router.get("/runs", tags=["runs"])
def list_runs(
    context: Ctx,
    who: Viewer,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=64, description="Only runs older than this one.")] = None,
) -> list[RunSummary]:
    """The runs that changed something, or tried to, the newest first; those under way too."""
    return context.runs.list(limit=limit, before=before)


@router.get("/runs/{run}", tags=["runs"], responses=documented(404))
def get_run(run: str, context: Ctx, who: Viewer) -> Run:
    """One run: its steps with times and causes, and the chain of steps that it could not be shorter than."""
    return context.runs.detail(run, context.plan_graph())


@router.get(
    "/runs/{run}/events",
    tags=["runs"],
    response_class=StreamingResponse,
    responses={**documented(404, 422), **_stream("RunEvent", "Server-sent events; the data is a RunEvent.")},
)
async def follow_run(
    run: str,
    context: Ctx,
    who: Viewer,
    last_event_id: Annotated[str | None, Header(description="Goes on behind the event of this number.")] = None,
) -> StreamingResponse:
    """The events of a run from its beginning, then as they come. The last one is called `end`."""
    if last_event_id and not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        raise Refusal(422, "Last-Event-ID is not a number of this stream", fix="Leave it out to begin anew.")
    if not await asyncio.to_thread(context.runs.is_known, run):
        await asyncio.to_thread(context.runs.lines, run)  # raises what is wrong with it
    return _streamed(context, who, context.run_streams.follow(run, int(last_event_id or 0)))


@router.get("/runs/{run}/events.json", tags=["runs"], responses=documented(404))
def list_run_events(run: str, context: Ctx, who: Viewer) -> list[RunEvent]:
    """The events of a run so far, at once."""
    return [RunEvent.model_validate_json(line) for line in context.runs.lines(run)]


@router.get(
    "/logs",
    tags=["logs"],
    response_class=StreamingResponse,
    responses={**documented(404, 422), **_stream("LogLine", _LOGS)},
)
async def follow_logs(
    context: Ctx,
    who: Viewer,
    filters: Annotated[LogFilters, Depends()],
    tail: Annotated[int, Query(ge=0, le=MOST_TAIL, description="Lines of each container to begin with.")] = 100,
    follow: Annotated[bool, Query(description="False: the lines there are, and the end.")] = True,
    last_event_id: Annotated[
        str | None, Header(max_length=10_000, description="Goes on behind the event of this id, with no gap.")
    ] = None,
) -> StreamingResponse:
    """What containers print, of many services at once, also of those that are made meanwhile.

    With `since` or Last-Event-ID it begins there, whatever `tail` says.
    """
    await asyncio.to_thread(context.log_targets, filters.service)  # raises for what is not known
    asked = Asked(
        wanted=await asyncio.to_thread(filters.wanted, context),
        tail=tail,
        position=position_of(last_event_id) if last_event_id else None,
        follows=follow,
    )
    targets = partial(asyncio.to_thread, context.log_targets, filters.service)
    return _streamed(context, who, context.log_streams.stream(targets, asked))


@router.get("/logs/page", tags=["logs"], responses=documented(404, 422))
def get_log_page(
    context: Ctx,
    who: Viewer,
    filters: Annotated[LogFilters, Depends()],
    before: Annotated[str, Query(max_length=40, description="Only lines before this time.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_TAIL)] = 500,
) -> LogPage:
    """A page of what containers have printed, the last one first: `before` of an answer asks for the page before it."""
    targets = context.log_targets(filters.service)
    return page(targets, limit, filters.wanted(context), moment(before, "before"))


@router.get(
    "/changes",
    tags=["project"],
    response_class=StreamingResponse,
    responses={**documented(422), **_stream("Changes", _CHANGES)},
)
async def follow_changes(
    context: Ctx,
    who: Viewer,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="Goes on behind the event of this id.")
    ] = None,
    follow: Annotated[bool, Query(description="False: a snapshot, and the end.")] = True,
) -> StreamingResponse:
    """What changes: services, runs, hosts, the connection to the engine, the project's files, and what plans are made
    from. A page that listens does not need to ask again and again."""
    changes = context.changes
    return _streamed(context, who, changes.follow(last_event_id) if follow else changes.once())


def _streamed(context: Context, who: Identity, stream: AsyncGenerator[str, None]) -> StreamingResponse:
    if context.requests.streams >= MOST_STREAMS:
        raise Refusal(503, f"{MOST_STREAMS} live streams are open already", fix="Close some of them.")
    guarded = while_valid(stream, partial(context.is_valid, who), STREAM_LOOK_SECONDS)

    async def counted() -> AsyncIterator[str]:
        context.requests.streams += 1
        try:
            async for text in guarded:
                yield text
        finally:
            context.requests.streams -= 1
            await guarded.aclose()

    return StreamingResponse(counted(), media_type=MEDIA_TYPE, headers=HEADERS)
