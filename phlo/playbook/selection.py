"""Which tasks of a playbook are run: by tags, from a certain one on, or as the user says one by one."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from phlo.frozen import dataclass
from phlo.playbook.model import Task


@dataclass(slots=True, kw_only=True)
class Choice:
    """What the user asked for.

    only, skip: tags; empty: all, none. start_at: the name of the first task, wildcards allowed.
    confirm:    asks whether to do a task: yes, no, or `continue` without asking again; None: nobody is asked.
    """

    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    start_at: str | None = None
    confirm: Callable[[str], str] | None = None
    has_begun: bool = False

    def takes(self, task: Task) -> bool:
        """Whether a task is run; asked in the order of the tasks, handlers left out."""
        if not has_tags(task.directives.tags, self.only, self.skip):
            return False
        if self.start_at is not None and not self.has_begun:
            self.has_begun = task.name == self.start_at or fnmatchcase(task.name, self.start_at)
            if not self.has_begun:
                return False
        return self._is_confirmed(task)

    def _is_confirmed(self, task: Task) -> bool:
        if self.confirm is None:
            return True
        answer = self.confirm(f"{task.name}? [yes/no/continue] ").strip().lower()
        if answer.startswith("c"):
            self.confirm = None
        return answer.startswith(("y", "c"))


def has_tags(tags: tuple[str, ...], only: frozenset[str], skip: frozenset[str]) -> bool:
    """Ansible's rules: `always` runs unless skipped by name, `never` only when one of the tags is asked for.

    `all`, `tagged` and `untagged` may be asked for, too.
    """
    own = set(tags)
    if own & skip or ("tagged" in skip and own) or ("untagged" in skip and not own):
        return False
    if "all" in skip and "always" not in own:
        return False
    asked = own & only or ("tagged" in only and bool(own - {"never"})) or ("untagged" in only and not own)
    if "never" in own and not (own & only - {"all", "tagged"}):
        return False
    return bool(not only or asked or "all" in only or "always" in own)
