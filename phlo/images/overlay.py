"""The files that every base gets, however it is made, and archives made of files in memory."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from phlo.images.base_recipe import BaseRecipe

_CERTIFICATES = "usr/local/share/ca-certificates"


def overlay(recipe: BaseRecipe) -> dict[str, bytes]:
    """The files put into a base: path from its root -> content."""
    files = {f"{_CERTIFICATES}/{name}": content for name, content in recipe.certificates.items()}
    files |= {f"etc/apt/keyrings/{key.name}": key.content for mirror in recipe.mirrors for key in mirror.keys}
    if recipe.mirrors:
        files["etc/apt/sources.list"] = "".join(mirror.line() + "\n" for mirror in recipe.mirrors).encode()
    if recipe.pip_conf:
        files["etc/pip.conf"] = recipe.pip_conf.encode()
    if recipe.maven_settings:
        files["root/.m2/settings.xml"] = recipe.maven_settings.encode()
    return files


def archive_of(files: Mapping[str, bytes]) -> bytes:
    """A tar archive of files and of the folders above them."""
    target = io.BytesIO()
    folders = {str(folder) for name in files for folder in Path(name).parents if str(folder) != "."}
    with tarfile.open(fileobj=target, mode="w") as archive:
        for folder in sorted(folders):
            item = tarfile.TarInfo(folder)
            item.type, item.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(item)
        for name, content in sorted(files.items()):
            item = tarfile.TarInfo(name)
            item.size = len(content)
            archive.addfile(item, io.BytesIO(content))
    return target.getvalue()
