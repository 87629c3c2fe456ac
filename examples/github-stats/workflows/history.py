"""The commit history of a git repository as two Arrow tables."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

COMMITS = pa.schema(
    [
        pa.field("sha", pa.string(), nullable=False),
        pa.field("author", pa.string(), nullable=False),
        pa.field("email", pa.string(), nullable=False),
        pa.field("committed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("month", pa.date32(), nullable=False),  # the first day of it, in UTC
        pa.field("parents", pa.int32(), nullable=False),
        pa.field("subject", pa.string(), nullable=False),
    ]
)
# One row for each file that a commit touches; those of a merge are in the commits that it merges.
CHANGES = pa.schema(
    [
        pa.field("sha", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("folder", pa.string(), nullable=False),  # the first part of the path; "." for a file beside them
        pa.field("insertions", pa.int64(), nullable=False),  # lines; 0 for a binary file
        pa.field("deletions", pa.int64(), nullable=False),
    ]
)

_RECORD, _FIELD = "\x1e", "\x1f"
_FORMAT = _RECORD + _FIELD.join(("%H", "%aN", "%aE", "%ct", "%P", "%s"))


def read_history(repository: Path) -> tuple[pa.Table, pa.Table]:
    """Every commit that HEAD reaches, and every file that each touches.

    Raises RuntimeError with git's own words when it cannot be read.
    """
    commits: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for record in _log(repository).split(_RECORD)[1:]:
        head, _, body = record.partition("\n")
        sha, author, email, seconds, parents, subject = head.split(_FIELD)
        moment = datetime.fromtimestamp(int(seconds), UTC)
        commits.append(
            {
                "sha": sha,
                "author": author,
                "email": email,
                "committed_at": moment,
                "month": date(moment.year, moment.month, 1),
                "parents": len(parents.split()),
                "subject": subject,
            }
        )
        changes += _changes(sha, body)
    return pa.Table.from_pylist(commits, schema=COMMITS), pa.Table.from_pylist(changes, schema=CHANGES)


def head_of(repository: Path) -> str:
    """The commit that HEAD stands for."""
    return _git(repository, "rev-parse", "HEAD").strip()


def _log(repository: Path) -> str:
    return _git(repository, "-c", "core.quotePath=false", "log", "--numstat", "--no-renames", f"--format={_FORMAT}")


def _git(repository: Path, *words: str) -> str:
    # The folder belongs to the user of another machine, which git does not trust by itself.
    argv = ["git", "-c", f"safe.directory={repository}", "-C", str(repository), *words]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{repository} cannot be read as a git repository: {done.stderr.decode().strip()}")
    return done.stdout.decode("utf-8", errors="replace")


def _changes(sha: str, body: str) -> Iterator[dict[str, Any]]:
    for line in filter(None, body.splitlines()):
        insertions, deletions, path = line.split("\t", 2)
        path = path.strip('"')
        folder, slash, _ = path.partition("/")
        yield {
            "sha": sha,
            "path": path,
            "folder": folder if slash else ".",
            "insertions": int(insertions) if insertions != "-" else 0,
            "deletions": int(deletions) if deletions != "-" else 0,
        }
