"""Who a request comes from: the bearer token of RFC 6750."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from phlo_api.server.context import Context
from phlo_api.server.problems import Refusal
from phlo_api.server.tokens import Identity

_HOSTNAME = re.compile(r"[0-9A-Za-z._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_bearer = HTTPBearer(auto_error=False, description="A token of phlo-api: `phlo secrets get PHLO_API_VIEWER_TOKEN`")
_FIX = "Send `Authorization: Bearer TOKEN`; `phlo secrets get PHLO_API_VIEWER_TOKEN` prints one that reads."


async def _context(request: Request) -> Context:
    return context_of(request)


def context_of(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


def _identified(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Identity:
    challenge = {"WWW-Authenticate": 'Bearer realm="phlo-api"'}
    if given is None:
        raise Refusal(401, "there is no token with the request", fix=_FIX, headers=challenge)
    found = context_of(request).identify(given.credentials)
    if found is None:
        raise Refusal(401, "the token is not one of this API's", fix=_FIX, headers=challenge)
    request.state.is_identified = True  # for the guard
    return found


async def _if_identified(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Identity | None:
    return None if given is None else await run_in_threadpool(_identified, request, given)


def _operator(who: Annotated[Identity, Depends(_identified)]) -> Identity:
    if not who.is_operator:
        raise Refusal(403, f"the token {who.name} only reads", fix="Use the operator's token.")
    return who


Ctx = Annotated[Context, Depends(_context)]
Viewer = Annotated[Identity, Depends(_identified)]
Operator = Annotated[Identity, Depends(_operator)]
Anybody = Annotated[Identity | None, Depends(_if_identified)]


def address_of(request: Request) -> str:
    """The client's address, as the guard has found it; trusted proxies are not the client."""
    found: str = request.state.address
    return found


def hostname_of(request: Request) -> str:
    """What the caller reaches this machine by; a Host header that no URL can have is not repeated."""
    try:
        name = request.url.hostname or ""
    except ValueError:
        name = ""
    return name if _HOSTNAME.fullmatch(name) else "localhost"
