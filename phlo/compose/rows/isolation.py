"""What the container may do on its host, and what of the host it sees."""

from __future__ import annotations

from phlo.compose import files, kernel, networks, process
from phlo.compose.attribute import Attribute, Swarm
from phlo.compose.engine import fact
from phlo.compose.engine import limits as engine
from phlo.compose.engine import network as namespaces
from phlo.compose.engine.column import Engine, setting
from phlo.compose.loose import FLAG, LIST, PAIRS, TEXT
from phlo.compose.reading import sorted_once
from phlo.compose.scalars import boolean, one_of, optional, word

ROWS: dict[str, Attribute] = {
    "privileged": Attribute(
        loose=FLAG,
        description="Gives the container all rights on its host.",
        read=boolean,
        engine=setting("HostConfig.Privileged", fact.FLAG),
    ),
    "read_only": Attribute(
        loose=FLAG,
        description="Makes the container's own file system read-only.",
        read=boolean,
        engine=setting("HostConfig.ReadonlyRootfs", fact.FLAG),
        swarm_path="ContainerSpec.ReadOnly",
    ),
    "cap_add": Attribute(
        loose=LIST,
        description="Kernel capabilities that the container gets.",
        read=process.capabilities,
        finish=sorted_once,
        engine=setting("HostConfig.CapAdd", fact.capabilities),
        swarm_path="ContainerSpec.CapabilityAdd",
    ),
    "cap_drop": Attribute(
        loose=LIST,
        description="Kernel capabilities that the container loses.",
        read=process.capabilities,
        finish=sorted_once,
        engine=setting("HostConfig.CapDrop", fact.capabilities),
        swarm_path="ContainerSpec.CapabilityDrop",
    ),
    "security_opt": Attribute(
        loose=LIST,
        description="Options of seccomp, AppArmor, SELinux and the like.",
        read=files.security_options,
        finish=files.security_of,
        engine=Engine(
            paths=("HostConfig.SecurityOpt", "HostConfig.MaskedPaths", "HostConfig.ReadonlyPaths"),
            facts=engine.security_facts,
            also_reads=("HostConfig.Privileged",),
            write=engine.security,
            keeps_empty=True,
        ),
    ),
    "userns_mode": Attribute(
        loose=TEXT,
        description="`host` leaves user namespaces out.",
        read=optional(one_of("host")),
        engine=setting("HostConfig.UsernsMode", fact.TEXT),
    ),
    "ipc": Attribute(
        loose=TEXT,
        description="The namespace for shared memory.",
        read=optional(networks.namespace("none", "private", "shareable", "host")),
        engine=setting("HostConfig.IpcMode", fact.unless("private"), write=namespaces.ipc, is_supplied=True),
    ),
    "pid": Attribute(
        loose=TEXT,
        description="The namespace for processes.",
        read=optional(networks.namespace("host")),
        engine=setting("HostConfig.PidMode", fact.TEXT, write=namespaces.pid),
    ),
    "uts": Attribute(
        loose=TEXT,
        description="`host` shares the host's name.",
        read=optional(one_of("host")),
        engine=setting("HostConfig.UTSMode", fact.TEXT),
    ),
    "cgroup": Attribute(
        loose=TEXT,
        description="The namespace for control groups.",
        read=one_of("host", "private"),
        engine=setting("HostConfig.CgroupnsMode", fact.TEXT, is_supplied=True),
    ),
    "cgroup_parent": Attribute(
        loose=TEXT,
        description="The control group above the container's.",
        read=optional(word),
        engine=setting("HostConfig.CgroupParent", fact.TEXT, is_supplied=True),
    ),
    "runtime": Attribute(
        loose=TEXT,
        description="The OCI runtime.",
        read=optional(word),
        engine=setting("HostConfig.Runtime", fact.unless("runc"), is_supplied=True),
    ),
    "isolation": Attribute(
        loose=TEXT,
        description="How the container is isolated; Linux has only `default`.",
        read=optional(one_of("default")),
        swarm=Swarm.BY_PHLO,
    ),
    "sysctls": Attribute(
        loose=PAIRS,
        description="Kernel parameters of the container's namespaces.",
        read=kernel.sysctls,
        engine=setting("HostConfig.Sysctls", fact.shown_pairs),
        swarm_path="ContainerSpec.Sysctls",
    ),
}
