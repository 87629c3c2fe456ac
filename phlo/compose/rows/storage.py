"""What is mounted, and the files that are put into the container."""

from __future__ import annotations

from phlo.compose import files, mounts
from phlo.compose.attribute import Attribute, Merge, Override, Swarm
from phlo.compose.engine import fact
from phlo.compose.engine import mounts as engine
from phlo.compose.engine.column import Engine, setting
from phlo.compose.loose import LIST, MAP, TEXTS
from phlo.compose.scalars import plain_pairs

ROWS: dict[str, Attribute] = {
    "volumes": Attribute(
        loose=LIST,
        description="Volumes and folders that are mounted. Added to the role's; one of the same target replaces it.",
        read=mounts.volumes,
        merge=Merge(identity=mounts.identity, override=Override.APPENDED),
        engine=Engine(
            paths=("HostConfig.Binds", "HostConfig.Mounts", "Volumes"),
            facts=engine.volume_facts,
            also_reads=("HostConfig.Tmpfs",),
            term="mounts",
            write=engine.volumes,
            has_items=True,
            parts_since={"subpath": (1, 45), "image": (1, 48), "bind.recursive": (1, 44)},
        ),
        swarm=Swarm.HONOURED,
    ),
    "tmpfs": Attribute(
        loose=TEXTS,
        description="Folders that are kept in memory.",
        read=mounts.tmpfs,
        merge=Merge(override=Override.REPLACED),
        engine=setting("HostConfig.Tmpfs", engine.tmpfs_facts, has_items=True),
        swarm=Swarm.HONOURED,
    ),
    "volumes_from": Attribute(
        loose=LIST,
        description="Mounts what another service or container mounts.",
        read=mounts.volumes_from,
        engine=setting("HostConfig.VolumesFrom", engine.volumes_from_facts, write=engine.volumes_from, has_items=True),
    ),
    "configs": Attribute(
        loose=LIST,
        description="Files from the top-level `configs`.",
        read=files.references("/"),
        merge=Merge(identity=files.identity),
        swarm=Swarm.BY_PHLO,
    ),
    "secrets": Attribute(
        loose=LIST,
        description="Files from the top-level `secrets`.",
        read=files.references("/run/secrets/"),
        merge=Merge(identity=files.identity),
        swarm=Swarm.BY_PHLO,
    ),
    "storage_opt": Attribute(
        loose=MAP,
        description="Options of the storage driver.",
        read=plain_pairs,
        engine=setting("HostConfig.StorageOpt", fact.shown_pairs),
    ),
}
