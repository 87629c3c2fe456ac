"""Making a Docker Swarm out of hosts: what each is, and the requests that make a node of it. Source: Engine API, Swarm.

A join token is read from a manager and handed to a node within one call; it is in no value that is kept or shown.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, InventoryError
from phlo.frozen import dataclass
from phlo.hosts.engine import Engine
from phlo.hosts.engine_reader import EngineReader

PORT = 2377
MANAGER = "manager"
JOINED_WITHIN_SECONDS = 60.0
PAUSE_SECONDS = 0.2
_PORTS_FIX = f"Between nodes the ports {PORT}/tcp, 7946/tcp, 7946/udp and 4789/udp have to be open."


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """What an engine says of its own place in a Swarm.

    state: inactive, pending, active, error or locked. id: the node's.
    """

    state: str
    id: str = ""
    is_manager: bool = False
    address: str = ""

    @property
    def is_in(self) -> bool:
        return self.state == "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node as its Swarm has it. reachability: of a manager: leader, reachable or unreachable."""

    id: str
    hostname: str
    role: str
    state: str
    availability: str
    reachability: str
    labels: Mapping[str, str]
    engine: str = ""


def node_state(engine: EngineReader) -> NodeState:
    """What an engine is."""
    found = engine.get("/info")["Swarm"]
    return NodeState(
        state=found.get("LocalNodeState") or "inactive",
        id=found.get("NodeID") or "",
        is_manager=bool(found.get("ControlAvailable")),
        address=found.get("NodeAddr") or "",
    )


def nodes(manager: EngineReader) -> dict[str, Node]:
    """Id -> node, as a manager knows them."""
    return {entry["ID"]: _node(entry) for entry in manager.get("/nodes")}


def _node(entry: Mapping[str, Any]) -> Node:
    manager = entry.get("ManagerStatus") or {}
    return Node(
        id=entry["ID"],
        hostname=entry["Description"]["Hostname"],
        role=entry["Spec"]["Role"],
        state=entry["Status"]["State"],
        availability=entry["Spec"]["Availability"],
        reachability="leader" if manager.get("Leader") else manager.get("Reachability", ""),
        labels=entry["Spec"].get("Labels") or {},
        engine=(entry["Description"].get("Engine") or {}).get("EngineVersion", ""),
    )


def init(engine: Engine, address: str) -> None:
    """Make an engine the first manager of a new Swarm. address: its own, which alone it listens on."""
    body = {"ListenAddr": f"{_bracketed(address)}:{PORT}", "AdvertiseAddr": address, "DataPathAddr": address}
    _say(engine, "/swarm/init", body)


def join(engine: Engine, address: str, manager: Engine, manager_address: str, role: str, *, host: str) -> None:
    """Make an engine a node of a manager's Swarm, and wait until it is. Raises InventoryError when it does not come."""
    token = manager.get("/swarm")["JoinTokens"]["Manager" if role == MANAGER else "Worker"]
    body = {
        "ListenAddr": f"{_bracketed(address)}:{PORT}",
        "AdvertiseAddr": address,
        "DataPathAddr": address,
        "RemoteAddrs": [f"{_bracketed(manager_address)}:{PORT}"],
        "JoinToken": token,
    }
    try:
        _say(engine, "/swarm/join", body)
    except EngineError as error:
        error.message = error.message.replace(token, "***")
        error.what = error.what.replace(token, "***")
        raise error from None
    deadline = time.monotonic() + JOINED_WITHIN_SECONDS
    while True:
        state = node_state(engine)
        if state.is_in and state.id in nodes(manager):
            return
        if time.monotonic() > deadline:
            raise InventoryError(
                f"has not become a node of the Swarm within {JOINED_WITHIN_SECONDS:g} s ({state.state})",
                where=host,
                fix=_PORTS_FIX,
            )
        time.sleep(PAUSE_SECONDS)


def set_node(manager: Engine, node: Node, *, role: str, labels: Mapping[str, str]) -> None:
    """Give a node a role and all of its labels, and wait until it is as wanted.

    A manager that is not one yet counts when the others are lost. Raises InventoryError when it does not become one.
    """
    entry = manager.get(f"/nodes/{node.id}")
    spec = {**entry["Spec"], "Role": role, "Labels": dict(labels)}
    manager.post(f"/nodes/{node.id}/update", spec, version=entry["Version"]["Index"])
    deadline = time.monotonic() + JOINED_WITHIN_SECONDS
    while role == MANAGER and _node(manager.get(f"/nodes/{node.id}")).reachability not in ("leader", "reachable"):
        if time.monotonic() > deadline:
            what = f"has not become a manager within {JOINED_WITHIN_SECONDS:g} s"
            raise InventoryError(what, where=node.hostname, fix=_PORTS_FIX)
        time.sleep(PAUSE_SECONDS)


def _say(engine: Engine, path: str, body: Mapping[str, Any]) -> None:
    try:
        engine.post(path, body, longer_seconds=JOINED_WITHIN_SECONDS)
    except EngineError as error:
        error.fix = _PORTS_FIX
        raise


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
