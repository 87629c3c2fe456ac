"""Whatever is sent, the API answers as its OpenAPI document says, and never with a fault of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from phlo_api.openapi import document_text
from phlo_api.server.app import create_app
from phlo_api.server.settings import Settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

TOKEN = "operator-" + "o" * 40
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance, ignored_auth]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> schemathesis.BaseSchema:
    """The API of a project with a service and no engine."""
    root: Path = tmp_path_factory.mktemp("lake")
    (root / ".phlo").mkdir()
    (root / "phlo.yaml").write_text(
        "name: lake\nservices:\n  defaults: false\n  web: {type: inline, image: 'web:1', ports: ['8080:80']}\n"
    )
    app = create_app(
        Settings(
            root=root,
            state_folder=root / ".phlo" / "api",
            environ={"DOCKER_HOST": f"unix://{root}/no.sock", "PATH": "/usr/bin:/bin"},
            tokens={"operator": TOKEN, "viewer": "viewer-" + "v" * 40},
            requests_per_minute=1_000_000,
            wrong_tokens_per_minute=1_000_000,
        )
    )
    return schemathesis.openapi.from_asgi("/openapi.json", app)


# The operator's token is renewed by nobody here: the next request could not be sent.
OPERATIONS = sorted(
    operation["operationId"]
    for path in json.loads(document_text())["paths"].values()
    for operation in path.values()
    if operation["operationId"] != "rotate_token"
)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_is_as_documented(document: schemathesis.BaseSchema, operation: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=document.find_operation_by_id(operation).as_strategy())
    def ask(case: schemathesis.Case) -> None:
        if operation == "follow_changes":
            case.query["follow"] = False  # else it goes on for ever
        answer = case.call(headers=headers)
        assert answer.status_code != 500, answer.text
        case.validate_response(answer, checks=CHECKS, headers=headers)

    ask()
