"""Ask the webserver of this container."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from typing import Any, NoReturn

# Behind the guard, which asks for a login.
ADDRESS = "http://127.0.0.1:3001/graphql"


def ask(query: str, **variables: Any) -> Any:
    """The one field that a query asks for; what Dagster reports as an error of its own ends the command."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(ADDRESS, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310  the same
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error)
    except OSError as error:
        fail(f"the webserver does not answer: {error}")
    if found.get("errors"):
        fail("; ".join(error["message"].partition("\n\nStack Trace:")[0] for error in found["errors"]))
    (field,) = found["data"].values()
    if isinstance(field, dict) and field.get("__typename", "").endswith(("Error", "Invalid")):
        fail(text_of(field))
    return field


def text_of(error: dict[str, Any]) -> str:
    """What an error of Dagster's says, with those behind it."""
    said = [str(one["message"]).strip() for one in (error, *error.get("errors", ())) if one.get("message")]
    causes = [str(link["error"]["message"]).strip() for link in error.get("errorChain") or ()]
    if causes:
        # What Dagster wraps around the user's exception says only that there was one.
        said = causes[-1:]
    return "\n".join(dict.fromkeys(said)) or error.get("__typename", "unknown error")


def check_workflows() -> None:
    """End the command when the code location cannot be loaded, with what Dagster says about it."""
    workspace = ask(
        """{ workspaceOrError { __typename
            ... on Workspace { locationEntries { name loadStatus locationOrLoadError { __typename
                ... on PythonError { message errorChain { error { message } } } } } }
            ... on PythonError { message } } }"""
    )
    for entry in workspace["locationEntries"]:
        check_entry(entry)


def check_entry(entry: dict[str, Any]) -> None:
    loaded = entry["locationOrLoadError"]
    if loaded and loaded["__typename"] == "PythonError":
        fail(f"{entry['name']} cannot be loaded:\n{text_of(loaded)}")


def fail(text: str) -> NoReturn:
    sys.exit(f"phlo-dagster: {text}")
