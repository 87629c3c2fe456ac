"""phlo beside Docker Compose, on file sets of our own: `invoke peers compose` compares, `--record` records again.

fileset    one project as files, with the command's options and environment
corpus     the file sets written by hand (`corpus/*.yaml`); strategies: those that hypothesis generates
build      the newest Compose from the Go module proxy, and Debian's
engine     an engine that only records what it is asked to create
record     what Compose makes of a file set; recording: the file that keeps it
subject    what phlo makes of a file set
normal     the rules by which the two are brought into one form
compare    the differences; differences.yaml has those that are known, each with a reason
tables     equal and different by class, for the terminal and for docs/reference/compose-differences.md
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.bench.fetch import cache_folder
from tests.peers.compose import recording, tables
from tests.peers.compose.build import binaries
from tests.peers.compose.compare import differences
from tests.peers.compose.corpus import handmade
from tests.peers.compose.record import record
from tests.peers.compose.strategies import GROUP, generated
from tests.peers.known import Differences

DIFFERENCES = Differences(Path(__file__).with_name("differences.yaml"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the tables and write the page; 1 when a difference is not listed, or a listed one is gone."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.compose", description="Compare phlo with Compose.")
    parser.add_argument("--record", action="store_true", help="run both versions of Compose on new file sets")
    parser.add_argument("--again", action="store_true", help="with --record: on all file sets")
    parser.add_argument(
        "--only", default="", help="print the differences of the file sets with this text in their name"
    )
    parser.add_argument("--prune", action="store_true", help="take what agrees now out of differences.yaml")
    options = parser.parse_args(arguments)
    if options.record or options.again:
        before = {} if options.again else recording.load()
        kept = [one for one in recording.sets(before) if one.group == GROUP]
        recording.save(record([*handmade(), *(kept or generated())], binaries(cache_folder()), before))
    known, recorded, wrong, gone = DIFFERENCES.listed(), recording.load(), 0, []
    for one in recording.sets(recorded):
        if options.only not in one.id:
            continue
        found = differences(one, recorded[one.digest])
        is_wrong = bool(found) != (one.id in known)
        if not found and options.prune and one.id in known:
            gone.append(one.id)
            continue
        wrong += is_wrong
        if is_wrong or options.only:
            print(f"{one.id}", *(found or ["equal"]), sep="\n    ")
    if gone:
        DIFFERENCES.prune(gone)
        known = DIFFERENCES.listed()
    if not options.only:
        print(tables.text(recorded, known))
        tables.PAGE.write_text(tables.page(recorded, known), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
