"""Runs, their events, and logs: what is followed while it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from phlo_api.server.access import Ctx, Viewer
from phlo_api.server.context import STREAM_LOOK_SECONDS, Context
from phlo_api.server.logs import MOST_TAIL, merged
from phlo_api.server.models import LogLine
from phlo_api.server.problems import Refusal, documented
from phlo_api.server.reading import ServiceNames
from phlo_api.server.run_models import Run, RunEvent, RunSummary
from phlo_api.server.streams import HEADERS, MEDIA_TYPE, as_data, message, while_valid
from phlo_api.server.tokens import Identity

router = APIRouter(responses=documented(401, 409, 429, 503))
MOST_STREAMS = 500


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
    responses={**documented(404, 422), **_stream("LogLine", "Server-sent events called `line`, with a LogLine.")},
)
async def follow_logs(
    context: Ctx,
    who: Viewer,
    service: ServiceNames = [],  # noqa: B006 - FastAPI copies it
    tail: Annotated[int, Query(ge=0, le=MOST_TAIL, description="Lines of each container to begin with.")] = 100,
    contains: Annotated[str, Query(max_length=200, description="Only lines with this in them.")] = "",
    follow: Annotated[bool, Query(description="False: the lines there are, and the end.")] = True,
) -> StreamingResponse:
    """What containers print, of many services at once. The last event is called `end`; `lost` says that lines are
    missing because they were not taken in time."""
    targets = await asyncio.to_thread(context.log_targets, service)
    mask = await asyncio.to_thread(context.mask)
    if follow:
        lines = context.log_streams.follow(targets, lines=tail, contains=contains, mask=mask)
        return _streamed(context, who, lines)
    found = await asyncio.to_thread(merged, targets, tail, mask)
    return _streamed(context, who, _past([line for line in found if contains.lower() in line.text.lower()]))


async def _past(lines: list[LogLine]) -> AsyncGenerator[str, None]:
    for line in lines:
        yield message(as_data(line.model_dump()), kind="line")
    yield message("{}", kind="end")


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
