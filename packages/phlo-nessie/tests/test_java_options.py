"""Java gets one garbage collector and one heap size, from upstream's image as from ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import phlo_nessie
import pytest

from phlo.config.resolve import resolve
from phlo.discovery import discover_services
from phlo.inventory import Inventory

OURS = Path(phlo_nessie.__file__).parent / "image" / "nessie-entrypoint"
# How the start script of upstream's image (UBI's openjdk-21-runtime) makes Java's options.
UPSTREAM = """#!/bin/bash
ratio=-XX:MaxRAMPercentage=${JAVA_MAX_MEM_RATIO:-80.0}
collector=${GC_CONTAINER_OPTIONS:--XX:+UseParallelGC}
exec java $JAVA_OPTS $ratio $collector -XX:MinHeapFreeRatio=10 -XX:+ExitOnOutOfMemoryError $JAVA_OPTS_APPEND -jar x.jar
"""


@pytest.fixture
def role_environment(tmp_path: Path) -> dict[str, str]:
    """The environment that the role gives its container."""
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false, enabled: [nessie, postgres, minio]}\n")
    project = resolve(discover_services(tmp_path), Inventory(), root=tmp_path, environ={})
    return {name: str(value) for name, value in project.services["nessie"].compose.environment.items()}


def java_options(script: str, environment: dict[str, str], folder: Path) -> list[str]:
    """Run a start script with a `java` that prints its arguments, one per line."""
    (folder / "start").write_text(script)
    java = folder / "java"
    java.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    java.chmod(0o755)
    return subprocess.run(
        ["bash", folder / "start"],
        env={**environment, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


@pytest.mark.parametrize("script", [pytest.param(UPSTREAM, id="upstream"), pytest.param(OURS.read_text(), id="ours")])
def test_the_roles_options_replace_the_defaults(script: str, role_environment: dict[str, str], tmp_path: Path) -> None:
    options = java_options(script, role_environment, tmp_path)

    assert [option for option in options if option.endswith("GC")] == ["-XX:+UseSerialGC"]
    assert [option for option in options if "MaxRAMPercentage" in option] == ["-XX:MaxRAMPercentage=50"]
    assert options.count("-XX:+ExitOnOutOfMemoryError") == 1


@pytest.mark.parametrize("script", [pytest.param(UPSTREAM, id="upstream"), pytest.param(OURS.read_text(), id="ours")])
def test_a_users_options_come_last_and_leave_one_collector(
    script: str, role_environment: dict[str, str], tmp_path: Path
) -> None:
    given = {**role_environment, "JAVA_OPTS": "-Dfirst=1", "JAVA_OPTS_APPEND": "-Dlast=1 -Dlast=2"}
    options = java_options(script, given, tmp_path)

    assert options[0] == "-Dfirst=1"
    assert options[options.index("-jar") - 2 : options.index("-jar")] == ["-Dlast=1", "-Dlast=2"]
    assert len([option for option in options if option.endswith("GC")]) == 1
