"""The commands for secrets."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, JSON, PROFILE, PROJECT, PROJECT_DIR, WAIT_TIMEOUT, WRITE

_SECRET = Option("name", help="the variable that it is the value of", positional="one", metavar="NAME")

VERBS: tuple[Verb, ...] = (
    Verb(
        "secrets list",
        "List the secrets and where each is kept; reads none of them",
        "phlo.cli.secrets:list_secrets",
        (PROFILE, JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo secrets list", "their names, and where each is kept"),),
    ),
    Verb(
        "secrets get",
        "Print a secret's value",
        "phlo.cli.secrets:get",
        (_SECRET, *PROJECT),
        group=LOOK,
        examples=(("phlo secrets get DB_PASSWORD", "in plain text: mind who looks"),),
    ),
    Verb(
        "secrets set",
        "Put a secret into the project's encrypted file",
        "phlo.cli.secrets:set_secret",
        (_SECRET, Option("generate", ("--generate",), "flag", "make up a value"), PROJECT_DIR, *COMMON),
        group=LOOK,
        more="The value is asked for, or read from standard input; it never stands on the command line.",
        examples=(
            ("phlo secrets set API_KEY", "type it, unseen"),
            ("phlo secrets set API_KEY < key.txt", "out of a file"),
        ),
    ),
    Verb(
        "secrets remove",
        "Take a secret out of the encrypted file",
        "phlo.cli.secrets:remove",
        (_SECRET, PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo secrets remove API_KEY", "from the encrypted file"),),
    ),
    Verb(
        "secrets edit",
        "Change the whole encrypted file in an editor",
        "phlo.cli.secrets:edit",
        (PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("EDITOR=vim phlo secrets edit", "all of them, in an editor of yours"),),
    ),
    Verb(
        "secrets rekey",
        "Encrypt the file again with another passphrase",
        "phlo.cli.secrets:rekey",
        (
            Option(
                "new_passphrase_file",
                ("--new-passphrase-file",),
                help="the file that holds the new passphrase, instead of being asked for it",
                metavar="FILE",
                complete="files",
            ),
            PROJECT_DIR,
            *COMMON,
        ),
        group=LOOK,
        examples=(
            ("phlo secrets rekey", "asks for the old passphrase and the new one"),
            ("phlo secrets rekey --new-passphrase-file next.txt", "without being asked for the new one"),
        ),
    ),
    Verb(
        "secrets rotate",
        "Give a secret a new value, and roll the services that use it",
        "phlo.cli.rotate:rotate",
        (_SECRET, PROFILE, WAIT_TIMEOUT, *WRITE, *PROJECT),
        group=LOOK,
        more="When a service does not come up with the new value, the old value is restored everywhere.",
        examples=(("phlo secrets rotate DB_PASSWORD", "a new password, and who signs in with it recreated"),),
    ),
)
