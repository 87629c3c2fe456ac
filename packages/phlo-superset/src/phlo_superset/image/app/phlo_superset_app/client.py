"""Superset's REST API, as the administrator that phlo knows."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import requests

from phlo_superset_app.settings import read

ADDRESS = "http://127.0.0.1:8089"


class Client:
    """A session that is signed in, and says what Superset complains about."""

    def __init__(self) -> None:
        admin = read()["admin"]
        self._session = requests.Session()
        given = {"username": admin["user"], "password": admin["password"], "provider": "db", "refresh": False}
        token = self.ask("POST", "/api/v1/security/login", json=given)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.headers["X-CSRFToken"] = self.ask("GET", "/api/v1/security/csrf_token/")["result"]
        self._session.headers["Referer"] = ADDRESS

    def ask(self, method: str, path: str, **options: Any) -> Any:
        return self.answer(method, path, **options).json()

    def answer(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(method, f"{ADDRESS}{path}", timeout=120, **options)
        except requests.RequestException as error:
            fail(f"Superset does not answer: {error}")
        if not answer.ok:
            fail(f"{method} {path}: {answer.status_code}: {_reason(answer)}")
        return answer

    def find(self, kind: str, **wanted: Any) -> dict[str, Any] | None:
        """The one object of a kind (`chart`, `dataset`, ...) with these values, None without one."""
        filters = ",".join(
            f"(col:{name},opr:{'rel_o_m' if name == 'database' else 'eq'},value:{_rison(value)})"
            for name, value in wanted.items()
        )
        found = self.ask("GET", f"/api/v1/{kind}/", params={"q": f"(filters:!({filters}))"})["result"]
        return found[0] if found else None

    def see_to(self, kind: str, known: dict[str, Any] | None, body: dict[str, Any]) -> int:
        """Make the object, or change the one that is known; gives its id."""
        if known is None:
            return int(self.ask("POST", f"/api/v1/{kind}/", json=body)["id"])
        self.ask("PUT", f"/api/v1/{kind}/{known['id']}", json=body)
        return int(known["id"])


def _rison(value: Any) -> str:
    """A value in Rison, the form that Superset takes filters in."""
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("!", "!!").replace("'", "!'") + "'"


def _reason(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return answer.text[:300]
    for error in said.get("errors") or ():
        details = error.get("extra", {}).get("issue_codes") and json.dumps(error.get("extra"))
        return f"{error.get('message')} {details or ''}".strip()
    return str(said.get("message") or said.get("msg") or said)


def fail(text: str) -> NoReturn:
    sys.exit(f"phlo-superset: {text}")
