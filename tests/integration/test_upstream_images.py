"""Each role fits upstream's image as far as a stub can show: an image with the same user, folders and programs."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from phlo.discovery.definition import ServiceDefinition
from phlo.errors import OperationError
from phlo.hosts.engine import Engine
from phlo.operations.container.needs import check_needs
from phlo.values import ImageNeeds
from tests.support.upstream_stubs import FACTS, import_stub
from tests.unit.packages.test_packages_alike import PACKAGES, services_of
from tests.unit.packages.test_upstream_images import repository_of


def volumes_of(service: ServiceDefinition) -> list[str]:
    """The folders in the container that named volumes are mounted on."""
    mounts = [str(volume).split(":") for volume in service.compose.get("volumes", ())]
    return [mount[1] for mount in mounts if len(mount) > 1 and mount[0][:1].isalpha()]


def needs_of(service: ServiceDefinition) -> ImageNeeds:
    assert service.needs is not None
    return ImageNeeds(user=service.needs.user, data=service.needs.data, programs=service.needs.programs, where="here")


WITH_UPSTREAM = [service for package in PACKAGES for service in services_of(package) if service.image]
SERVICES = [pytest.param(service, id=service.name) for service in WITH_UPSTREAM]
BY_NAME = {service.name: service for service in WITH_UPSTREAM}


@pytest.fixture
def name() -> Iterator[str]:
    """For the image, the container and the volumes of one test."""
    name = f"phlo-test-upstream-{uuid.uuid4().hex[:8]}"
    yield name
    docker("rm", "--force", "--volumes", name, may_fail=True)
    docker("image", "rm", "--force", name, may_fail=True)


def docker(*words: str, may_fail: bool = False) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True)
    assert may_fail or done.returncode == 0, done.stderr
    return done.stdout


def options_of(service: ServiceDefinition) -> list[str]:
    """What the role gives its container of volumes and rights, as `docker create` has it."""
    compose: Any = service.compose
    options = [f"--volume={target}" for target in volumes_of(service)]
    options += [f"--user={compose['user']}"] if "user" in compose else []
    for option, key in (("--cap-drop", "cap_drop"), ("--cap-add", "cap_add"), ("--group-add", "group_add")):
        options += [f"{option}={value}" for value in compose.get(key, ())]
    return options + [f"--security-opt={value}" for value in compose.get("security_opt", ())]


@pytest.mark.parametrize("service", SERVICES)
def test_upstreams_image_has_what_the_service_needs(service: ServiceDefinition, engine: Engine, name: str) -> None:
    import_stub(engine, name, FACTS[repository_of(service)])
    targets = volumes_of(service)
    script = " && ".join(["true", *(f"/busybox mkdir {path}/new && echo 1 > {path}/new/file" for path in targets)])
    docker("create", "--name", name, *options_of(service), "--entrypoint=/busybox", name, "sh", "-c", script)

    check_needs(needs_of(service), service=service.name, image=name, container=name, engine=engine)
    docker("start", "--attach", name)  # what was found out by looking is so


@pytest.mark.parametrize(
    ("service", "without", "message"),
    [
        pytest.param("loki", "wget", 'there is no program "wget" in /usr/local/bin:/usr/bin:/bin', id="program"),
        pytest.param("pgweb", "/usr/bin/pgweb", "there is no program /usr/bin/pgweb", id="path"),
        pytest.param(
            "postgres", "999", "there is no user 999 in /etc/passwd, and the container runs as 0:0", id="user"
        ),
        pytest.param(
            "grafana",
            "/var/lib/grafana",
            "user 472 may not write to /var/lib/grafana (of 0:0, mode 755), where the service keeps /var/lib/grafana",
            id="folder",
        ),
        pytest.param(
            "alloy",
            "--group-add=473",
            "user 0 may not enter /var/lib/alloy (of 473:473, mode 770), where the service keeps /var/lib/alloy/data",
            id="folder-above",
        ),
    ],
)
def test_an_image_that_lacks_something_is_refused_by_name(
    service: str, without: str, message: str, engine: Engine, name: str
) -> None:
    role = BY_NAME[service]
    import_stub(engine, name, FACTS[repository_of(role)], without=without)
    options = [option for option in options_of(role) if option != without]
    docker("create", "--name", name, *options, name)

    with pytest.raises(OperationError) as caught:
        check_needs(needs_of(role), service=service, image=name, container=name, engine=engine)

    assert caught.value.what == f"the image {name} does not have what the service needs: {message}"
    assert f"`services.{service}.image`" in caught.value.fix
    assert f"`services.{service}.needs`" in caught.value.fix
