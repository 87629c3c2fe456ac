"""Plays, blocks and tasks as they were read: checked, frozen, templates not yet rendered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from phlo.frozen import dataclass, field
from phlo.playbook.scope import Layer
from phlo.playbook.source import Origin, Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleContext:
    """The role that tasks belong to. folder: where its tasks/, files/ and templates/ are.

    service: the service it is the role of, "" for a role that only has tasks.
    defaults, variables: layers of its defaults/main.yaml and vars/main.yaml. needed: roles whose layers it sees, too.
    """

    name: str
    folder: Path
    service: str = ""
    defaults: Layer = field(default_factory=dict)
    variables: Layer = field(default_factory=dict)
    needed: tuple[RoleContext, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directives:
    """What a task can have itself or take over from the blocks, the role and the play around it.

    when, tags, variables, environment: what stands around a task comes first, its own last.
    module_defaults: arguments for the tasks of an operation, by its name.
    The others: the nearest that says anything; None when nobody does.
    """

    when: tuple[Raw, ...] = ()
    tags: tuple[str, ...] = ()
    variables: tuple[Layer, ...] = ()
    environment: tuple[Raw, ...] = ()
    ignore_errors: Raw | None = None
    ignore_unreachable: Raw | None = None
    any_errors_fatal: Raw | None = None
    delegate_to: Raw | None = None
    delegate_facts: Raw | None = None
    no_log: Raw | None = None
    run_once: Raw | None = None
    check_mode: Raw | None = None
    diff: Raw | None = None
    throttle: Raw | None = None
    port: Raw | None = None
    remote_user: Raw | None = None
    notify: tuple[Raw, ...] = ()
    module_defaults: Mapping[str, Raw] = field(default_factory=dict)
    connection: Raw | None = None
    become: Raw | None = None
    become_user: Raw | None = None
    become_method: Raw | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopControl:
    """How a loop goes. label: what is shown for an item. pause_seconds: between two items.

    is_extended: `ansible_loop` is there; has_all_items: with the list of all items.
    break_when: conditions that end the loop after an item.
    """

    loop_var: str = "item"
    index_var: str | None = None
    label: Raw | None = None
    pause_seconds: Raw | None = None
    is_extended: bool = False
    has_all_items: bool = True
    break_when: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task, or a handler.

    operation: an operation's name, or one of the runner's own (`include_tasks`, `include_role`, `meta`).
    arguments: what stands behind the operation's name.
    until:     None when the task is not repeated.
    role:      the role it belongs to. folder: of the file it stands in.
    around:    what holds around it, without its own words.
    """

    name: str
    operation: str
    arguments: Raw
    origin: Origin
    folder: Path
    directives: Directives = field(default_factory=Directives)
    loop: Raw | None = None
    loop_control: LoopControl = field(default_factory=LoopControl)
    register: str | None = None
    until: tuple[Raw, ...] | None = None
    retries: Raw | None = None
    delay: Raw | None = None
    changed_when: tuple[Raw, ...] | None = None
    failed_when: tuple[Raw, ...] | None = None
    listen: tuple[str, ...] = ()
    role: RoleContext | None = None
    around: Directives = field(default_factory=Directives)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Tasks that belong together. rescue: run for hosts on which one failed. always: run in any case.

    once: a host does blocks of one name once in a play; empty: each time.
    """

    name: str
    block: tuple[Entry, ...]
    rescue: tuple[Entry, ...] = ()
    always: tuple[Entry, ...] = ()
    directives: Directives = field(default_factory=Directives)
    once: str = ""


Entry = Task | Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A variable that the user is asked for before a play. question: what is asked.

    default: its value when nobody answers. is_private: the answer is not shown. confirm: the user is asked twice.
    """

    name: str
    question: str
    origin: Origin
    default: Raw | None = None
    is_private: bool = True
    confirm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Tasks for hosts.

    hosts: a pattern. sections: groups of tasks after each of which notified handlers run.
    roles: those whose defaults and variables the whole play sees.
    order: one of `ORDERS`. serial: sizes of the batches of hosts, as written.
    variables: layers of `vars` and `vars_files`. prompts: variables of `vars_prompt`.
    gather_facts: whether its tasks may use facts of their hosts; None: it does not say.
    """

    name: str
    hosts: Raw
    sections: tuple[tuple[Entry, ...], ...]
    handlers: tuple[Task, ...] = ()
    roles: tuple[RoleContext, ...] = ()
    variables: tuple[Layer, ...] = ()
    vars_files: tuple[Raw, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    serial: tuple[Raw, ...] = ()
    max_fail_percentage: Raw | None = None
    any_errors_fatal: Raw | None = None
    force_handlers: Raw | None = None
    order: str = "inventory"
    gather_facts: bool | None = None
    folder: Path
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of an action. type: text, integer, flag or path (then relative to where phlo was called)."""

    name: str
    help: str = ""
    type: str = "text"
    default: Any = None
    is_required: bool = False
    is_positional: bool = False
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The name that tasks know it by."""
        return self.name.replace("-", "_")


Danger = Literal["safe", "changes", "destructive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A task file of a role that is run by name: `phlo run SERVICE.ACTION`.

    needs_lock: no other run of the project may be under way meanwhile.
    danger: `safe` changes nothing, `changes` changes something, `destructive` overwrites or deletes data.
    interactive: it needs a terminal. interactive_without: only when this argument is not given.
    """

    name: str
    service: str
    path: Path
    help: str = ""
    arguments: tuple[Argument, ...] = ()
    needs_lock: bool = False
    danger: Danger = "changes"
    interactive: bool = False
    interactive_without: str | None = None
