"""What an engine has of a project, without what differs from run to run."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError
from phlo.hosts.engine import Engine
from phlo.hosts.lock import lock_name
from phlo.labels import LABEL_CAUSES, LABEL_RUN, SET_ASIDE

_TRANSIENT = (LABEL_CAUSES, LABEL_RUN)


def snapshot(engine: Engine, project: str) -> dict[str, Any]:
    """Containers by name, networks and volumes, in a form that two equal states have in common."""
    mine = {"label": [f"phlo.project={project}"]}
    networks = engine.get("/networks", filters=mine)
    volumes = engine.get("/volumes", filters=mine)["Volumes"] or ()
    return {
        "containers": {name: _container(found) for name, found in current(engine, project).items()},
        "networks": {item["Name"]: [item[key] for key in ("Driver", "Options", "Labels")] for item in networks},
        "volumes": {item["Name"]: [item["Driver"], item["Labels"]] for item in volumes},
    }


def current(engine: Engine, project: str) -> dict[str, Mapping[str, Any]]:
    """Inspect answers by name, without those that are kept for a rollback."""
    found = (engine.get(f"/containers/{entry['Id']}/json") for entry in every(engine, project))
    return {item["Name"][1:]: item for item in found if SET_ASIDE not in item["Name"]}


def every(engine: Engine, project: str) -> list[Mapping[str, Any]]:
    """All containers that the project's names begin the names of, phlo's or not."""
    listed = engine.get("/containers/json", all=True)
    names = (f"/{project}-", f"/{lock_name(project)}")
    return [entry for entry in listed if any(name.startswith(names) for name in entry["Names"])]


def leftovers(engine: Engine, project: str) -> list[str]:
    """What a run that has ended must not leave: its lock, half-replaced containers, more than one to go back to."""
    listed = every(engine, project)
    names = [entry["Names"][0][1:] for entry in listed]
    wrong = [name for name in names if name.startswith("phlo-lock.") or name.endswith((".phlo-new", ".phlo-old"))]
    aside = [entry for entry in listed if SET_ASIDE in entry["Names"][0]]
    bases = [entry["Names"][0].partition(SET_ASIDE)[0] for entry in aside]
    wrong += [f"{base} is kept more than once" for base in set(bases) if bases.count(base) > 1]
    return wrong + [f"{entry['Names'][0]} is kept and runs" for entry in aside if entry["State"] == "running"]


def born(engine: Engine, project: str) -> bytes | None:
    """What db wrote into its volume when that was new; None when there is no db, or it never ran."""
    try:
        archive = b"".join(engine.get_bytes(f"/containers/{project}-db-1/archive", path="/data/born"))
    except EngineError as error:
        if error.status == 404:
            return None
        raise
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        stream = opened.extractfile("born")
        assert stream is not None
        return stream.read()


def differences(wanted: Any, found: Any, at: str = "") -> list[str]:
    """Where two snapshots differ, one phrase each."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            text
            for key in sorted({*wanted, *found})
            for text in differences(wanted.get(key), found.get(key), f"{at}.{key}" if at else key)
        ]
    if wanted in (None, []) and found in (None, []):  # an engine shows the one, and once it was restarted the other
        return []
    return [] if wanted == found else [f"{at}: {found!r} instead of {wanted!r}"]


def clear(engine: Engine, project: str) -> None:
    """Remove all of a project, whatever state it is in."""
    for entry in every(engine, project):
        engine.delete(f"/containers/{entry['Id']}", force=True, v=True)
    mine = {"label": [f"phlo.project={project}"]}
    for network in engine.get("/networks", filters=mine):
        engine.delete(f"/networks/{network['Id']}")
    for volume in engine.get("/volumes", filters=mine)["Volumes"] or ():
        engine.delete(f"/volumes/{volume['Name']}")


def _container(found: Mapping[str, Any]) -> dict[str, Any]:
    config = {key: value for key, value in found["Config"].items() if key != "Hostname"}
    config["Labels"] = {name: value for name, value in config["Labels"].items() if name not in _TRANSIENT}
    networks = found["NetworkSettings"]["Networks"]
    return {
        "image": found["Image"],
        "config": config,
        "host": found["HostConfig"],
        "mounts": sorted([item["Type"], item.get("Name"), item["Destination"], item["RW"]] for item in found["Mounts"]),
        "networks": {
            name: sorted(set(network["Aliases"] or ()) - {found["Id"][:12]}) for name, network in networks.items()
        },
        "state": [found["State"]["Status"], found["State"]["ExitCode"]],
    }
