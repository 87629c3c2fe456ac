"""The pydantic models that check a service.yaml. They are loaded only for what was not accepted before."""

from __future__ import annotations

from pydantic import ConfigDict

from phlo.discovery.parts import ComposePart
from phlo.sections.models import Models, WithoutEmpty


class _WithAttributes(WithoutEmpty):
    """What is not a field is a Compose attribute, which is checked with the container."""

    model_config = ConfigDict(extra="ignore")


MODELS = Models(WithoutEmpty, {ComposePart: _WithAttributes})
