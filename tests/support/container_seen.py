"""What phlo asks for of a container, what an engine shows of one made from it, and the changes between two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from phlo.compose import parse_service
from phlo.image_source import ImageSource
from phlo.images import ImageSeen
from phlo.labels import LABEL_ATTRIBUTES, LABEL_CONFIG_HASH, LABEL_FILES
from phlo.operations.container import Args, Seen
from phlo.operations.container.args import attribute_digests, config_hash
from phlo.operations.container.decide import decide
from phlo.plan.container_body import container_body, network_attachments
from phlo.values import Change

NETWORKS = {"default": "lake_default", "extra": "lake_extra"}
VOLUMES = {"data": "lake_data"}
PEERS = {"peer": "lake-peer-1"}
IDENTITY = "0123456789ab" + 52 * "0"
IMAGE = ImageSeen(id="sha256:" + 64 * "1", reference="web:1", config={"Cmd": ["serve"]})


def args_of(attributes: dict[str, Any]) -> Args:
    service = parse_service(attributes, where=lambda *keys: "test", root=Path("/project"))
    body = container_body(service, volume_names=VOLUMES, network_names=NETWORKS, container_names=PEERS)
    networks = network_attachments(service, service_name="web", network_names=NETWORKS, container_names=PEERS)
    image = ImageSource(reference="web:1")
    return Args(project="lake", service="web", instance=1, name="lake-web-1", image=image, body=body, networks=networks)


def seen_after(args: Args) -> Seen:
    """What an engine shows of a container that phlo made from `args`."""
    labels = {
        LABEL_CONFIG_HASH: config_hash(args, IMAGE.id),
        LABEL_ATTRIBUTES: json.dumps(attribute_digests(args)),
        LABEL_FILES: "{}",
    }
    body = dict(args.body)
    config = {"Hostname": IDENTITY[:12], "Cmd": ["serve"], "Image": "web:1", **body}
    if "Entrypoint" in body:
        config["Cmd"] = body.get("Cmd")
    config["Labels"] = {**body.get("Labels", {}), **labels}
    host = {"NetworkMode": "default", "ShmSize": 64 << 20, "Runtime": "runc", **config.pop("HostConfig")}
    current = {
        "Id": IDENTITY,
        "Image": IMAGE.id,
        "Created": "2026-01-01T00:00:00Z",
        "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2026-01-01T00:00:01Z"},
        "Config": config,
        "HostConfig": host,
        "NetworkSettings": {"Networks": {network.name: dict(network.endpoint) for network in args.networks}},
    }
    return Seen(
        image=IMAGE,
        image_config=IMAGE.config,
        current=current,
        replaced=None,
        staged=None,
        stray=(),
        foreign=None,
        network_ids={},
        api=(1, 51),
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    return decide(args_of(after), seen_after(args_of(before)))
