"""The JSON Schema of phlo.yaml, for editors."""

from __future__ import annotations

from typing import Any

from phlo.config.project_models import ProjectConfig


def project_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of phlo.yaml. `x-` keys are allowed everywhere."""
    schema = ProjectConfig.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        if part.get("type") == "object":
            part["patternProperties"] = {"^x-": True}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "phlo.yaml"}
