"""What the operations decide, and the verifier that stands for a password."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from phlo_postgres.operations import postgres_db, postgres_user, sql

from phlo.operations.service_container import Target
from phlo.values import Secret

SERVER = Target(id="1", name="postgres-1")
GIVEN: dict[str, Any] = {"project": "lake", "own_service": "postgres"}
# RFC 7677, section 3: the example exchange of SCRAM-SHA-256 with the password "pencil".
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
PENCIL = postgres_user.verifier_of("pencil", SALT)


@pytest.mark.parametrize(
    ("values", "owner", "expected"),
    [
        ({}, None, [("create", ("not found",))]),
        ({}, "phlo", []),
        ({"owner": "app"}, "phlo", [("update", ("owner: phlo -> app",))]),
        ({"owner": "phlo"}, "phlo", []),
        ({"private": True}, "phlo", [("update", ("private: no -> yes",))]),
        ({"connect": ("guest",)}, "phlo", [("update", ("guest may not connect",))]),
        ({"state": "absent"}, "phlo", [("remove", ("asked for",))]),
        ({"state": "absent"}, None, []),
    ],
)
def test_a_database_is_made_changed_or_removed(values: Any, owner: str | None, expected: Any) -> None:
    args = postgres_db.Args(name="lake", **values, **GIVEN)

    changes = postgres_db.decide(args, postgres_db.Seen(server=SERVER, owner=owner, shut_out=args.connect))

    assert [(change.verb, change.causes) for change in changes] == expected


@pytest.mark.parametrize(
    ("values", "seen", "expected"),
    [
        ({}, {"privileges": None}, [("create", ("not found",))]),
        ({}, {}, []),
        ({"password": Secret("pencil")}, {}, []),
        ({"password": "eraser"}, {}, [("update", ("password differs",))]),
        ({"createdb": True}, {}, [("update", ("createdb: no -> yes",))]),
        ({}, {"can_login": False}, [("update", ("it cannot log in",))]),
        ({"password": "pencil"}, {"verifier": Secret("md5abc")}, [("update", ("password differs",))]),
        ({"roles": ("b", "a")}, {"roles": frozenset({"c"})}, [("update", ("roles: c -> a, b",))]),
        ({"roles": ()}, {}, []),
        ({"state": "absent"}, {}, [("remove", ("asked for",))]),
    ],
)
def test_a_role_is_made_changed_or_removed(values: Any, seen: Any, expected: Any) -> None:
    there = {"privileges": (False, False, False), "can_login": True, "verifier": Secret(PENCIL), **seen}

    changes = postgres_user.decide(
        postgres_user.Args(name="app", **values, **GIVEN), postgres_user.Seen(server=SERVER, **there)
    )

    assert [(change.verb, change.causes) for change in changes] == expected


def test_the_verifier_is_that_of_the_rfc_s_example() -> None:
    # From the example's server signature follows nothing but these two keys.
    assert PENCIL == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


@pytest.mark.parametrize(
    ("text", "quoted"), [("plain", "E'plain'"), ("o'clock", "E'o''clock'"), ("a\\'; DROP", "E'a\\\\''; DROP'")]
)
def test_texts_are_quoted(text: str, quoted: str) -> None:
    assert sql.text(text) == quoted


def test_names_are_quoted() -> None:
    assert sql.name('a"b') == '"a""b"'
