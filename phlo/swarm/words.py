"""What reports call the operations of a Swarm, and what its errors mean."""

from __future__ import annotations

# Operation -> what it is doing, in the live picture of a run.
DOING = {
    "service": "handing the service to the Swarm",
    "ready": "waiting until its tasks run",
    "absent": "removing it from the Swarm",
}
# Operations that follow anything that changes, and show nothing of their own in a plan.
PLAIN = ("ready", "absent")


def fix_of(message: str) -> str | None:
    """What to do about a message of an engine; None when it is not about a Swarm."""
    if "not a swarm manager" in message:
        return "Make the group's hosts a Swarm: phlo swarm init, then phlo swarm join."
    return None
