"""The recipe of `phlo/base`: a minimal Debian that trusts and finds what this machine trusts and finds."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.errors import ConfigError
from phlo.frozen import dataclass
from phlo.images.machine import (
    Mirror,
    certificates,
    debian_mirrors,
    go_files,
    go_settings,
    maven_files,
    maven_settings,
    npm_files,
    npm_registry,
    pip_files,
    pip_settings,
    source_files,
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
            "mirrors": [[one.uri, one.suite, list(one.components), one.keyring] for one in self.mirrors],
            "certificates": {name: text.decode("latin-1") for name, text in self.certificates.items()},
            "pip_conf": self.pip_conf,
            "maven_settings": self.maven_settings,
            "environment": dict(self.environment),
        }

    @property
    def tag(self) -> str:
        """`phlo/base:trixie-<hash>`."""
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
        inputs=(*source_files(root), *trusted.values(), *pip, *npm, *go, *maven),
    )


def given_base_recipe(suite: str, path: Path) -> BaseRecipe:
    """The recipe of another machine, from the file that it has written. Raises ConfigError when it is not there."""
    import json

    try:
        data = json.loads(path.read_text(encoding="utf-8"))["bases"][suite]
    except (OSError, ValueError, KeyError) as reason:
        what = f"has no base image for {suite} ({type(reason).__name__})"
        raise ConfigError(what, where=path, fix="Run `phlo up` on the machine itself once.") from None
    return BaseRecipe(
        suite=suite,
        mirrors=tuple(
            Mirror(uri=uri, suite=name, components=tuple(components), keyring=keyring)
            for uri, name, components, keyring in data["mirrors"]
        ),
        certificates={name: text.encode("latin-1") for name, text in data["certificates"].items()},
        pip_conf=data["pip_conf"],
        maven_settings=data["maven_settings"],
        environment=data["environment"],
        inputs=(path,),
    )
