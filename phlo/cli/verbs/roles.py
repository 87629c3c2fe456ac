"""The commands for roles."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, JSON, PROJECT_DIR, VAULT

VERBS: tuple[Verb, ...] = (
    Verb(
        "roles list",
        "List the roles of the project, of packages, and those built into phlo",
        "phlo.cli.roles:list_roles",
        (JSON, PROJECT_DIR, *VAULT, *COMMON),
        group=LOOK,
        more="Of two roles with one name, the project's is used, then a package's, then the one built into phlo.",
        examples=(("phlo roles list", "what a play can name under `roles:`"),),
    ),
    Verb(
        "roles show",
        "Show where a role is from, its arguments and its defaults",
        "phlo.cli.roles:show_role",
        (
            Option("role", help="the role", positional="one", metavar="ROLE"),
            JSON,
            PROJECT_DIR,
            *VAULT,
            *COMMON,
        ),
        group=LOOK,
        examples=(("phlo roles show docker-host", "what can be set of the role that prepares Docker hosts"),),
    ),
)
