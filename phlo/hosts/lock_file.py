"""The deploy lock of a host without a Docker engine: a folder in its /tmp, whose name only one holder can make.

It is used by plays only: on such a host nothing else of phlo can work. The folder has a file that says who, when and
what, and a file whose time is the last renewal of the lease. Times are those of the host.
"""

from __future__ import annotations

import json
import secrets

from phlo.errors import HostError, LockError
from phlo.frozen import dataclass
from phlo.hosts.lock import Claim, Holder
from phlo.hosts.process import ProcessId
from phlo.hosts.transport import Job, Output, Transport

_TIMEOUT_SECONDS = 30.0
_TAKEN, _GONE = 3, 3
_FOLDER = "/tmp"  # noqa: S108  # every user can write there, and only the owner can remove the lock
_CREATE = """
if mkdir -m 755 "$1" 2>/dev/null; then printf '%s\\n' "$2" > "$1/holder" && touch "$1/lease"; exit; fi
[ -d "$1" ] && exit 3
echo "cannot make the folder $1" >&2; exit 1
"""
_READ = """
[ -d "$1" ] || exit 3
date +%s; stat -c %Y "$1"; stat -c %Y "$1/lease" 2>/dev/null || echo 0; cat "$1/holder" 2>/dev/null; exit 0
"""
_IS_MINE = 'grep -qF "\\"$2\\"" "$1/holder" 2>/dev/null || exit 3\n'
_RELEASE = 'mv "$1" "$1.$2" && rm -rf "$1.$2"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFile:
    """The lock of a project on a host. folder: where it is kept."""

    transport: Transport
    project: str
    host: str
    folder: str = _FOLDER

    @property
    def path(self) -> str:
        return f"{self.folder}/phlo-lock.{self.project}"

    def create(self, claim: Claim) -> str | None:
        """Make the lock; None when somebody has it. Raises LockError when it cannot be made."""
        identity = secrets.token_hex(16)
        data = {
            "id": identity,
            "user": claim.user,
            "process": str(claim.process),
            "command": claim.command,
            "lease_seconds": claim.lease_seconds,
        }
        done = self._sh(_CREATE, self.path, json.dumps(data))
        if done.code == _TAKEN:
            return None
        if done.code != 0:
            raise LockError(done.complaint or "the deploy lock cannot be made", where=self.host)
        return identity

    def holder(self) -> Holder | None:
        """Who has the lock now, None when nobody has. Raises LockError for a folder that phlo did not make."""
        done = self._sh(_READ, self.path)
        if done.code == _GONE:
            return None
        now, since, renewed, text = (done.text.split("\n", 3) + [""] * 4)[:4]
        try:
            data = json.loads(text)
            claim = Claim(
                user=data["user"],
                process=ProcessId.parse(data["process"]),
                command=data["command"],
                lease_seconds=float(data["lease_seconds"]),
            )
            moments = float(since), float(renewed), float(now)
        except (ValueError, KeyError, TypeError):
            what = f"the folder {self.path} is taken by something that phlo did not make, or is just being made"
            raise LockError(what, where=self.host, fix="Try again; if it stays, remove the folder.") from None
        return Holder(
            id=data["id"],
            project=self.project,
            claim=claim,
            since=moments[0],
            renewed=max(moments[:2]),
            now=moments[2],
        )

    def renew(self, identity: str) -> bool:
        """Renew the lease; False when the lock is no longer there."""
        return self._sh(_IS_MINE + 'touch "$1/lease"', self.path, identity).code == 0

    def is_there(self, identity: str) -> bool:
        """Whether a lock that was taken is still there."""
        return self._sh(_IS_MINE, self.path, identity).code == 0

    def release(self, identity: str) -> None:
        """Give the lock back, or take it from its holder; one that is gone is fine."""
        self._sh(_IS_MINE + _RELEASE, self.path, identity)

    def _sh(self, script: str, *words: str) -> Output:
        """Run a script of POSIX sh on the host. Raises HostError when the host does not answer."""
        job = Job(argv=("sh", "-c", script, "phlo", *words), timeout_seconds=_TIMEOUT_SECONDS)
        try:
            return self.transport.run(job, lambda: False)
        except OSError as reason:
            raise HostError(f"has no shell ({reason.strerror})", where=self.host) from None
