"""The form of a backup's manifest. Anyone who wrote it, no other paths and sizes than these are used."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Name = Annotated[str, Field(max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
_Text = Annotated[str, Field(max_length=1024, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class FileForm(_Form):
    path: Annotated[_Text, Field(max_length=4096)]
    size: Annotated[int, Field(ge=0, le=1 << 50)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class EntryForm(_Form):
    service: _Name
    path: _Text
    volume: _Name | None
    image: _Text
    version: _Text
    package: _Text
    files: list[FileForm]

    @model_validator(mode="after")
    def _has_own_paths(self) -> EntryForm:
        own = f"services/{self.service}" if self.volume is None else f"volumes/{self.volume}.tar"
        if self.path != own:
            raise ValueError(f"path should be {own}")
        for file in self.files:
            parts = file.path.split("/")
            if (file.path != own and not file.path.startswith(f"{own}/")) or {"", ".", ".."} & {*parts}:
                raise ValueError(f"every file should be below {own}")
        return self


class ManifestForm(_Form):
    format: int
    project: _Text
    created: _Text
    phlo: _Text
    entries: list[EntryForm]

    @model_validator(mode="after")
    def _names_each_file_once(self) -> ManifestForm:
        paths = [file.path for entry in self.entries for file in entry.files]
        if len(paths) != len({*paths}):
            raise ValueError("a file is named twice")
        return self
