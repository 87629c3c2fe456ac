"""The deploy lock: one holder at a time for a project on a host, kept by the Docker engine itself.

The lock is a container that is made and never started. Its name makes it exclusive, since an engine gives a name to
one container only; its id makes it safe to remove, since an id is never given again: anyone who takes over a dead
holder's lock cannot hit that of somebody who was quicker. Labels say who, when and what; a file in it, rewritten
while the holder lives, renews the lease. It carries none of the project's labels, so nothing takes it for a part of
the project.

Times are the engine's own. Clocks that differ or jump can delay a take-over; they cannot cause one while the holder
still renews.
"""

from __future__ import annotations

import binascii
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from phlo.errors import EngineError, LockError
from phlo.frozen import dataclass
from phlo.hosts.engine import Engine
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.hosts.process import ProcessId, this_process
from phlo.labels import LABEL_LOCK

ACTOR_VARIABLE = "PHLO_ACTOR"

LABEL_USER = "phlo.lock.user"
LABEL_PROCESS = "phlo.lock.process"
LABEL_COMMAND = "phlo.lock.command"
LABEL_LEASE = "phlo.lock.lease-seconds"

IMAGE = "phlo/lock:1"
LEASE_SECONDS = 60.0
MOST_LEASE_SECONDS = 86400.0
RENEWALS_IN_A_LEASE = 4
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
# How long an engine may say that the name of the lock is taken while it has no such container.
FREED_WITHIN_SECONDS = 10.0
_LEASE_FILE = "lease"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who asks for the lock. user: `alice@workstation`. command: what for, without values that may be secret."""

    user: str
    process: ProcessId
    command: str
    lease_seconds: float = LEASE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has the lock. id: the lock's own. since, renewed, now: seconds since the epoch by the engine's clock."""

    id: str
    project: str
    claim: Claim
    since: float
    renewed: float
    now: float

    @property
    def is_over(self) -> bool:
        """Whether its lease is over, by the engine's clock; of a process of this machine more is known than that."""
        return not self.claim.process.is_here() and self.now > self.renewed + self.claim.lease_seconds

    @property
    def is_dead(self) -> bool:
        """Whether the process that took it has certainly ended."""
        return self.claim.process.is_gone()

    def __str__(self) -> str:
        claim = self.claim
        return f"{claim.user} (process {claim.process.pid}), for {max(self.now - self.since, 0):.0f} s: {claim.command}"


def claim_for(command: str) -> Claim:
    """The claim of this process and its user, or of whom it acts for (PHLO_ACTOR)."""
    import os
    import pwd

    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    actor = os.environ.get(ACTOR_VARIABLE)
    return Claim(user=actor or f"{user}@{os.uname().nodename}", process=this_process(), command=command)


def lock_name(project: str) -> str:
    """The name of the container that is the lock."""
    return f"phlo-lock.{project}"


class LockPlace(Protocol):
    """Where the lock of a project on a host is kept: by its engine, or as a file."""

    @property
    def project(self) -> str: ...

    def create(self, claim: Claim) -> str | None:
        """Make the lock, giving its id; None when somebody has it."""

    def holder(self) -> Holder | None: ...

    def renew(self, identity: str) -> bool: ...

    def is_there(self, identity: str) -> bool: ...

    def release(self, identity: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLock:
    """The lock that an engine keeps."""

    engine: Engine
    project: str
    host: str

    def create(self, claim: Claim) -> str | None:
        return _create(self.engine, self.project, claim, self.host)

    def holder(self) -> Holder | None:
        return read_holder(self.engine, self.project)

    def renew(self, identity: str) -> bool:
        return renew(self.engine, identity)

    def is_there(self, identity: str) -> bool:
        return is_there(self.engine, identity)

    def release(self, identity: str) -> None:
        release(self.engine, identity)


def acquire(
    engine: Engine,
    project: str,
    claim: Claim,
    *,
    host: str,
    wait_seconds: float,
    tell: Callable[[str], None],
    pause: Callable[[float], object] = time.sleep,
) -> str | None:
    """Take the lock of an engine; see `acquire_at`."""
    place = EngineLock(engine=engine, project=project, host=host)
    return acquire_at(place, claim, host=host, wait_seconds=wait_seconds, tell=tell, pause=pause)


def acquire_at(
    place: LockPlace,
    claim: Claim,
    *,
    host: str,
    wait_seconds: float,
    tell: Callable[[str], None],
    pause: Callable[[float], object] = time.sleep,
) -> str | None:
    """Take the lock, giving its id. A dead holder's is taken over.

    wait_seconds: how long to wait for one who has it. tell: gets messages about waiting and take-over.
    pause: waits so many seconds; when it gives True the attempt ends, and the result is None.
    Raises LockError that names the holder.
    """
    watch, notes = _Watch(), _Notes(tell)
    deadline = time.monotonic() + wait_seconds
    stuck_after = max(wait_seconds, FREED_WITHIN_SECONDS)
    seconds, free_since = FIRST_PAUSE_SECONDS, time.monotonic()
    while (identity := place.create(claim)) is None:
        holder = place.holder()
        reason = watch.reason_to_take_over(holder) if holder else None
        now = time.monotonic()
        if holder is not None and reason is None:
            free_since = now
            if now >= deadline and not holder.is_over:  # one that is over is watched a moment longer
                raise _held(holder, host)
            notes.tell_once(f"{host}: waiting for the deploy lock, held by {holder}", holder.id)
        elif now - free_since > stuck_after:  # the name should be free by now
            raise _never_free(place.project, host)
        elif holder is not None:
            whose = f"{holder.claim.user} ({holder.claim.command})"
            notes.tell_once(f"{host}: took over the deploy lock of {whose}: {reason}", holder.id, "taken over")
            place.release(holder.id)
        if pause(seconds):
            return None
        seconds = min(seconds * 1.5, LONGEST_PAUSE_SECONDS)
    return identity


def read_holder(engine: EngineReader, project: str) -> Holder | None:
    """Who has the lock now, None when nobody has."""
    found = engine.get_or_none(f"/containers/{lock_name(project)}/json")
    if found is None:
        return None
    labels = found["Config"].get("Labels") or {}
    try:
        claim = Claim(
            user=labels[LABEL_USER],
            process=ProcessId.parse(labels[LABEL_PROCESS]),
            command=labels[LABEL_COMMAND],
            lease_seconds=_lease(labels[LABEL_LEASE]),
        )
    except (KeyError, ValueError):
        raise LockError(
            f'the name of the deploy lock is taken by a container "{lock_name(project)}" that phlo did not make',
            fix="Rename or remove that container.",
        ) from None
    since = _epoch(found["Created"])
    return Holder(
        id=found["Id"],
        project=project,
        claim=claim,
        since=since,
        renewed=max(since, _renewed(engine, found["Id"])),
        now=engine_time(engine),
    )


def renew(engine: Engine, identity: str) -> bool:
    """Renew the lease; False when the lock is no longer there."""
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(_LEASE_FILE)
        entry.mtime = int(engine_time(engine))
        archive.addfile(entry)
    try:
        engine.put_archive(identity, "/", buffer.getvalue())
    except EngineError as error:
        if error.status == 404:
            return False
        raise
    return True


def is_there(engine: EngineReader, identity: str) -> bool:
    """Whether a lock that was taken is still there."""
    return engine.get_or_none(f"/containers/{path_part(identity)}/json") is not None


def release(engine: Engine, identity: str) -> None:
    """Give a lock back, or take it from its holder; one that is gone is fine."""
    try:
        engine.delete(f"/containers/{path_part(identity)}", force=True, v=True)
    except EngineError as error:
        # 409: its removal is already under way.
        if error.status not in (404, 409):
            raise


def engine_time(engine: EngineReader) -> float:
    """Seconds since the epoch by the engine's clock, in whole seconds."""
    from email.utils import parsedate_to_datetime

    headers = engine.head("/_ping") or {}
    return parsedate_to_datetime(headers["date"]).timestamp()


class _Watch:
    """Tells a dead holder of another machine from a live one, by whether it renews its lease."""

    def __init__(self) -> None:
        self._seen: tuple[str, float] | None = None
        self._since = 0.0

    def reason_to_take_over(self, holder: Holder) -> str | None:
        """Why the holder is certainly dead, None when it may live."""
        if holder.is_dead:
            return "its process has ended"
        if holder.claim.process.is_here():
            return None
        if self._seen != (holder.id, holder.renewed):
            self._seen, self._since = (holder.id, holder.renewed), time.monotonic()
        unmoved = time.monotonic() - self._since
        lease = holder.claim.lease_seconds
        # An engine's clock that jumped ahead ends every lease at once: a live holder renews before this has passed.
        if (holder.is_over and unmoved > 2 * lease / RENEWALS_IN_A_LEASE) or unmoved > lease:
            return f"its lease of {lease:.0f} s was not renewed"
        return None


class _Notes:
    """Tells each thing about a holder once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: set[tuple[str, ...]] = set()

    def tell_once(self, text: str, *about: str) -> None:
        if about not in self._told:
            self._told.add(about)
            self._tell(text)


def _create(engine: Engine, project: str, claim: Claim, host: str) -> str | None:
    """Make the lock; None when somebody has it."""
    body = {
        "Image": IMAGE,
        "Labels": {
            LABEL_LOCK: project,
            LABEL_USER: claim.user,
            LABEL_PROCESS: str(claim.process),
            LABEL_COMMAND: claim.command,
            LABEL_LEASE: f"{claim.lease_seconds:g}",
        },
        "NetworkDisabled": True,
        "HostConfig": {"NetworkMode": "none"},
    }

    def create() -> str:
        return str(engine.post("/containers/create", body, name=lock_name(project))["Id"])

    try:
        try:
            return create()
        except EngineError as error:
            if error.status != 404:
                raise
            from phlo.hosts.lock_image import load_image  # seldom needed

            load_image(engine, IMAGE, host=host)
            return create()
    except EngineError as error:
        if error.status == 409:
            return None
        raise


def _lease(text: str) -> float:
    """The seconds of a lease. Raises ValueError for a number that would make a lock last for ever, or not at all."""
    seconds = float(text)
    if not 0 < seconds <= MOST_LEASE_SECONDS:
        raise ValueError(text)
    return seconds


def _renewed(engine: EngineReader, identity: str) -> float:
    """When the lease was last renewed; 0 when it has not been yet, or the engine is just making or removing it."""
    headers = engine.head(f"/containers/{path_part(identity)}/archive", path=f"/{_LEASE_FILE}") or {}
    stat = headers.get("x-docker-container-path-stat")
    return _epoch(json.loads(binascii.a2b_base64(stat))["mtime"]) if stat else 0.0


def _epoch(moment: str) -> float:
    """Seconds since the epoch of an engine's RFC 3339 time."""
    return datetime.fromisoformat(moment).timestamp()


def _held(holder: Holder, host: str) -> LockError:
    return LockError(
        f'the deploy lock of "{holder.project}" is held by {holder}',
        where=host,
        fix="Wait for it with --lock-timeout SECONDS; if it no longer exists: phlo deploy-lock release.",
    )


def _never_free(project: str, host: str) -> LockError:
    return LockError(
        f"the engine says that the name {lock_name(project)} of the deploy lock is taken, but shows no live holder",
        where=host,
        fix=f"See `docker ps -a --filter name={lock_name(project)}` there. Restarting the engine frees the name.",
    )
