"""Every command of phlo, as one table, in the order of `phlo --help`."""

from __future__ import annotations

from phlo.cli.option import Verb
from phlo.cli.verbs import authors, deploy, hosts, operate, plugins, runs, secrets, services, settings, start

VERBS: tuple[Verb, ...] = tuple(
    verb
    for part in (start, deploy, operate, runs, hosts, services, settings, plugins, secrets, authors)
    for verb in part.VERBS
)

# The words of `phlo services` that are the platform's verbs by another name.
SERVICES_ALIASES = ("logs", "status", "start", "stop")
