"""The app's own tests (types, logic, server, components), run by Vitest in the image that the app is built in."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.images.base import ensure_base
from phlo.images.base_recipe import DEFAULT_SUITE
from phlo.images.build import build
from phlo.images.registries import Registries
from phlo.values import BuildRecipe

IMAGE = Path(__file__).parents[1] / "src" / "phlo_observatory" / "image"


@pytest.mark.integration
def test_the_app_passes_its_own_tests() -> None:
    recipe = BuildRecipe(name="phlo/observatory-test", context=IMAGE, target="test", base=DEFAULT_SUITE)
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        host = Host(name="local", engine=engine)
        base = ensure_base(DEFAULT_SUITE, host, registries=Registries(), environ=os.environ)
        # A step that fails is an OperationError with the last lines of what failed.
        build(recipe, host, base=base, environ=os.environ)


def test_the_lock_pins_content_and_names_no_registry() -> None:
    lock = json.loads((IMAGE / "app" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []
