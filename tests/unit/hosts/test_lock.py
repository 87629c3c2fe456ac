"""Taking the deploy lock from an engine that does not behave."""

from __future__ import annotations

import time
from typing import Any

import pytest

from phlo.errors import EngineError, LockError
from phlo.hosts import lock
from phlo.hosts.lock import acquire, claim_for, read_holder


class Contradicting:
    """An engine that says that the lock's name is taken, and that no container has it."""

    def __init__(self) -> None:
        self.tries = 0

    def post(self, path: str, body: Any, **query: Any) -> Any:
        self.tries += 1
        raise EngineError(409, "the name is in use", request=f"POST {path}")

    def get_or_none(self, path: str) -> None:
        return None


def test_a_name_that_is_taken_by_nobody_is_an_error_after_a_few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "FREED_WITHIN_SECONDS", 0.2)
    engine: Any = Contradicting()
    started = time.monotonic()
    with pytest.raises(LockError, match="taken, but shows no live holder"):
        acquire(engine, "lake", claim_for("up"), host="local", wait_seconds=0, tell=print)
    assert engine.tries < 10
    assert time.monotonic() - started < 10


def test_a_pause_that_is_cut_short_by_a_signal_ends_the_attempt() -> None:
    engine: Any = Contradicting()
    found = acquire(engine, "lake", claim_for("up"), host="local", wait_seconds=60, tell=print, pause=lambda s: True)
    assert found is None
    assert engine.tries == 1


LABELS = {
    "phlo.lock": "lake",
    "phlo.lock.user": "ann@desk",
    "phlo.lock.process": "boot.1/17/99",
    "phlo.lock.command": "phlo up",
    "phlo.lock.lease-seconds": "60",
}


class Holding:
    """An engine that has a lock with these labels, and refuses to remove it."""

    def __init__(self, labels: dict[str, str] | None) -> None:
        self.labels = labels

    def post(self, path: str, body: Any, **query: Any) -> Any:
        raise EngineError(409, "the name is in use", request=f"POST {path}")

    def get_or_none(self, path: str) -> Any:
        return {"Id": "abc", "Created": "2026-01-31T12:00:00Z", "Config": {"Labels": self.labels}}

    def head(self, url: str, **query: Any) -> dict[str, str]:
        return {"date": "Sat, 31 Jan 2026 12:00:01 GMT"} if url == "/_ping" else {}


def test_the_holder_is_read_from_the_labels() -> None:
    engine: Any = Holding(LABELS)
    holder = read_holder(engine, "lake")
    assert holder is not None
    assert (holder.claim.user, holder.claim.process.pid, holder.claim.lease_seconds) == ("ann@desk", 17, 60)


DAMAGED: list[dict[str, str] | None] = [
    None,
    {},
    *({key: text for key, text in LABELS.items() if key != missing} for missing in LABELS if missing != "phlo.lock"),
    *({**LABELS, "phlo.lock.process": text} for text in ("", "17", "a/b/c", "boot/-1/9", "boot/²/9", "//", "b/1 7/9")),
    *(
        {**LABELS, "phlo.lock.lease-seconds": text}
        for text in ("", "x", "nan", "inf", "-inf", "-60", "0", "1e400", "1e9", "[60]")
    ),
]


@pytest.mark.parametrize("labels", DAMAGED, ids=str)
def test_a_lock_with_other_labels_is_an_error_and_is_never_taken_over(labels: dict[str, str] | None) -> None:
    """A lease that is not a number of seconds would never end, or would have ended while its holder still works."""
    engine: Any = Holding(labels)
    with pytest.raises(LockError, match="that phlo did not make"):
        acquire(engine, "lake", claim_for("up"), host="local", wait_seconds=0, tell=print)
