"""The commands for authors of roles, and for the shell."""

from __future__ import annotations

from phlo.cli.headings import MORE
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, FORKS, JSON, QUIET, VERBOSE, WAIT_TIMEOUT

VERBS: tuple[Verb, ...] = (
    Verb(
        "test",
        "Test roles: lint, converge, idempotence, verify, destroy",
        "phlo.cli.testing:test",
        (
            Option("roles", help="a role, its package, or the folder of one", positional="some", metavar="ROLE"),
            Option("keep", ("--keep",), "flag", "keep the containers, for debugging"),
            QUIET,
            VERBOSE,
            FORKS,
            WAIT_TIMEOUT,
            *COMMON,
        ),
        group=MORE,
        more="Each role runs in its own project with free ports and generated secrets, which is removed at the end.\n"
        "A second `up` must change nothing; then the role's tests (pytest, testinfra) run.",
        examples=(("phlo test ./phlo-thing", "a package in development"),),
    ),
    Verb(
        "docs operations",
        "List the operations that tasks can use",
        "phlo.cli.docs:operations",
        (JSON, *COMMON),
        group=MORE,
        examples=(("phlo docs operations", "operations for tasks"),),
    ),
    Verb(
        "docs operation",
        "Show what an operation does, and its arguments",
        "phlo.cli.docs:operation",
        (Option("name", help="the operation", positional="one", metavar="NAME"), JSON, *COMMON),
        group=MORE,
        examples=(("phlo docs operation exec", "its arguments and their meanings"),),
    ),
    Verb(
        "completion",
        "Print the completion script of a shell",
        "phlo.cli.completion:completion",
        (Option("shell", help="the shell", positional="one", choices=("bash", "zsh", "fish")), *COMMON),
        group=MORE,
        examples=(
            ('eval "$(phlo completion bash)"', "in ~/.bashrc"),
            ('eval "$(phlo completion zsh)"', "in ~/.zshrc"),
            ("phlo completion fish | source", "in ~/.config/fish/config.fish"),
        ),
    ),
)
