"""The labels and names by which phlo recognizes what it made in a Docker engine."""

from __future__ import annotations

LABEL_PROJECT = "phlo.project"
LABEL_SERVICE = "phlo.service"
LABEL_INSTANCE = "phlo.instance"
LABEL_CONFIG_HASH = "phlo.config-hash"
LABEL_FILES = "phlo.files"
LABEL_ATTRIBUTES = "phlo.attributes"
LABEL_VERSION = "phlo.version"
LABEL_ONE_SHOT = "phlo.one-shot"
LABEL_MAY_END = "phlo.may-end"
LABEL_FILE_FOLDERS = "phlo.file-folders"
LABEL_RUN = "phlo.run"
LABEL_CAUSES = "phlo.causes"
LABEL_RESTART = "phlo.restart"
LABEL_REFERENCE = "phlo.image-reference"
LABEL_MOUNT = "phlo.mount"
LABEL_PROTECT = "phlo.protect"
LABEL_FAMILY = "phlo.image-family"
LABEL_REQUESTED = "phlo.requested"
LABEL_ONE_OFF = "phlo.one-off"
LABEL_ADOPTED = "phlo.adopted"  # on no container: see phlo.hosts.adopted
LABEL_LOCK = "phlo.lock"  # of the deploy lock: see phlo.hosts.lock
OWN_LABELS = frozenset(
    {
        LABEL_PROJECT,
        LABEL_SERVICE,
        LABEL_INSTANCE,
        LABEL_CONFIG_HASH,
        LABEL_FILES,
        LABEL_ATTRIBUTES,
        LABEL_VERSION,
        LABEL_ONE_SHOT,
        LABEL_MAY_END,
        LABEL_FILE_FOLDERS,
        LABEL_RUN,
        LABEL_CAUSES,
        LABEL_RESTART,
        LABEL_REFERENCE,
        LABEL_REQUESTED,
        LABEL_ONE_OFF,
        LABEL_ADOPTED,
        LABEL_FAMILY,
    }
)

# The engine's own, on the containers of the tasks of a Swarm.
ORCHESTRATOR_LABELS = "com.docker.swarm."
LABEL_TASK = "com.docker.swarm.task.name"

# Exit statuses of a container that was stopped: by itself, by SIGINT, by SIGKILL, by SIGTERM.
ENDED_BY_STOP = (0, 130, 137, 143)
# The restart policy that marks a stopped container as one that `phlo stop` stopped.
STOPPED_POLICY = "unless-stopped"

# Of a cluster's node, with its name in the inventory behind it.
NODE_HOST = "phlo.host."

# A container that was replaced stays, stopped, under its name with this and the id of the run that replaced it.
SET_ASIDE = ".phlo-before-"


def is_set_aside(container: str) -> bool:
    """Whether a container's name says that it was replaced, and is kept only for a rollback."""
    return SET_ASIDE in container
