"""What a service's `build` takes from the project: secrets, and the platform of the image."""

from __future__ import annotations

import pytest

from phlo.values import Secret
from tests.unit.config.conftest import Workplace


def test_secrets_of_a_build_are_read_from_those_of_the_project(workplace: Workplace) -> None:
    workplace.phlo_yaml(
        """
        secrets:
          token: {environment: TOKEN}
          npm: {file: npmrc}
        services:
          app: {type: inline, build: {context: ., secrets: [token, {source: npm, target: npmrc}]}}
        """
    )
    (workplace.root / "npmrc").write_text("//x/:_authToken=1")
    recipe = workplace.resolve(environ={"TOKEN": "sesame-open"}).services["app"].image.recipe
    assert recipe is not None
    assert {one.id: one.content for one in recipe.settings.secrets} == {
        "token": Secret("sesame-open"),
        "npmrc": Secret("//x/:_authToken=1"),
    }


def test_a_secret_of_a_build_that_the_project_does_not_have_is_an_error(workplace: Workplace) -> None:
    workplace.phlo_yaml(
        "secrets: {token: {environment: TOKEN}}\n"
        "services: {app: {type: inline, build: {context: ., secrets: [tokn]}}}\n"
    )
    assert workplace.errors()[0] == (
        'phlo.yaml:2 services.app.build.secrets: there is no secret "tokn". Did you mean "token"?'
    )


@pytest.mark.parametrize(
    ("service", "platform"),
    [
        ("build: {context: ., platforms: [linux/arm64]}", "linux/arm64"),
        ("build: {context: ., platforms: [linux/amd64, linux/arm64]}", None),
        ("platform: linux/arm64, build: {context: ., platforms: [linux/amd64, linux/arm64]}", "linux/arm64"),
        ("image: a, build: {context: .}", None),
    ],
)
def test_an_image_is_built_for_the_platform_of_its_service(
    workplace: Workplace, service: str, platform: str | None
) -> None:
    workplace.phlo_yaml(f"services: {{app: {{type: inline, {service}}}}}\n")
    assert workplace.resolve().services["app"].image.platform == platform


def test_a_service_runs_on_a_platform_that_its_image_is_built_for(workplace: Workplace) -> None:
    workplace.phlo_yaml(
        "services: {app: {type: inline, platform: linux/s390x, build: {context: ., platforms: [linux/amd64]}}}\n"
    )
    assert workplace.errors()[0] == (
        "phlo.yaml:1 services.app.platform: the service runs on linux/s390x, which `build.platforms` does not have. "
        "Add linux/s390x to build.platforms."
    )
