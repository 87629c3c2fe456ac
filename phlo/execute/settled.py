"""Whether there can be anything to do: a proof that nothing moved since a run that found nothing to do.

A run that changed nothing leaves a proof behind: what its plan was made from (files with their times and sizes,
environment variables, the versions of phlo and Python) and a digest of what the engine showed of the project before and
after. As long as both are the same, another run would again find nothing to do, and is spared. The proof is no state:
without it, or when anything differs, the whole run decides.

This module imports as little as it can: it is all that the common `up` without changes loads.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import phlo
from phlo.hosts.engine import EngineReader, path_part

FORM = 1
# A file written this close before the proof may be written again within its time stamp's resolution.
RACY_SECONDS = 0.05


def is_settled(
    folder: str, key: Mapping[str, Any], environ: Mapping[str, str], engines: Mapping[str, EngineReader]
) -> dict[str, Any] | None:
    """The summary that was left with the proof when nothing moved since, else None.

    folder: where proofs are kept. key: the options of the command, as plain JSON values.
    engines: host name -> its engine. Raises HostError when an engine cannot be reached.
    """
    try:
        with open(_file(folder, key), encoding="utf-8") as stream:
            proof = json.load(stream)
    except (OSError, ValueError):
        return None
    if proof.get("form") != FORM or sorted(proof["live"]) != sorted(engines):
        return None
    if proof["made_from"] != made_from(proof["inputs"], proof["environment"], environ):
        return None
    for host, engine in engines.items():
        live = live_digest(engine, proof["project"], proof["images"])
        if live is None or live != proof["live"][host]:
            return None
    summary: dict[str, Any] = proof["summary"]
    return summary


def leave_proof(
    folder: str,
    key: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    project: str,
    inputs: Iterable[str],
    environment: Iterable[str],
    images: Iterable[str],
    live: Mapping[str, str],
    summary: Mapping[str, Any],
    started: float,
) -> bool:
    """Write the proof, readable by the user alone; False when a file is too new to be told from its next version.

    inputs, environment: names of the files and of the environment variables that the plan was made from.
    images: references of the images that the services run from. live: host -> digest before and after the run.
    started: when the run began, in seconds since the epoch.
    """
    inputs, environment = sorted(set(inputs)), sorted(set(environment))
    if any(_modified(path) > started - RACY_SECONDS for path in inputs):
        return False
    proof = {
        "form": FORM,
        "project": project,
        "inputs": inputs,
        "environment": environment,
        "made_from": made_from(inputs, environment, environ),
        "images": sorted(set(images)),
        "live": dict(live),
        "summary": dict(summary),
    }
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = _file(folder, key)
    temporary = f"{path}.{os.getpid()}"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        json.dump(proof, stream)
    os.replace(temporary, path)
    return True


def made_from(inputs: Iterable[str], environment: Iterable[str], environ: Mapping[str, str]) -> str:
    """A digest of files (time, size, number), environment variables and of what reads them."""
    digest = hashlib.sha256(f"{phlo.__version__} {sys.version} {sys.prefix}\n".encode())
    for path in inputs:
        try:
            found = os.stat(path)
            digest.update(f"{path} {found.st_mtime_ns} {found.st_size} {found.st_ino}\n".encode())
        except OSError:
            digest.update(f"{path} is not there\n".encode())
    for name in environment:
        digest.update(f"{name}={environ.get(name)!r}\n".encode())
    return digest.hexdigest()


def live_digest(engine: EngineReader, project: str, images: Iterable[str]) -> str | None:
    """A digest of a project's containers, networks, volumes and images on a host.

    None when a container is not as it should stay (still starting, unhealthy, restarting).
    """
    mine = {"label": [f"phlo.project={project}"]}
    digest = hashlib.sha256()
    for entry in sorted(engine.get("/containers/json", all=True, filters=mine), key=lambda entry: str(entry["Id"])):
        found = engine.get_or_none(f"/containers/{path_part(entry['Id'])}/json")
        if found is None or not _is_steady(found["State"]):
            return None
        _add(digest, _container(found))
    for network in sorted(engine.get("/networks", filters=mine), key=lambda network: str(network["Id"])):
        _add(digest, {key: network.get(key) for key in ("Id", "Name", "Driver", "Options", "IPAM", "Internal")})
    volumes = engine.get("/volumes", filters=mine)["Volumes"] or ()
    _add(digest, sorted((volume["Name"], volume["Driver"], volume.get("CreatedAt", "")) for volume in volumes))
    references = sorted(images)
    there = engine.get("/images/json", filters={"reference": references}) if references else []
    _add(digest, sorted((tag, image["Id"]) for image in there for tag in image["RepoTags"] or ()))
    return digest.hexdigest()


def _is_steady(state: Mapping[str, Any]) -> bool:
    health = (state.get("Health") or {}).get("Status", "none")
    return state["Status"] in ("running", "exited") and (state["Status"] == "exited" or health in ("none", "healthy"))


def _container(found: Mapping[str, Any]) -> dict[str, Any]:
    """What of a container's inspect answer stays the same as long as nobody changes it."""
    networks = found["NetworkSettings"]["Networks"] or {}
    kept = ("Aliases", "IPAMConfig", "Links", "NetworkID", "DriverOpts")
    return {
        "state": [found["State"]["Status"], found["State"]["Paused"], found["State"]["ExitCode"]],
        "networks": {name: {key: network.get(key) for key in kept} for name, network in networks.items()},
        **{key: found.get(key) for key in ("Id", "Name", "Image", "Config", "HostConfig", "Mounts")},
    }


def _add(digest: Any, value: Any) -> None:
    digest.update(json.dumps(value, sort_keys=True).encode())


def _file(folder: str, key: Mapping[str, Any]) -> str:
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    return os.path.join(folder, f"settled-{name}.json")


def _modified(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
