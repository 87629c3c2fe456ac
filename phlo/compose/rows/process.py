"""What runs in the container, and what the engine keeps about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.compose import files, kernel, networks, process
from phlo.compose.attribute import Attribute, Merge, Swarm
from phlo.compose.engine import fact
from phlo.compose.engine import process as engine
from phlo.compose.engine.column import setting
from phlo.compose.loose import AMOUNT, ANY, FLAG, LIST, MAP, PAIRS, RESTART, TEXT, TEXTS
from phlo.compose.part import Rules
from phlo.compose.scalars import boolean, duration, keyed_texts, optional, texts, word


def _is_another_driver(base: Mapping[str, Any], over: Mapping[str, Any], rules: Rules) -> bool:
    """Whether the options of the earlier log driver make no sense for the later one."""
    return "driver" in over and over["driver"] != base.get("driver", over["driver"])


ROWS: dict[str, Attribute] = {
    "command": Attribute(
        loose=TEXTS,
        description="The command, instead of the image's. Replaces the role's.",
        read=process.command,
        merge=Merge(is_replaced=True),
        engine=setting("Cmd", fact.words, write=engine.command, keeps_empty=True),
        swarm_path="ContainerSpec.Args",
    ),
    "entrypoint": Attribute(
        loose=TEXTS,
        description="The program that gets the command as arguments, instead of the image's.",
        read=process.command,
        merge=Merge(is_replaced=True),
        engine=setting("Entrypoint", fact.words, write=engine.entrypoint, keeps_empty=True),
        swarm_path="ContainerSpec.Command",
    ),
    "environment": Attribute(
        loose=PAIRS,
        description="Environment variables. Merged with the role's by name; these values win.",
        read=keyed_texts,
        engine=setting("Env", fact.variables, write=engine.environment),
        swarm_path="ContainerSpec.Env",
    ),
    "env_file": Attribute(
        loose=ANY,
        description="Files that environment variables are read from.",
        read=process.env_files,
        merge=Merge(identity=process.env_file_identity),
        swarm=Swarm.BY_PHLO,
    ),
    "working_dir": Attribute(
        loose=TEXT,
        description="The folder that the command starts in.",
        read=optional(process.working_dir),
        engine=setting("WorkingDir", engine.folder_facts),
        swarm_path="ContainerSpec.Dir",
    ),
    "user": Attribute(
        loose=TEXT,
        description="The user, and the group, that the command runs as.",
        read=optional(word),
        engine=setting("User", fact.TEXT),
        swarm_path="ContainerSpec.User",
    ),
    "group_add": Attribute(
        loose=LIST,
        description="Further groups of the user.",
        read=texts,
        engine=setting("HostConfig.GroupAdd", fact.members),
        swarm_path="ContainerSpec.Groups",
    ),
    "tty": Attribute(
        loose=FLAG,
        description="Gives the command a terminal.",
        read=boolean,
        engine=setting("Tty", fact.FLAG),
        swarm_path="ContainerSpec.TTY",
    ),
    "stdin_open": Attribute(
        loose=FLAG,
        description="Keeps the standard input of the command open.",
        read=boolean,
        engine=setting("OpenStdin", fact.FLAG),
        swarm_path="ContainerSpec.OpenStdin",
    ),
    "init": Attribute(
        loose=FLAG,
        description="Runs an init process that passes signals on and reaps processes.",
        read=boolean,
        engine=setting("HostConfig.Init", fact.FLAG, keeps_empty=True),
        swarm_path="ContainerSpec.Init",
    ),
    "stop_signal": Attribute(
        loose=TEXT,
        description="The signal that asks the command to end.",
        read=optional(kernel.signal),
        engine=setting("StopSignal", fact.TEXT),
        swarm_path="ContainerSpec.StopSignal",
    ),
    "stop_grace_period": Attribute(
        loose=AMOUNT,
        description="How long the command has to end before it is killed.",
        read=duration,
        engine=setting("StopTimeout", fact.SECONDS, write=engine.stop_grace_period),
        swarm=Swarm.HONOURED,
    ),
    "healthcheck": Attribute(
        loose=MAP,
        description="The command that shows whether the service works, and when it runs.",
        read=process.healthcheck,
        merge=Merge(replaced_below=frozenset({("test",)})),
        finish=process.healthcheck_of,
        engine=setting(
            "Healthcheck",
            engine.health_facts,
            write=engine.healthcheck,
            parts_since={"start_interval": (1, 44)},
        ),
        swarm_path="ContainerSpec.Healthcheck",
    ),
    "restart": Attribute(
        loose=RESTART,
        description="When the engine starts the container again.",
        read=process.restart,
        engine=setting(
            "HostConfig.RestartPolicy", engine.restart_facts, write=engine.restart, is_updatable=True, unset="no"
        ),
        swarm=Swarm.HONOURED,
    ),
    "container_name": Attribute(
        loose=TEXT,
        description="The name of the container, instead of one made from project and service.",
        read=networks.container_name,
    ),
    "labels": Attribute(
        loose=PAIRS,
        description="Labels of the container. Merged with the role's by name.",
        read=keyed_texts,
        engine=setting("Labels", fact.hidden_pairs),
        swarm=Swarm.HONOURED,
    ),
    "label_file": Attribute(
        loose=TEXTS,
        description="Files that labels are read from.",
        read=files.label_files,
        finish=files.labels_of,
        swarm=Swarm.BY_PHLO,
    ),
    "annotations": Attribute(
        loose=PAIRS,
        description="Annotations for the OCI runtime.",
        read=keyed_texts,
        engine=setting("HostConfig.Annotations", fact.hidden_pairs, since=(1, 43), is_supplied=True),
    ),
    "logging": Attribute(
        loose=MAP,
        description="The log driver and its options.",
        read=process.logging,
        merge=Merge(is_another_kind=_is_another_driver),
        finish=process.logging_of,
        engine=setting("HostConfig.LogConfig", engine.logging_facts, write=engine.logging, is_supplied=True),
        swarm=Swarm.HONOURED,
    ),
}
