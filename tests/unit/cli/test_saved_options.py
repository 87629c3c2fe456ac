"""The options that `phlo plan` keeps are those that a saved plan's form has."""

from __future__ import annotations

from phlo.cli.saved import _KEPT
from phlo.plan.saved_form import AskedForm


def test_the_form_has_every_option_that_is_kept() -> None:
    assert {*AskedForm.model_fields} == {*_KEPT, "inventory", "extra"}
