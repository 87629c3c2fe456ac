"""The words of task files and playbooks, and what other words of Ansible's have in their place."""

from __future__ import annotations

from collections.abc import Mapping

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
    "no_log",
    "run_once",
    "check_mode",
)
TASK = (
    *SHARED,
    "loop",
    "loop_control",
    "with_items",
    "with_dict",
    "register",
    "until",
    "retries",
    "delay",
    "changed_when",
    "failed_when",
    "notify",
    "listen",
    "args",
)
BLOCK = (*SHARED, "block", "rescue", "always")
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
)
ROLE = (*SHARED, "role")
LOOP_CONTROL = ("loop_var", "index_var", "label", "pause")

# What the runner does itself.
OWN_OPERATIONS = ("include_tasks", "import_tasks", "include_role", "import_role", "include_vars", "meta")
META = ("flush_handlers", "end_play", "end_host", "clear_host_errors", "noop")

_USER = "A task runs in a container; say as whom with the operation's `user`."
INSTEAD: Mapping[str, str] = {
    "become": _USER,
    "become_user": _USER,
    "remote_user": _USER,
    "connection": "How a host is reached is written in the inventory.",
    "strategy": "All hosts do a task before the next one begins.",
    "async": "Hosts and items wait for the task; give it a `timeout_seconds`.",
    "local_action": "Write the operation, and delegate_to: the host; `command` always runs on this machine.",
    "action": "Write the operation's name as the key.",
    "with_fileglob": "Write loop: with a list.",
    "with_sequence": 'Write loop: "{{ range(1, 5) }}".',
    "with_nested": 'Write loop: "{{ a | product(b) }}".',
    "with_together": 'Write loop: "{{ a | zip(b) }}".',
    "with_subelements": "Write loop: \"{{ a | subelements('b') }}\".",
}
PREFIXES = ("ansible.builtin.", "ansible.legacy.", "phlo.")
