"""Who a request comes from: the bearer token of RFC 6750."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from phlo_api.server.context import Context
from phlo_api.server.problems import Refusal
from phlo_api.server.tokens import Identity

_bearer = HTTPBearer(auto_error=False, description="A token of phlo-api: `phlo secrets get PHLO_API_VIEWER_TOKEN`")
_FIX = "Send `Authorization: Bearer TOKEN`; `phlo secrets get PHLO_API_VIEWER_TOKEN` prints one that reads."


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
    return found


def _operator(who: Annotated[Identity, Depends(_identified)]) -> Identity:
    if not who.is_operator:
        raise Refusal(403, f"the token {who.name} only reads", fix="Use the operator's token.")
    return who


Ctx = Annotated[Context, Depends(context_of)]
Viewer = Annotated[Identity, Depends(_identified)]
Operator = Annotated[Identity, Depends(_operator)]


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def hostname_of(request: Request) -> str:
    """What the caller reaches this machine by."""
    return request.url.hostname or "localhost"
