"""phlo beside ansible-core, on cases of our own: `invoke peers ansible` compares, `--record` records new cases first.

corpus       the cases, which are data in `corpus/`; case: one of them
environment  ansible-core in an environment of its own; recorder/ is what runs there
record       what ansible-core makes of a case; recording: the file that keeps it
subject      what phlo makes of a case
compare      the differences; differences.yaml has those that are known, each with a reason
tables       equal and different by class, for the terminal and for docs/reference/ansible-differences.md
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.bench.fetch import cache_folder
from tests.peers.ansible import compare, recording, tables
from tests.peers.ansible.corpus import expressions, playbooks
from tests.peers.ansible.environment import python
from tests.peers.ansible.record import record
from tests.peers.known import Differences

DIFFERENCES = Differences(Path(__file__).with_name("differences.yaml"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the table and write the page; 1 when a difference is not listed, or a listed one is gone."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.ansible", description="Compare phlo with Ansible.")
    parser.add_argument("--record", action="store_true", help="run ansible-core on new cases")
    parser.add_argument("--again", action="store_true", help="with --record: on all cases")
    parser.add_argument("--only", default="", help="print the differences of the cases with this text in their name")
    parser.add_argument("--prune", action="store_true", help="take what agrees now out of differences.yaml")
    options = parser.parse_args(arguments)
    texts, cases = expressions(), playbooks()
    if options.record or options.again:
        cache = cache_folder()
        cache.mkdir(parents=True, exist_ok=True)
        before = {} if options.again else recording.load()
        record(cases, texts, python(cache), before, recording.save)
    known, recorded = DIFFERENCES.listed(), recording.load()
    found = {one.id: compare.of_expression(one, recorded[one.digest]) for one in texts if options.only in one.id}
    found |= {one.id: compare.of_case(one, recorded[one.digest]) for one in cases if options.only in one.id}
    gone = [name for name, different in found.items() if not different and name in known]
    if gone and options.prune:
        DIFFERENCES.prune(gone)
        known, gone = DIFFERENCES.listed(), []
    wrong = [name for name, different in found.items() if different and name not in known]
    for name in [*wrong, *gone] if not options.only else found:
        print(name, *(found[name] or ["equal"]), sep="\n    ")
    if not options.only:
        print(tables.text(texts, cases, known))
        tables.PAGE.write_text(tables.page(texts, cases, known), encoding="utf-8")
    return 1 if wrong or gone else 0


if __name__ == "__main__":
    raise SystemExit(main())
