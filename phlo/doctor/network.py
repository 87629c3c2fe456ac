"""Can images and packages be fetched from where this machine is?"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from phlo.doctor.result import CheckResult, CheckStatus
from phlo.images.apt_sources import debian_mirrors
from phlo.images.base_recipe import DEFAULT_SUITE
from phlo.images.pull import Reference

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


def check_own_registries(references: Iterable[str], insecure: Collection[str]) -> Iterator[CheckResult]:
    """Do the registries answer that a project's images name themselves? references: of the images.

    insecure: those that the engine speaks plain HTTP with.
    """
    names = sorted({Reference.parse(reference).registry for reference in references} - {""})
    addresses = {name: f"{'http' if _is_plain(name, insecure) else 'https'}://{name}/v2/" for name in names}
    silent = _silent(addresses.values(), is_file=False) if addresses else {}
    for name, address in addresses.items():
        if address not in silent:
            yield CheckResult(name="registry", status=CheckStatus.OK, text=f"{name} is reachable from this machine")
            continue
        yield CheckResult(
            name="registry",
            status=CheckStatus.WARN,
            text=f"{name} does not answer this machine ({silent[address]})",
            fix="Images from there must be on the hosts already: check the network, its proxy, and the name.",
        )


def _is_plain(name: str, insecure: Collection[str]) -> bool:
    host = name.rpartition(":")[0] or name
    return name in insecure or host == "localhost" or host.startswith("127.")


def check_mirrors(*, root: Path = Path("/")) -> CheckResult:
    """Do the Debian mirrors answer from which the base image is made?"""
    mirrors = debian_mirrors(root, DEFAULT_SUITE)
    if not mirrors:
        text = "apt's sources name no Debian mirror; images can only be pulled, or built on a pulled Debian"
        return CheckResult(name="package mirrors", status=CheckStatus.INFO, text=text)
    asked = [mirror for mirror in mirrors if mirror.uri.startswith("http")]
    if not asked:
        text = "apt's sources name a list of mirrors, which only apt can ask"
        return CheckResult(name="package mirrors", status=CheckStatus.INFO, text=text)
    addresses = sorted({f"{mirror.uri.rstrip('/')}/dists/{mirror.suite}/Release" for mirror in asked})
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


def _silent(addresses: Iterable[str], *, is_file: bool = True) -> dict[str, str]:
    """Of several addresses, those that give no good answer, with the reason; all are asked side by side."""
    asked = list(addresses)
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        reasons = pool.map(lambda address: _why_silent(address, is_file=is_file), asked)
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
