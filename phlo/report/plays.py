"""A run of playbooks as lines: every task on every host, and what the hosts came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from phlo.events import Event, ItemFinished, Note, PlayStarted, StepFinished, StepProgress
from phlo.report.change_text import causes_text, done, to_do
from phlo.report.details import Details
from phlo.report.style import Style, seconds_text, shortened
from phlo.values import Status

_SIGNS = {
    Status.OK: "✓",
    Status.CHANGED: "~",
    Status.PENDING: "~",
    Status.UNKNOWN: "?",
    Status.SKIPPED: "-",
    Status.FAILED: "✗",
    Status.UNREACHABLE: "✗",
}
_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_RECAP = ("ok", "changed", "pending", "unknown", "skipped", "rescued", "ignored", "failed", "unreachable")
_RECAP_WORDS = {"pending": "would change", "unknown": "unknown yet"}


# A task without a name is called after what it does, which may be a whole script.
_BRIEF = 60


class PlayLines:
    """Writes a run's events as lines, as they come.

    verbosity: 0 everything but skipped tasks; 1 those as well, progress, and what a task was given and came to; 2 what
               it found, too. is_quiet: failures only.
    is_full:   every cause of a change, not only the first few.
    shows_progress: False where a picture alone shows what is under way.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        style: Style,
        *,
        verbosity: int = 0,
        is_quiet: bool = False,
        is_full: bool = False,
        shows_progress: bool = True,
    ) -> None:
        self._write = write
        self._style = style
        self._verbosity = verbosity
        self._is_quiet = is_quiet
        self._is_full = is_full or verbosity > 1
        self._shows_progress = shows_progress
        self._with_items: set[str] = set()
        self._details = Details(style, shows_observed=verbosity > 1)
        self._hosts: tuple[str, ...] = ()

    def __call__(self, event: Event) -> None:
        self._details.take(event)
        for line in self.lines(event):
            self._write(line)

    def lines(self, event: Event) -> list[str]:
        """What is written for an event."""
        match event:
            case ItemFinished():
                self._with_items.add(str(event.step))
                return self._finished(event)
            case StepFinished():
                return [] if str(event.step) in self._with_items else self._finished(event)
            case Note():
                return [f"{self._style.sign('!')} {event.message}", *(f"    {line}" for line in event.detail)]
            case _ if self._is_quiet:
                return []
            case PlayStarted():
                self._hosts = event.hosts
                hosts = f"  ({', '.join(event.hosts)})" if event.hosts != ("local",) else ""
                return [self._style(event.play, "bold") + self._style(hosts, "dim")]
            case StepProgress() if self._verbosity and self._shows_progress:
                return [f"    {self._style(event.message, 'dim')}"]
        return []

    def _finished(self, event: ItemFinished | StepFinished) -> list[str]:
        status = event.status
        is_bad = status in (Status.FAILED, Status.UNREACHABLE)
        if (self._is_quiet and not is_bad) or (status is Status.SKIPPED and not self._verbosity):
            return []
        host = f"{event.step.host}  " if len(self._hosts) > 1 else ""
        took = f"  {seconds_text(event.seconds)}" if event.seconds and event.seconds >= 0.095 else ""
        first, *rest = event.message.splitlines() or [""]
        sign, word = _SIGNS.get(status, " "), ""
        if is_bad and event.is_tolerated:
            sign, word = "!", "ignored: " if event.is_ignored else "rescued: "
        item = f"[{brief(event.item)}]" if isinstance(event, ItemFinished) else ""
        said = "".join(f"  {part}" for part in (item, word + first if is_bad else first) if part)
        changes = [self._style(text, "dim") for text in self._changes(event)]
        if len(changes) == 1:
            said = f"{said}  {changes.pop()}"
        name = event.step.name if self._verbosity else brief(event.step.name)
        lines = [f"  {self._style.sign(sign)} {host}{self._style(name, 'bold')}{said}{self._style(took, 'dim')}"]
        lines += [f"      {line}" for line in (*rest, *changes)]
        if is_bad and event.where:
            lines.append(self._style(f"      at {event.where}", "cyan"))
        lines += self._details.lines(event.step, "      ")
        return [*lines, *(self._detail(line) for line in event.detail)]

    def _changes(self, event: ItemFinished | StepFinished) -> list[str]:
        words = to_do if event.status in (Status.PENDING, Status.UNKNOWN) else done
        return [
            f"{self._brief(words(change))} ({causes_text(change.causes, is_full=self._is_full)})"
            if change.causes != ("asked for",)
            else self._brief(words(change))
            for change in event.changes
        ]

    def _brief(self, text: str) -> str:
        return text if self._verbosity else brief(text)

    def _detail(self, line: str) -> str:
        """A further line; those of a diff in its colours."""
        colour = _DIFF_COLOURS.get(line[:1], "dim")
        return self._style(f"      {line}".rstrip(), colour)


def brief(text: str) -> str:
    """The first line of a text, shortened."""
    first, *rest = text.strip().splitlines() or [""]
    return shortened(f"{first} …" if rest else first, _BRIEF)


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
