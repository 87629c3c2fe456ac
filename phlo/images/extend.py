"""Make `phlo/base` out of a registry's Debian image."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from phlo.hosts.host import Host
from phlo.images.base_recipe import BUNDLE, NAME, PACKAGES, BaseRecipe
from phlo.images.build import build_archive, proxies
from phlo.images.overlay import archive_of, overlay
from phlo.images.pull import pull_if_reachable
from phlo.images.recipe import LABEL_IMAGE
from phlo.images.registries import Registries


def extend(start: str, recipe: BaseRecipe, host: Host, *, registries: Registries, environ: Mapping[str, str]) -> None:
    """Pull `start` and add what makes it a base. Raises PullError or OperationError."""
    pull_if_reachable(start, host, registries)
    files = context(start, recipe)
    with tempfile.TemporaryFile() as archive:
        archive.write(archive_of(files))
        build_archive(
            archive,
            host,
            tag=recipe.tag,
            dockerfile="Dockerfile",
            arguments=proxies(environ),
            labels={LABEL_IMAGE: NAME},
        )


def context(start: str, recipe: BaseRecipe, *, bundle: Path = Path(BUNDLE)) -> dict[str, bytes]:
    """The files of the build. bundle: the certificates that this machine trusts.

    Debian's image has no certificates, so apt could not take the first package from an https mirror: it gets those of
    this machine until the package ca-certificates has brought its own.
    """
    files = {f"root/{name}": content for name, content in overlay(recipe).items()}
    if any(urlsplit(mirror.uri).scheme.endswith("https") for mirror in recipe.mirrors):
        trusted = [bundle.read_bytes()] if bundle.is_file() else []
        files[f"root{BUNDLE}"] = b"\n".join([*trusted, *recipe.certificates.values(), b""])
    return {"Dockerfile": _dockerfile(start, recipe, has_files=bool(files)).encode(), **files}


def _dockerfile(start: str, recipe: BaseRecipe, *, has_files: bool) -> str:
    steps = [
        f"apt-get update && apt-get install -y --no-install-recommends {' '.join(PACKAGES)}",
        "update-ca-certificates",
        "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin",
    ]
    if recipe.mirrors:  # the machine's, which came with the files, instead of the image's own
        steps.insert(0, "rm -f /etc/apt/sources.list.d/debian.sources")
    lines = [
        f"FROM {start}",
        *(["COPY root/ /"] if has_files else []),
        f"RUN {' && '.join(steps)}",
        f"ENV {' '.join(f'{name}={value}' for name, value in recipe.environment.items())}",
    ]
    return "\n".join(lines) + "\n"
