"""Look at a service's container and at all that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import ReadHost
from phlo.images import present
from phlo.labels import LABEL_ADOPTED, LABEL_MOUNT, is_set_aside
from phlo.operations.container.adopted import is_adopted
from phlo.operations.container.anonymous import cut_off
from phlo.operations.container.args import REPLACED, STAGED, Args, Seen
from phlo.operations.container.edited import edited_files, files_as_wanted
from phlo.operations.container.owners import Owner, owner_names, owner_of


def observe(args: Args, host: ReadHost) -> Seen:
    """The containers of this instance, the image that they should have, the networks that they should be on.

    Those that matter are asked for by name: an engine's list can lag behind what was just made or renamed.
    """
    # First of all, since it may spare questions (`phlo.hosts.snapshot`).
    listed = host.engine.get("/containers/json", all=True, filters={"label": list(args.labels())})
    holders = {name: _inspect(host, name) for name in (args.name, args.name + REPLACED, args.name + STAGED)}
    ours = {name: found for name, found in holders.items() if found and _is_ours(args, found)}
    names = {entry["Names"][0][1:] for entry in listed}
    kept = {name for name in names if is_set_aside(name)}
    image = present(args.image, host)
    current = ours.get(args.name)
    replaced = ours.get(args.name + REPLACED)
    base = current or replaced
    networks = _networks(args, host) if base else {}
    stray = names - kept - set(holders)
    adopted = {entry["Names"][0][1:] for entry in listed if LABEL_ADOPTED in entry["Labels"]}
    return Seen(
        image=image,
        image_config=_config_of(host, base["Image"], image) if base else {},
        current=current,
        replaced=replaced,
        staged=ours.get(args.name + STAGED),
        stray=tuple(sorted(stray - adopted)),
        misnamed=tuple(sorted(stray & adopted)),
        provided=files_as_wanted(args, base, host) if base and args.files and is_adopted(base) else frozenset(),
        foreign=holders[args.name] if current is None else None,
        network_ids={name: network["Id"] for name, network in networks.items()},
        renewed=frozenset(name for name, network in networks.items() if base and _is_newer(network, base)),
        owners=_owners(args, host),
        edited=edited_files(args, base, host) if base and args.files and not args.is_one_shot else (),
        cut_off=_cut_off(args, base, host) if base else (),
        kept=tuple(sorted(kept)),
        api=host.engine.api,
    )


def _is_ours(args: Args, found: Mapping[str, Any]) -> bool:
    labels = found["Config"].get("Labels") or {}
    return all(labels.get(name) == value for name, _, value in (label.partition("=") for label in args.labels()))


def _cut_off(args: Args, current: Mapping[str, Any], host: ReadHost) -> tuple[str, ...]:
    """The protected volumes of the current container that the body does not mount any more."""
    found = []
    for name in cut_off(args.body, current):
        volume = host.engine.get_or_none(f"/volumes/{path_part(name)}") or {}
        labels = volume.get("Labels") or {}
        if LABEL_MOUNT not in labels and args.protection.covers(name, labels):
            found.append(name)
    return tuple(found)


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


def _networks(args: Args, host: ReadHost) -> dict[str, Mapping[str, Any]]:
    names = [network.name for network in args.networks]
    if not names:
        return {}
    found = host.engine.get("/networks", filters={"name": names})
    return {network["Name"]: network for network in found if network["Name"] in names}


def _is_newer(network: Mapping[str, Any], container: Mapping[str, Any]) -> bool:
    made, since = network.get("Created"), container.get("Created")
    return bool(made and since) and datetime.fromisoformat(str(made)) > datetime.fromisoformat(str(since))


def _owners(args: Args, host: ReadHost) -> Mapping[str, Owner]:
    names = owner_names(args.body)
    if not names:
        return {}
    own = {owner.name: owner for owner in args.owners}
    found = {name: _own_owner(own[name], host) if name in own else owner_of(_inspect(host, name)) for name in names}
    return {name: owner for name, owner in found.items() if owner.id or owner.is_made_anew}


def _own_owner(args: Args, host: ReadHost) -> Owner:
    """A container of this project: what is about to be done with it counts, too."""
    from phlo.operations.container.decide import decide

    seen = observe(args, host)
    return owner_of(seen.current, frozenset(change.verb for change in decide(args, seen)))
