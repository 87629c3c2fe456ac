"""What the volume operation decides about the image that filled a volume."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.image_source import BuildRecipe, ImageSource
from phlo.labels import LABEL_FAMILY, LABEL_PROJECT
from phlo.operations.volume import Args, decide
from phlo.values import Change

ARGS = Args(name="lake_data", project="lake", families=("phlo/postgres", "phlo/exporter"))


@pytest.mark.parametrize(
    ("source", "family"),
    [
        (ImageSource(reference="postgres:17"), "postgres"),
        (ImageSource(reference="r.example:5000/lake/postgres:17@sha256:1"), "r.example:5000/lake/postgres"),
        (ImageSource(reference="r.example:5000/postgres"), "r.example:5000/postgres"),
        (ImageSource(reference="x:1", recipe=BuildRecipe(name="phlo/x:1", context=Path())), "phlo/x"),
    ],
)
def test_a_family_is_an_image_without_its_version(source: ImageSource, family: str) -> None:
    assert source.family == family


@pytest.mark.parametrize("family", [None, "phlo/postgres", "phlo/exporter"])
def test_a_volume_that_the_same_images_filled_needs_nothing(family: str | None) -> None:
    labels = {LABEL_PROJECT: "lake", **({LABEL_FAMILY: family} if family else {})}

    assert decide(ARGS, {"Driver": "local", "Labels": labels}) == []


def test_another_image_family_is_a_warning_and_no_change() -> None:
    labels = {LABEL_PROJECT: "lake", LABEL_FAMILY: "postgres"}

    cause = (
        "an image postgres filled it, and phlo/postgres, phlo/exporter will use it now: see that both keep data alike"
    )
    expected = [Change(at="volume:lake_data", verb="keep", causes=(cause,), is_counted=False)]
    assert decide(ARGS, {"Driver": "local", "Labels": labels}) == expected
