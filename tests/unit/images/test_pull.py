"""References taken apart, and what an engine's message means."""

from __future__ import annotations

import pytest

from phlo.images.pull import PullError, PullProblem, Reference, classify
from phlo.images.registries import Registries

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest", "name"),
    [
        ("thing", "", "thing", "latest", None, "thing"),
        ("thing:17.6", "", "thing", "17.6", None, "thing"),
        ("team/thing:1", "", "team/thing", "1", None, "team/thing"),
        ("r.test/team/thing:1", "r.test", "team/thing", "1", None, "r.test/team/thing"),
        ("localhost/thing", "localhost", "thing", "latest", None, "localhost/thing"),
        ("127.0.0.1:5000/thing", "127.0.0.1:5000", "thing", "latest", None, "127.0.0.1:5000/thing"),
        (f"thing@{DIGEST}", "", "thing", None, DIGEST, f"thing@{DIGEST}"),
        (f"r.test/thing:1@{DIGEST}", "r.test", "thing", "1", DIGEST, f"r.test/thing@{DIGEST}"),
    ],
)
def test_a_reference_is_taken_apart(
    text: str, registry: str, repository: str, tag: str | None, digest: str | None, name: str
) -> None:
    reference = Reference.parse(text)

    assert reference == Reference(registry=registry, repository=repository, tag=tag, digest=digest)
    assert reference.name == name


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("dial tcp: lookup r.test on 10.0.0.1:53: no such host", PullProblem.UNREACHABLE),
        ("dial tcp 127.0.0.1:1: connect: connection refused", PullProblem.UNREACHABLE),
        ("net/http: request canceled (Client.Timeout exceeded while awaiting headers)", PullProblem.UNREACHABLE),
        ("x509: certificate signed by unknown authority", PullProblem.UNREACHABLE),
        ('Get "https://r.test/v2/": EOF', PullProblem.UNREACHABLE),
        ("pull access denied for x, repository does not exist or may require 'docker login'", PullProblem.DENIED),
        ("no basic auth credentials", PullProblem.DENIED),
        ("toomanyrequests: You have reached your unauthenticated pull rate limit.", PullProblem.LIMITED),
        ("error parsing HTTP 429 response body: invalid character 'T'", PullProblem.LIMITED),
        ("manifest for thing:99 not found: manifest unknown: manifest unknown", PullProblem.MISSING),
        ("no matching manifest for linux/arm64/v8 in the manifest list entries", PullProblem.MISSING),
        ("failed to register layer: Error processing tar file", PullProblem.OTHER),
    ],
)
def test_an_engines_message_is_understood(message: str, problem: PullProblem) -> None:
    assert classify(message) is problem


def test_a_repository_that_is_missing_is_not_called_a_login_problem_alone() -> None:
    # Docker Hub's answer for a repository that was deleted, as for one that is private.
    message = "pull access denied for team/gone, repository does not exist or may require 'docker login'"
    error = PullError("team/gone:1", classify(message), message, host="local")

    assert "its registry has no such repository, or does not let this user pull from it" in error.what
    assert error.fix == "Check that team/gone is spelled right and still exists; if it is private, run `docker login`."


def test_the_login_that_is_suggested_names_the_registry() -> None:
    denied = PullError("r.test/team/thing:1", PullProblem.DENIED, "denied", host="local")
    limited = PullError("r.test/team/thing:1", PullProblem.LIMITED, "429", host="local")

    assert "`docker login r.test`" in denied.fix
    assert "`docker login r.test`" in limited.fix


def test_an_unreachable_registry_is_remembered_for_its_host_only() -> None:
    registries = Registries()
    registries.mark_unreachable("a", "r.test", "no such host")

    assert registries.why_unreachable("a", "r.test") == "no such host"
    assert registries.why_unreachable("b", "r.test") is None
    assert registries.why_unreachable("a", "") is None
