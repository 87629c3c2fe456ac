"""Every command of phlo, as one table, in the order of `phlo --help`."""

from __future__ import annotations

from phlo.cli.option import Verb
from phlo.cli.verbs import (
    authors,
    containers,
    deploy,
    hosts,
    operate,
    plugins,
    roles,
    run_once,
    runs,
    secrets,
    services,
    settings,
    start,
)
from phlo.orchestrators import TITLES, load

VERBS: tuple[Verb, ...] = tuple(
    verb
    for part in (
        start,
        deploy,
        operate,
        run_once,
        containers,
        runs,
        hosts,
        *(load(orchestrator, "verbs") for orchestrator in TITLES),
        services,
        settings,
        plugins,
        roles,
        secrets,
        authors,
    )
    for verb in part.VERBS
)

# The words of `phlo services` that are the platform's verbs by another name.
SERVICES_ALIASES = ("logs", "status", "start", "stop")
