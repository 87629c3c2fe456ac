"""Look at a service's container and at all that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.hosts.engine import path_part
from phlo.hosts.host import ReadHost
from phlo.images import present
from phlo.operations.container.args import REPLACED, STAGED, Args, Seen
from phlo.operations.container.edited import edited_files
from phlo.values import is_set_aside


def observe(args: Args, host: ReadHost) -> Seen:
    """The containers of this instance, the image they shall have, the networks they shall be on.

    Those that matter are asked for by name: an engine's list can lag behind what was just made or renamed.
    """
    # First of all, since it may spare questions (`phlo.hosts.snapshot`).
    listed = host.engine.get("/containers/json", all=True, filters={"label": list(args.labels())})
    holders = {name: _inspect(host, name) for name in (args.name, args.name + REPLACED, args.name + STAGED)}
    ours = {name: found for name, found in holders.items() if found and _is_ours(args, found)}
    shown = {entry["Names"][0][1:] for entry in listed if not is_set_aside(entry["Names"][0])}
    image = present(args.image, host)
    current = ours.get(args.name)
    replaced = ours.get(args.name + REPLACED)
    base = current or replaced
    return Seen(
        image=image,
        image_config=_config_of(host, base["Image"], image) if base else {},
        current=current,
        replaced=replaced,
        staged=ours.get(args.name + STAGED),
        stray=tuple(sorted(shown - set(holders))),
        foreign=holders[args.name] if current is None else None,
        network_ids=_network_ids(args, host) if base else {},
        container_ids=_container_ids(args, host),
        edited=edited_files(args, base, host) if base and args.files and not args.is_one_shot else (),
        api=host.engine.api,
    )


def _is_ours(args: Args, found: Mapping[str, Any]) -> bool:
    labels = found["Config"].get("Labels") or {}
    return all(labels.get(name) == value for name, _, value in (label.partition("=") for label in args.labels()))


def _inspect(host: ReadHost, name: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = host.engine.get_or_none(f"/containers/{path_part(name)}/json")
    # Docker also finds a container by the first digits of its id; a name that looks like one is not ours.
    return found if found and (found["Name"] == f"/{name}" or found["Id"] == name) else None


def _config_of(host: ReadHost, image_id: str, wanted: Any) -> Mapping[str, Any]:
    if wanted is not None and wanted.id == image_id:
        config: Mapping[str, Any] = wanted.config
        return config
    found = host.engine.get_or_none(f"/images/{path_part(image_id)}/json")
    return (found or {}).get("Config") or {}


def _network_ids(args: Args, host: ReadHost) -> Mapping[str, str]:
    names = [network.name for network in args.networks]
    if not names:
        return {}
    found = host.engine.get("/networks", filters={"name": names})
    return {network["Name"]: network["Id"] for network in found if network["Name"] in names}


def _container_ids(args: Args, host: ReadHost) -> Mapping[str, str]:
    host_config = args.body.get("HostConfig") or {}
    modes = [str(host_config.get(key, "")) for key in ("NetworkMode", "IpcMode", "PidMode")]
    shared = {mode.removeprefix("container:") for mode in modes if mode.startswith("container:")}
    found = {name: _inspect(host, name) for name in shared}
    return {name: answer["Id"] for name, answer in found.items() if answer}
