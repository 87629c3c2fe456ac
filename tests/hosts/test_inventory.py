"""What `phlo inventory check` finds out about real hosts."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from pathlib import Path

from phlo.hosts.connect import open_engine
from phlo.testing.images import tiny_image
from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo


def test_every_host_tells_of_its_engine_its_disk_and_its_clock_and_a_lost_one_is_named(
    phlo: Phlo, bed: Bed, folder: Path
) -> None:
    address = f"ssh://{bed.host('data-1').address}"
    options = ("-F", str(bed.ssh_config))
    with closing(open_engine(address, name="data-1", environ=os.environ, ssh_options=options)) as engine:
        tiny_image(engine)  # the one with `df`
    # Nobody has this address.
    (folder / "more.yaml").write_text(f"all: {{hosts: {{gone: {{ansible_host: 10.77.{bed.number}.99}}}}}}\n")
    done = phlo("inventory check", "-i", "more.yaml", "--limit", "!data-3", "--json", code=4)
    first, second, gone = json.loads(done.stdout)
    assert {first["version"], second["version"]} == {
        bed.run("data-1", "docker version -f '{{.Server.Version}}'").strip()
    }
    assert abs(first["clock_seconds"]) < 5  # the hosts share this machine's clock
    # The bed keeps all its data on one disk of this machine; others write to it as well.
    here = shutil.disk_usage(Path(bed.folder)).free
    assert abs(first["free_bytes"] - here) < 0.2 * here
    assert (gone["state"], "cannot be reached" in gone["cause"]) == ("unreachable", True)
    assert "✗ gone" in done.stderr
    assert bed.run("data-1", "docker ps -aq") == ""  # nothing of the look is left
