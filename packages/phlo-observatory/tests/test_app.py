"""The app's own tests (form, types, logic, server, components), run by Vitest in the image that the app is built in."""

from __future__ import annotations

import json

import pytest
from phlo_observatory.tests.browsing import IMAGE, built

from phlo.hosts.host import Host


@pytest.mark.integration
def test_the_app_passes_its_own_tests(engine_host: Host) -> None:
    assert built("test", engine_host)


def test_the_lock_pins_content_and_names_no_registry() -> None:
    lock = json.loads((IMAGE / "app" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []


def test_the_app_knows_the_api_as_it_is_described() -> None:
    described = json.loads((IMAGE.parents[3] / "phlo-api" / "openapi.json").read_text())["components"]["schemas"]
    known = (IMAGE / "app" / "src" / "api" / "schema.d.ts").read_text()
    for name, schema in described.items():
        body = known.partition(f"\n        {name}: {{\n")[2].partition("\n        };\n")[0]
        kinds = schema.get("oneOf", [schema])
        assert all(f'kind: "{kind["properties"]["kind"]["const"]}";' in body for kind in kinds if kind is not schema)
        wanted = {one for kind in kinds for one in kind.get("properties", {})}
        missing = [one for one in wanted if f"            {one}: " not in body.replace("?:", ":")]
        assert missing == [], f"{name}: run `npm run api`"
