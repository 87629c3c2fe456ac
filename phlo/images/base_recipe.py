"""The recipe of `phlo/base`: a minimal Debian that trusts and finds what this machine trusts and finds."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.bounded import parse_json, read_file
from phlo.errors import ConfigError
from phlo.frozen import dataclass
from phlo.images.apt_sources import Key, Mirror, apt_files, debian_mirrors
from phlo.images.machine import (
    certificates,
    go_files,
    go_settings,
    maven_files,
    maven_settings,
    npm_files,
    npm_registry,
    pip_files,
    pip_settings,
)

DEFAULT_SUITE = "trixie"
NAME = "phlo/base"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PACKAGES = ("ca-certificates",)

# What no container reads; leaving it out makes every image built on the base smaller too.
EXCLUDED = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*", "/usr/share/info/*")

# Names a file with the recipes of another machine: a JSON object, its `bases` by suite.
GIVEN_VARIABLE = "PHLO_BASES"

# Raise it when the way a base is made changes what is in it.
_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRecipe:
    """All that goes into a base.

    mirrors:      empty when this machine has no Debian mirrors.
    certificates: file name -> content, trusted besides Debian's own.
    environment:  set in every container that starts from it.
    inputs:       the files of this machine that it is made from.
    """

    suite: str
    mirrors: tuple[Mirror, ...]
    certificates: Mapping[str, bytes]
    pip_conf: str
    maven_settings: str
    environment: Mapping[str, str]
    inputs: tuple[Path, ...]

    def to_json(self) -> dict[str, Any]:
        """What `given_base_recipe` makes the same recipe of."""
        return {
            "mirrors": [
                {
                    "uri": one.uri,
                    "suite": one.suite,
                    "components": list(one.components),
                    "keys": [key.content.decode("latin-1") for key in one.keys],
                    "options": list(one.options),
                }
                for one in self.mirrors
            ],
            "certificates": {name: text.decode("latin-1") for name, text in self.certificates.items()},
            "pip_conf": self.pip_conf,
            "maven_settings": self.maven_settings,
            "environment": dict(self.environment),
        }

    @property
    def identity(self) -> str:
        """What every machine has alike that makes the same images, whichever mirrors and indexes it downloads from.

        Certificates count, because every container trusts them.
        """
        lines = [f"form {_FORM}", *PACKAGES, *EXCLUDED]
        lines += [f"{name} {hashlib.sha256(text).hexdigest()}" for name, text in sorted(self.certificates.items())]
        return f"{self.suite}-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"

    @property
    def tag(self) -> str:
        """`phlo/base:trixie-<hash>`: also of the mirrors and indexes, which builds on it download from."""
        lines = [f"form {_FORM}", *PACKAGES, *EXCLUDED, *(mirror.line() for mirror in self.mirrors), self.pip_conf]
        lines += [f"{name} {hashlib.sha256(text).hexdigest()}" for name, text in sorted(self.certificates.items())]
        lines += [self.maven_settings] if self.maven_settings else []
        lines += [f"{name}={value}" for name, value in sorted(self.environment.items())]
        return f"{NAME}:{self.suite}-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"


def read_base_recipe(
    suite: str,
    *,
    root: Path = Path("/"),
    home: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> BaseRecipe:
    """The recipe for a Debian release on this machine. root: where its system's files are.

    A phlo that works on behalf of another machine reads it from the file that PHLO_BASES names.
    """
    if given := environ.get(GIVEN_VARIABLE):
        return given_base_recipe(suite, Path(given))
    home = home or Path(environ.get("HOME") or "/")
    trusted = certificates(root)
    pip, npm, go = pip_files(root, home, environ), npm_files(root, home), go_files(home, environ)
    maven = maven_files(root, home)
    environment = {
        "LANG": "C.UTF-8",
        "SSL_CERT_FILE": BUNDLE,
        "PIP_CERT": BUNDLE,
        "REQUESTS_CA_BUNDLE": BUNDLE,
        "NODE_EXTRA_CA_CERTS": BUNDLE,
        **go_settings(go, environ),
    }
    if registry := npm_registry(npm, environ):
        environment["NPM_CONFIG_REGISTRY"] = registry
    return BaseRecipe(
        suite=suite,
        mirrors=debian_mirrors(root, suite),
        certificates={name: path.read_bytes() for name, path in trusted.items()},
        pip_conf=pip_settings(pip, environ),
        maven_settings=maven_settings(maven),
        environment=environment,
        inputs=(*apt_files(root), *trusted.values(), *pip, *npm, *go, *maven),
    )


def given_base_recipe(suite: str, path: Path) -> BaseRecipe:
    """The recipe of another machine, from the file that it has written.

    Raises ConfigError when the file has none, or one that does not fit its form.
    """
    from phlo.images.base_form import BaseForm

    try:
        form = BaseForm.model_validate(parse_json(read_file(path))["bases"][suite])
    except (OSError, ValueError, LookupError, TypeError) as reason:
        what = f"has no base image for {suite} ({type(reason).__name__})"
        raise ConfigError(what, where=path, fix="Run `phlo up` on the machine itself once.") from None
    return BaseRecipe(
        suite=suite,
        mirrors=tuple(
            Mirror(
                uri=one.uri,
                suite=one.suite,
                components=tuple(one.components),
                keys=tuple(Key(content=text.encode("latin-1")) for text in one.keys),
                options=tuple(one.options),
            )
            for one in form.mirrors
        ),
        certificates={name: text.encode("latin-1") for name, text in form.certificates.items()},
        pip_conf=form.pip_conf,
        maven_settings=form.maven_settings,
        environment=form.environment,
        inputs=(path,),
    )
