"""examples/saved-plan: a plan that was made before somebody changed things by hand is refused, and says what moved."""

from __future__ import annotations

from tests.e2e.conftest import Example

EXAMPLE = "saved-plan"


def test_a_saved_plan_is_refused_after_drift_and_a_new_one_is_carried_out(example: Example) -> None:
    container = f"{example.name}-web-1"
    example.phlo("up")
    example.edit("hello", "good morning")
    assert "environment.GREETING changed" in example.phlo("plan", "-o", "change.plan")
    example.docker("update", "--memory", "128m", "--memory-swap", "128m", container)
    before = example.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", container)

    refused = example.phlo("up", "--plan", "change.plan", code=3)

    assert "memory limit: 128MB -> 64MB" in refused
    assert example.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", container) == before
    example.phlo("plan", "-o", "change.plan")
    example.phlo("up", "--plan", "change.plan")
    assert "GREETING=good morning" in example.docker("inspect", "--format", "{{.Config.Env}}", container)
    assert "does not hold any more" in example.phlo("up", "--plan", "change.plan", code=3)
