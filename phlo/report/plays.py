"""A run of playbooks as lines: every task on every host, and what the hosts came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from phlo.report.change_text import causes_text, done, to_do
from phlo.report.style import Style, seconds_text
from phlo.values import Event, Status

_SIGNS = {
    Status.OK: "✓",
    Status.CHANGED: "~",
    Status.PENDING: "~",
    Status.UNKNOWN: "?",
    Status.SKIPPED: "-",
    Status.FAILED: "✗",
    Status.UNREACHABLE: "✗",
}
_RECAP = ("ok", "changed", "pending", "unknown", "skipped", "rescued", "ignored", "failed", "unreachable")
_RECAP_WORDS = {"pending": "would change", "unknown": "unknown yet"}


class PlayLines:
    """Writes a run's events as lines, as they come.

    verbosity: 0 everything but skipped tasks, 1 those as well, and progress. is_quiet: failures only.
    is_full:   every cause of a change, not only the first few.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        style: Style,
        *,
        verbosity: int = 0,
        is_quiet: bool = False,
        is_full: bool = False,
    ) -> None:
        self._write = write
        self._style = style
        self._verbosity = verbosity
        self._is_quiet = is_quiet
        self._is_full = is_full
        self._play = ""
        self._hosts: tuple[str, ...] = ()

    def __call__(self, event: Event) -> None:
        for line in self.lines(event):
            self._write(line)

    def lines(self, event: Event) -> list[str]:
        """What is written for an event."""
        if event.kind == "step_finished" and event.status is not None:
            return self._finished(event, event.status)
        if event.kind == "note":
            return [f"{self._style.sign('!')} {event.message}", *(f"    {line}" for line in event.detail)]
        if self._is_quiet:
            return []
        if event.kind == "play_started":
            self._play, self._hosts = event.message, event.detail
            hosts = f"  ({', '.join(event.detail)})" if event.detail != ("local",) else ""
            return [self._style(event.message, "bold") + self._style(hosts, "dim")]
        if event.kind == "step_progress" and self._verbosity:
            return [f"    {self._style(event.message, 'dim')}"]
        return []

    def _finished(self, event: Event, status: Status) -> list[str]:
        is_bad = status in (Status.FAILED, Status.UNREACHABLE)
        if (self._is_quiet and not is_bad) or (status is Status.SKIPPED and not self._verbosity):
            return []
        name = (event.step or "").removeprefix(f"{event.host}/{self._play}/").partition(" ")[2]
        host = f"{event.host}  " if len(self._hosts) > 1 else ""
        took = f"  {seconds_text(event.seconds)}" if event.seconds and event.seconds >= 0.095 else ""
        first, *rest = event.message.splitlines() or [""]
        said = f"  {first}" if first else ""
        changes = [self._change(change_text) for change_text in self._changes(event, status)]
        if len(changes) == 1:
            said = f"{said}  {changes.pop()}"
        sign = self._style.sign(_SIGNS.get(status, " "))
        lines = [f"  {sign} {host}{self._style(name, 'bold')}{said}{self._style(took, 'dim')}"]
        lines += [f"      {line}" for line in (*rest, *changes)]
        return lines + [self._style(f"      {line}".rstrip(), "dim") for line in event.detail]

    def _changes(self, event: Event, status: Status) -> list[str]:
        words = to_do if status in (Status.PENDING, Status.UNKNOWN) else done
        return [
            f"{words(change)} ({causes_text(change.causes, is_full=self._is_full)})"
            if change.causes != ("asked for",)
            else words(change)
            for change in event.changes
        ]

    def _change(self, text: str) -> str:
        return self._style(text, "dim")


def recap(hosts: Mapping[str, Mapping[str, int]], style: Style, seconds: float) -> str:
    """The last lines of a run: how many tasks ended how, by host."""
    width = max(map(len, hosts), default=0)
    lines = []
    for name, counts in hosts.items():
        found = Counter(counts)
        found["failed"] = max(0, found["failed"] - found["rescued"] - found["ignored"])
        parts = [f"{found[key]} {_RECAP_WORDS.get(key, key)}" for key in _RECAP if found[key]]
        bad = found["failed"] or found["unreachable"]
        lines.append(f"{style.sign('✗' if bad else '✓')} {name:<{width}}  {', '.join(parts) or 'nothing was done'}")
    if lines:
        lines[-1] += f"  in {seconds_text(seconds)}"
    return "\n".join(lines)
