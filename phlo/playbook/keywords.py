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
)
# Words that change nothing here: what they choose between does not exist, or is decided elsewhere.
NO_EFFECT = ("collections", "debugger", "poll", "throttle", "port", "remote_user", "order")
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
    *NO_EFFECT,
)
BLOCK = (*SHARED, *NO_EFFECT, "notify", "block", "rescue", "always")
PLAY = (
    *SHARED,
    "hosts",
    "gather_facts",
    "vars_files",
    "roles",
    "pre_tasks",
    "tasks",
    "post_tasks",
    "handlers",
    "serial",
    "max_fail_percentage",
    "force_handlers",
    *NO_EFFECT,
)
ROLE = (*SHARED, *NO_EFFECT, "role")
IMPORT_PLAYBOOK = ("import_playbook", "name", "when", "tags", "vars")
LOOP_CONTROL = ("loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when")

# What the runner does itself.
OWN_OPERATIONS = ("include_tasks", "import_tasks", "include_role", "import_role", "include_vars", "meta")
META = (
    "clear_facts",
    "clear_host_errors",
    "end_batch",
    "end_host",
    "end_play",
    "end_role",
    "flush_handlers",
    "noop",
)
# Of these each host has its own condition; of the others, as in Ansible, the first host's counts for all.
META_OF_HOSTS = ("end_host", "end_role", "flush_handlers", "noop")
META_INSTEAD: Mapping[str, str] = {
    "refresh_inventory": "The inventory is read once; call `phlo play` again when it has changed.",
    "reset_connection": "A connection is kept until phlo ends; put what needs a new one into a second `phlo play`.",
}

INSTEAD: Mapping[str, str] = {
    "strategy": "All hosts do a task before the next one begins.",
    "async": "Hosts and items wait for the task; give it a `timeout_seconds`.",
}
PREFIXES = ("ansible.builtin.", "ansible.legacy.", "phlo.")
