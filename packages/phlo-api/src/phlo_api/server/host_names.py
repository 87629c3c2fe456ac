"""The names that the API answers to, so that no page reads answers by DNS rebinding."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from phlo_api.server.models import Problem
from phlo_api.server.problems import answer, title_of
from phlo_api.server.settings import HOSTS_VARIABLE

# An IP address, localhost, or a name without a dot: nobody on the internet can make one of these lead here.
_LOCAL = re.compile(r"[a-z0-9_-]+|([a-z0-9_-]+\.)*localhost|[0-9]+(\.[0-9]+){3}|\[[0-9a-f:.]+\]")


class HostNames:
    """Refuses requests whose `Host` is not one of the API's names.

    allowed: further names, separated by spaces or commas; `.example.com` allows all names under it.
    """

    def __init__(self, app: ASGIApp, allowed: str) -> None:
        self._app = app
        self._allowed = tuple(name for name in re.split(r"[\s,]+", allowed.lower()) if name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_known(Headers(scope=scope).get("host", "")):
            detail = "the API is not known by the name in this address"
            fix = f"To allow the name, add it to {HOSTS_VARIABLE}."
            problem = Problem(title=title_of(421), status=421, detail=detail, fix=fix)
            await answer(problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        name = re.sub(r":[0-9]+$", "", host.lower())
        if _LOCAL.fullmatch(name):
            return True
        return any(name.endswith(one) if one.startswith(".") else name == one for one in self._allowed)
