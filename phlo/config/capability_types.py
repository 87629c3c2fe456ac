"""The capabilities that phlo knows by name, and the facts that each of them has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from phlo.frozen import dataclass
from phlo.values import Secret, Text, reveal

Kind = Literal["text", "number", "flag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that a provider says of what it offers.

    is_claimed: a consumer may ask for one of its own: its own database, its own bucket.
    default: what it is when the provider does not say; a required one has to be said.
    """

    kind: Kind = "text"
    meaning: str
    is_required: bool = True
    is_claimed: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityType:
    """is_collected: many services provide it at once, and who wants it gets the facts of all."""

    meaning: str
    facts: Mapping[str, Fact]
    is_collected: bool = False


KNOWN: Mapping[str, CapabilityType] = {
    "sql": CapabilityType(
        meaning="A relational database server.",
        facts={
            "dialect": Fact(meaning="The kind of SQL and of protocol, such as `postgresql`."),
            "host": Fact(meaning="Its name on the project's network."),
            "port": Fact(kind="number", meaning="Its port there."),
            "database": Fact(meaning="The database to use.", is_claimed=True),
            "user": Fact(meaning="Who to sign in as.", is_claimed=True),
            "password": Fact(meaning="That user's password.", is_claimed=True),
        },
    ),
    "s3": CapabilityType(
        meaning="An object store that speaks the S3 protocol.",
        facts={
            "endpoint": Fact(meaning="Address, as `http://HOST:PORT`."),
            "access_key": Fact(meaning="Access key."),
            "secret_key": Fact(meaning="Secret key."),
            "region": Fact(meaning="Region to sign requests for."),
            "bucket": Fact(meaning="The bucket to use.", is_claimed=True),
            "path_style": Fact(kind="flag", meaning="Whether the bucket is part of the path.", is_required=False),
        },
    ),
    "iceberg-catalog": CapabilityType(
        meaning="A catalog of Apache Iceberg tables.",
        facts={
            "type": Fact(meaning="The protocol: `rest`."),
            "uri": Fact(meaning="Address of the catalog."),
            "warehouse": Fact(meaning="Name or location of the warehouse."),
            "credential": Fact(meaning="`ID:SECRET` for its OAuth2 tokens.", is_required=False),
            "oauth2_uri": Fact(meaning="Where it gives tokens.", is_required=False),
        },
    ),
    "versioned-catalog": CapabilityType(
        meaning="Branches and tags over an Iceberg catalog.",
        facts={
            "api": Fact(meaning="Address of the API, version 2."),
            "branch": Fact(meaning="The branch that everybody sees."),
        },
    ),
    "query-engine": CapabilityType(
        meaning="A SQL engine over the lake's tables.",
        facts={
            "dialect": Fact(meaning="The kind of SQL, by the name that SQLAlchemy has for it."),
            "url": Fact(meaning="Address, as `http://HOST:PORT`."),
            "host": Fact(meaning="Its name on the project's network."),
            "port": Fact(kind="number", meaning="Its port there."),
            "user": Fact(meaning="Who to sign in as."),
            "password": Fact(meaning="Password or token.", is_required=False),
            "catalog": Fact(meaning="The name it has for the Iceberg catalog."),
            "sqlalchemy_uri": Fact(meaning="Address for SQLAlchemy.", is_required=False),
        },
    ),
    "orchestrator": CapabilityType(
        meaning="Runs and schedules pipelines.",
        facts={
            "url": Fact(meaning="Address of its API."),
            "user": Fact(meaning="Name to sign in with, by HTTP basic authentication.", is_required=False),
            "password": Fact(meaning="That user's password.", is_required=False),
        },
    ),
    "logs": CapabilityType(
        meaning="A store of log lines.",
        facts={"url": Fact(meaning="Where lines are sent."), "type": Fact(meaning="The protocol for it.")},
    ),
    "metrics-store": CapabilityType(
        meaning="Stores metrics of services over time.",
        facts={
            "url": Fact(meaning="Where they are asked for."),
            "type": Fact(meaning="The protocol for it."),
        },
    ),
    "metrics": CapabilityType(
        meaning="Metrics in OpenMetrics' text form.",
        is_collected=True,
        facts={
            "port": Fact(kind="number", meaning="The port that gives them."),
            "path": Fact(meaning="The path.", is_required=False, default="/metrics"),
        },
    ),
    "http-route": CapabilityType(
        meaning="A page for people.",
        is_collected=True,
        facts={
            "port": Fact(kind="number", meaning="The port that serves it."),
            "title": Fact(meaning="What it is called in lists."),
            "path": Fact(meaning="The path of its first page.", is_required=False, default="/"),
        },
    ),
}


def is_collected(capability: str) -> bool:
    """Whether many services provide a capability at once."""
    return capability in KNOWN and KNOWN[capability].is_collected


def typed(value: Any, kind: Kind) -> Any:
    """A fact's value as its kind has it. Raises ValueError for one that is not of that kind."""
    text: Text = value if isinstance(value, Secret) else _plain(value)
    if kind == "text":
        return text
    shown = reveal(text)
    if kind == "number":
        return int(shown)
    if shown.lower() not in ("true", "false"):
        raise ValueError
    return shown.lower() == "true"


def _plain(value: Any) -> str:
    if value is None or isinstance(value, (dict, list)):
        raise ValueError
    return str(value).lower() if isinstance(value, bool) else str(value)
