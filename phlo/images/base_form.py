"""The form of a base image's recipe in the file that PHLO_BASES names."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
_Latin = Annotated[str, Field(pattern=r"^[\x00-\xff]*$")]
# Not `.` or `..`, and in no other folder.
_FileName = Annotated[str, Field(pattern=r"^[^/\x00-\x1f\x7f]*[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$")]
_Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MirrorForm(_Form):
    uri: _Line
    suite: _Line
    components: list[_Line]
    keys: list[_Latin]
    options: list[_Line]


class BaseForm(_Form):
    mirrors: list[MirrorForm]
    certificates: dict[_FileName, _Latin]
    pip_conf: str
    maven_settings: str
    environment: dict[_Variable, _Line]
