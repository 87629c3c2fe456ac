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
    """The containers of this instance, the image they shall have, the networks they shall be on."""
    listed = host.engine.get("/containers/json", all=True, filters={"label": list(args.labels())})
    shown = [entry for entry in listed if not is_set_aside(entry["Names"][0])]
    ours = {name: found for entry in shown if (found := _inspect(host, entry["Id"])) for name in [found["Name"][1:]]}
    image = present(args.image, host)
    current = ours.pop(args.name, None)
    replaced = ours.pop(args.name + REPLACED, None)
    staged = ours.pop(args.name + STAGED, None)
    foreign = _inspect(host, args.name) if current is None else None
    base = current or replaced
    return Seen(
        image=image,
        image_config=_config_of(host, base["Image"], image) if base else {},
        current=current,
        replaced=replaced,
        staged=staged,
        stray=tuple(sorted(ours)),
        foreign=foreign,
        network_ids=_network_ids(args, host) if base else {},
        container_ids=_container_ids(args, host),
        edited=edited_files(args, base, host) if base and args.files and not args.is_one_shot else (),
        api=host.engine.api,
    )


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
