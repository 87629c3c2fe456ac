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
            Option("keep", ("--keep",), "flag", "leave what was started, to look at it"),
            QUIET,
            VERBOSE,
            FORKS,
            WAIT_TIMEOUT,
            *COMMON,
        ),
        group=MORE,
        more="Each role gets a project of its own, with free ports and its own secrets, that is removed at the end.\n"
        "A second `up` must change nothing; then the role's own tests (pytest, testinfra) look at what runs.",
        examples=(("phlo test ./phlo-thing", "a package that is being written"),),
    ),
    Verb(
        "docs operations",
        "List the operations that tasks can use",
        "phlo.cli.docs:operations",
        (JSON, *COMMON),
        group=MORE,
        examples=(("phlo docs operations", "what a task can call"),),
    ),
    Verb(
        "docs operation",
        "Show what an operation does, and its arguments",
        "phlo.cli.docs:operation",
        (Option("name", help="the operation", positional="one", metavar="NAME"), JSON, *COMMON),
        group=MORE,
        examples=(("phlo docs operation exec", "its arguments, each with what it means"),),
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
