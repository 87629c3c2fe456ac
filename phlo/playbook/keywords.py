"""The words of task files and playbooks, and what other words of Ansible's have in their place."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.playbook.lookups import LOOKUPS

# Of tasks, blocks, roles and plays alike.
SHARED = (
    "name",
    "when",
    "tags",
    "vars",
    "environment",
    "ignore_errors",
    "ignore_unreachable",
    "any_errors_fatal",
    "delegate_to",
    "delegate_facts",
    "no_log",
    "run_once",
    "check_mode",
    "connection",
    "become",
    "become_user",
    "become_method",
    "diff",
    "throttle",
    "debugger",
    "port",
    "remote_user",
    "module_defaults",
    # What these choose between is one in phlo: where operations are found, how a task without `async` is waited for.
    "collections",
    "poll",
)
# Of these the nearest counts: the task's own, that of a block around it, of the role, of the play.
NEAREST = (
    "ignore_errors",
    "ignore_unreachable",
    "any_errors_fatal",
    "delegate_to",
    "delegate_facts",
    "no_log",
    "run_once",
    "check_mode",
    "connection",
    "become",
    "become_user",
    "become_method",
    "diff",
    "throttle",
    "port",
    "remote_user",
)
TASK = (
    *SHARED,
    "loop",
    "loop_control",
    *(f"with_{name}" for name in LOOKUPS),
    "register",
    "until",
    "retries",
    "delay",
    "changed_when",
    "failed_when",
    "notify",
    "listen",
    "args",
    "action",
    "local_action",
    "async",
)
BLOCK = (*SHARED, "notify", "block", "rescue", "always")
PLAY = (
    *(name for name in SHARED if name not in ("when", "delegate_to", "delegate_facts")),
    "hosts",
    "order",
    "gather_facts",
    "vars_files",
    "vars_prompt",
    "roles",
    "pre_tasks",
    "tasks",
    "post_tasks",
    "handlers",
    "serial",
    "max_fail_percentage",
    "force_handlers",
)
ROLE = (*SHARED, "role")
IMPORT_PLAYBOOK = ("import_playbook", "name", "when", "tags", "vars")
# What the tasks `include_tasks` and `include_role` may have. Source: Ansible's `TaskInclude`.
INCLUDE = (
    "name",
    "when",
    "tags",
    "vars",
    "loop",
    "loop_control",
    "register",
    "run_once",
    "ignore_errors",
    "no_log",
    "listen",
    "args",
    "action",
    "collections",
    "debugger",
)
_OF_ROLES = ("name", "tasks_from", "vars_from", "defaults_from", "handlers_from", "public", "rolespec_validate")
INCLUDE_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "include_tasks": ("file", "apply"),
    "import_tasks": ("file",),
    "include_role": (*_OF_ROLES, "apply"),
    "import_role": _OF_ROLES,
}
ORDERS = ("inventory", "reverse_inventory", "sorted", "reverse_sorted", "shuffle")
LOOP_CONTROL = ("loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when")

# What the runner does itself.
OWN_OPERATIONS = ("include_tasks", "import_tasks", "include_role", "import_role", "meta", "up")
# They add to the inventory of the run; of FOR_ONE_HOST only the first host does a task, as in Ansible.
FOR_INVENTORY = ("add_host", "group_by")
FOR_ONE_HOST = ("add_host",)
META = (
    "clear_facts",
    "clear_host_errors",
    "end_batch",
    "end_host",
    "end_play",
    "end_role",
    "flush_handlers",
    "noop",
    "refresh_inventory",
)
# Of these each host has its own condition; of the others, as in Ansible, the first host's counts for all.
META_OF_HOSTS = ("end_host", "end_role", "flush_handlers", "noop")
META_INSTEAD: Mapping[str, str] = {
    "reset_connection": "A connection is kept until phlo ends; put what needs a new one into a second `phlo play`.",
}

INSTEAD: Mapping[str, str] = {
    "strategy": "All hosts do a task before the next one begins.",
    "timeout": "Write `timeout_seconds` of the operation, or `retries` and `delay`.",
    "when": "Write it at the tasks, at a block, a role, or at import_playbook.",
    "fact_path": "Facts are those of the tasks that are written.",
}
PREFIXES = ("ansible.builtin.", "ansible.legacy.", "ansible.posix.", "community.general.", "phlo.")


def without_prefix(name: str) -> str:
    """The name of an operation without that of its collection."""
    return next((name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix)), name)
