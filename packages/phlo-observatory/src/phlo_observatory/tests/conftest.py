"""axe, which looks for what keeps people out of a page: as it lies where the app is built."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from phlo.hosts.host import Host
from phlo.images.base import ensure_base
from phlo.images.base_recipe import DEFAULT_SUITE
from phlo.images.build import build
from phlo.images.registries import Registries
from phlo.values import BuildRecipe

IMAGE = Path(__file__).parents[1] / "image"
AXE = "/app/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="session")
def axe(engine_host: Host, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script that defines `axe` in a page. Its image is a step of the service's own, so nothing is built anew."""
    recipe = BuildRecipe(name="phlo/observatory-build", context=IMAGE, target="build", base=DEFAULT_SUITE)
    base = ensure_base(DEFAULT_SUITE, engine_host, registries=Registries(), environ=os.environ)
    tag = build(recipe, engine_host, base=base, environ=os.environ)
    script = tmp_path_factory.mktemp("axe") / "axe.min.js"
    container = _docker("create", tag).strip()
    try:
        _docker("cp", f"{container}:{AXE}", str(script))
    finally:
        _docker("rm", container)
    return script.read_text(encoding="utf-8")


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout
