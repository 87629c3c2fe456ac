"""The commands for secrets."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, JSON, PROFILE, PROJECT, PROJECT_DIR, WAIT_TIMEOUT, WRITE

_SECRET = Option("name", help="the name of the variable", positional="one", metavar="NAME")

VERBS: tuple[Verb, ...] = (
    Verb(
        "secrets list",
        "List the secrets and where each is stored, without reading them",
        "phlo.cli.secrets:list_secrets",
        (PROFILE, JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo secrets list", "names of secrets, and where each is stored"),),
    ),
    Verb(
        "secrets get",
        "Print a secret's value",
        "phlo.cli.secrets:get",
        (_SECRET, *PROJECT),
        group=LOOK,
        examples=(("phlo secrets get DB_PASSWORD", "prints the value in plain text"),),
    ),
    Verb(
        "secrets set",
        "Set a secret in the project's encrypted file",
        "phlo.cli.secrets:set_secret",
        (_SECRET, Option("generate", ("--generate",), "flag", "make up a value"), PROJECT_DIR, *COMMON),
        group=LOOK,
        more="The value is asked for, or read from standard input; it is never an argument of the command.",
        examples=(
            ("phlo secrets set API_KEY", "type it, unseen"),
            ("phlo secrets set API_KEY < key.txt", "out of a file"),
        ),
    ),
    Verb(
        "secrets remove",
        "Remove a secret from the encrypted file",
        "phlo.cli.secrets:remove",
        (_SECRET, PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo secrets remove API_KEY", "from the encrypted file"),),
    ),
    Verb(
        "secrets edit",
        "Edit the encrypted file in an editor",
        "phlo.cli.secrets:edit",
        (PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("EDITOR=vim phlo secrets edit", "all secrets, in this editor"),),
    ),
    Verb(
        "secrets rekey",
        "Encrypt the file with a new passphrase",
        "phlo.cli.secrets:rekey",
        (
            Option(
                "new_passphrase_file",
                ("--new-passphrase-file",),
                help="a file with the new passphrase, instead of a prompt",
                metavar="FILE",
                complete="files",
            ),
            PROJECT_DIR,
            *COMMON,
        ),
        group=LOOK,
        examples=(
            ("phlo secrets rekey", "asks for the old passphrase and the new one"),
            ("phlo secrets rekey --new-passphrase-file next.txt", "without a prompt for the new passphrase"),
        ),
    ),
    Verb(
        "secrets rotate",
        "Change a secret, and recreate the services that use it",
        "phlo.cli.rotate:rotate",
        (_SECRET, PROFILE, WAIT_TIMEOUT, *WRITE, *PROJECT),
        group=LOOK,
        more="If a service does not become ready with the new value, the old value is restored everywhere.",
        examples=(("phlo secrets rotate DB_PASSWORD", "a new password; services that use it are recreated"),),
    ),
)
