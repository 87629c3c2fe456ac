"""What runs phlo here: its version, Python, the system, the packages of services, and variables that steer it."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import phlo
from phlo.doctor.result import CheckResult, CheckStatus

if TYPE_CHECKING:
    from phlo.discovery.catalog import Catalog

# Variables that change what phlo or the engine do, besides those that begin with PHLO_.
_STEERING = re.compile(
    r"PHLO_.+|DOCKER_.+|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|PIP_INDEX_URL|OTEL_EXPORTER_.+",
    re.I,
)
_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|HEADERS", re.I)
_IS_FILE = re.compile(r"(FILE|PATH|DIR)$", re.I)
_LOGIN = re.compile(r"(?<!ssh://)(?<=//)[^/@\s]+@")


def check_phlo() -> CheckResult:
    folder = Path(phlo.__file__).parent
    return CheckResult(
        name="phlo",
        status=CheckStatus.OK,
        text=f"{phlo.__version__}, in {folder}",
        data={"version": phlo.__version__, "folder": str(folder)},
    )


def check_python() -> CheckResult:
    version = platform.python_version()
    return CheckResult(
        name="python",
        status=CheckStatus.OK,
        text=f"{platform.python_implementation()} {version}, {sys.executable}",
        data={"version": version, "executable": sys.executable},
    )


def check_system() -> CheckResult:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    kernel = f"{platform.system()} {platform.release()}, {platform.machine()}"
    user = f"user {os.getuid()}" if hasattr(os, "getuid") else ""
    text = ", ".join(filter(None, (name, kernel, user)))
    return CheckResult(name="system", status=CheckStatus.OK, text=text)


def check_packages(catalog: Catalog) -> Iterator[CheckResult]:
    """The packages that bring plug-ins, by version, and one result for each that had to be skipped."""
    versions = {plugin.distribution: plugin.version for plugin in catalog.plugins}
    by_version: dict[str, list[str]] = {}
    for package, version in sorted(versions.items()):
        by_version.setdefault(version, []).append(package)
    text = "; ".join(f"{version}: {', '.join(names)}" for version, names in sorted(by_version.items()))
    yield CheckResult(
        name="packages",
        status=CheckStatus.OK if versions else CheckStatus.INFO,
        text=text or "no package of services is installed; `phlo plugin search` shows what there is",
        data=dict(sorted(versions.items())),
    )
    for problem in catalog.problems:
        yield CheckResult(
            name="packages",
            status=CheckStatus.WARN,
            text=f"{problem.package} is skipped: {_without_fix(str(problem.error), problem.error.fix)}",
            fix=problem.error.fix or "Repair it, or install another version.",
        )
    broken = {problem.package for problem in catalog.problems}
    for plugin in catalog.plugins:
        if plugin.problem and plugin.distribution not in broken:
            yield CheckResult(
                name="packages",
                status=CheckStatus.WARN,
                text=f"{plugin.distribution} {plugin.version}: the plug-in {plugin.name} is skipped: {plugin.problem}",
                fix="Repair it, or install another version.",
            )


def _without_fix(text: str, fix: str) -> str:
    return text.removesuffix(fix).rstrip()


def check_environment(environ: Mapping[str, str]) -> CheckResult:
    """The variables that steer phlo and the engine, those masked that may hold a secret."""
    found = {name: _shown(name, value) for name, value in sorted(environ.items()) if _STEERING.fullmatch(name)}
    text = " ".join(f"{name}={value}" for name, value in found.items())
    return CheckResult(
        name="environment", status=CheckStatus.INFO, text=text or "no variable that steers phlo is set", data=found
    )


def _shown(name: str, value: str) -> str:
    if _SECRET_NAME.search(name) and not _IS_FILE.search(name):
        return "***"
    return _LOGIN.sub("***@", value)
