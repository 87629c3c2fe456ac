"""A service that leaves a host leaves nothing there once the project was pruned."""

from __future__ import annotations

from pathlib import Path

from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo

PROJECT = """
name: {name}
services:
  defaults: false
  web:
    type: inline
    image: {image}
    hosts: [{hosts}]
    volumes: ["data:/data"]
  gone:
    type: inline
    image: {image}
    hosts: [data-1]
"""


def test_what_a_service_left_on_a_host_goes_and_the_rest_stays(
    phlo: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    def there(host: str) -> tuple[set[str], set[str], set[str]]:
        mine = f"--filter label=phlo.project={project}"
        commands = (
            f"docker ps -a {mine} --format '{{{{.Names}}}}'",
            f"docker network ls {mine} --format '{{{{.Name}}}}'",
            f"docker volume ls {mine} -q",
        )
        containers, networks, volumes = (set(bed.run(host, command).split()) for command in commands)
        return containers, networks, volumes

    file = folder / "phlo.yaml"
    file.write_text(PROJECT.format(name=project, image=tiny, hosts="data-1, data-2"))
    phlo("up")
    here = ({f"{project}-web-1"}, {f"{project}_default"}, {f"{project}_data"})
    assert there("data-2") == here
    file.write_text(PROJECT.format(name=project, image=tiny, hosts="data-1").partition("  gone:")[0])
    before = there("data-1")

    preview = phlo("prune", "--preview").stderr
    assert '"web" is placed on data-1, and not here' in preview
    assert 'no service "gone" is enabled' in preview
    assert "no service here uses it" in preview
    assert (there("data-1"), there("data-2")) == (before, here)

    phlo("prune")
    assert (there("data-1"), there("data-2")) == (here, (set(), set(), here[2]))
    assert "Nothing to do" in phlo("prune").stderr
    phlo("prune", "--volumes", "--yes")
    assert (there("data-1"), there("data-2")) == (here, (set(), set(), set()))
    assert "Nothing to do" in phlo("up").stderr
