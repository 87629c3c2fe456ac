"""Can images and packages be fetched from where this machine is?"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from phlo.doctor.result import CheckResult, CheckStatus
from phlo.images.base_recipe import DEFAULT_SUITE
from phlo.images.machine import debian_mirrors

_TIMEOUT_SECONDS = 2.0


def check_registry(address: str) -> CheckResult:
    """Does the engine's default registry answer? address: as the engine names it (`IndexServerAddress`)."""
    host = urlsplit(address).hostname
    if not host:
        return CheckResult(name="registry", status=CheckStatus.INFO, text="the engine names no default registry")
    if _why_silent(f"https://{host}/") is None:
        return CheckResult(name="registry", status=CheckStatus.OK, text=f"{host} is reachable; images are pulled")
    text = f"{host} is not reachable; images are built from packages"
    return CheckResult(name="registry", status=CheckStatus.INFO, text=text)


def check_mirrors(*, root: Path = Path("/")) -> CheckResult:
    """Do the Debian mirrors answer from which the base image is made?"""
    mirrors = debian_mirrors(root, DEFAULT_SUITE)
    if not mirrors:
        text = "apt's sources name no Debian mirror; images can only be pulled, or built on a pulled Debian"
        return CheckResult(name="package mirrors", status=CheckStatus.INFO, text=text)
    addresses = sorted({f"{mirror.uri.rstrip('/')}/dists/{mirror.suite}/Release" for mirror in mirrors})
    silent = _silent(addresses)
    if silent:
        return CheckResult(
            name="package mirrors",
            status=CheckStatus.WARN,
            text="; ".join(f"{address}: {reason}" for address, reason in silent.items()),
            fix="Check the network, its proxy, and the mirrors in apt's sources.",
        )
    hosts = ", ".join(sorted({urlsplit(address).hostname or "" for address in addresses}))
    return CheckResult(name="package mirrors", status=CheckStatus.OK, text=f"{hosts} has {DEFAULT_SUITE}")


def _silent(addresses: Iterable[str]) -> dict[str, str]:
    """Of several addresses, those that give no good answer, with the reason; all are asked side by side."""
    asked = list(addresses)
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        reasons = pool.map(lambda address: _why_silent(address, is_file=True), asked)
        return {address: reason for address, reason in zip(asked, reasons, strict=True) if reason is not None}


def _why_silent(address: str, *, is_file: bool = False) -> str | None:
    """Why an address does not answer, None when it does. is_file: it must be there, not only its server."""
    request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - http and https only, from apt's sources
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - the same
            return None
    except urllib.error.HTTPError as error:
        return f"HTTP status {error.code}" if is_file else None
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", None) or error)
