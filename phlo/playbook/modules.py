"""Modules of Ansible that phlo does not have, and what to write instead of each."""

from __future__ import annotations

from collections.abc import Mapping

_SERVICE = "Describe the container as a service in phlo.yaml or in a role's service.yaml; `phlo up` starts it."
_IMPORT = " `phlo import ansible PLAYBOOK` writes it for you."
_NETWORK = "Write it under `networks:` in phlo.yaml, or use the operation `network`."
_VOLUME = "Write it under `volumes:` in phlo.yaml, or use the operation `volume`."
_IMAGE = (
    "Write `image:` or `build:` of a service; `phlo up` pulls or builds it, and `phlo images` lists and removes images."
)
_LOGIN = "Write the registry and its login under `registries:` in phlo.yaml."
_STATE = "Use `phlo services list --json`."
_HOST = "Use `command` or `script` on the host, with `creates`, `removes` or `changed_when`."
_FACTS = "Use `command` with `register`; hosts have the variables of the inventory."
_DATABASE = (
    "Use the operations of the service package (`phlo docs operations` lists them), or `exec` with `service: NAME`."
)

# Name without its collection -> what to write.
MODULES_INSTEAD: Mapping[str, str] = {
    "docker_container": _SERVICE + _IMPORT,
    "docker_compose": "Import the Compose file: `phlo import compose FILE`, or `include:` it in phlo.yaml.",
    "docker_compose_v2": "Write `include: [FILE]` in phlo.yaml." + _IMPORT,
    "docker_container_exec": "Use `exec` with `service: NAME`.",
    "docker_container_copy_into": "Use `copy` or `template` with `service: NAME`.",
    "docker_container_info": _STATE,
    "docker_host_info": "Use `phlo doctor`.",
    "docker_image": _IMAGE + _IMPORT,
    "docker_image_build": _IMAGE,
    "docker_image_pull": _IMAGE,
    "docker_image_push": "Use `phlo images publish`.",
    "docker_image_remove": "Use `phlo images prune`.",
    "docker_login": _LOGIN,
    "docker_network": _NETWORK + _IMPORT,
    "docker_prune": "Use `phlo prune`, which removes what no service of the project uses.",
    "docker_stack": "Import the Compose file: `phlo import compose FILE`; place services on a Swarm with `hosts:`.",
    "docker_swarm": "Use `phlo swarm init` and `phlo swarm join`.",
    "docker_swarm_service": "Describe it as a service, and place it on a Swarm with `hosts:`.",
    "docker_volume": _VOLUME + _IMPORT,
    "postgresql_db": _DATABASE,
    "postgresql_user": _DATABASE,
    "postgresql_query": "Use `exec` with `service: NAME`.",
    "s3_bucket": "Use the operation `s3_bucket`.",
    "apt_key": _HOST,
    "apt_repository": _HOST,
    "gather_facts": "Use `setup`, or no task at all: facts are gathered when a task uses one.",
    "git": _HOST,
    "iptables": _HOST,
    "mount": _HOST,
    "package_facts": _FACTS,
    "ping": "Use `command: true`; `phlo inventory check` reaches every host.",
    "pip": _HOST,
    "raw": "Use `command` or `shell`: phlo needs no Python on the host.",
    "replace": "Use `lineinfile` or `blockinfile`, or `template` for the whole file.",
    "service_facts": _FACTS,
    "synchronize": "Use `copy`, or `command: rsync ...` with `delegate_to: localhost`.",
    "tempfile": "Use `command: mktemp` with `register`.",
    "wait_for_connection": "phlo waits for a host's answer automatically, and tries again.",
    "yum": "Use `dnf`, which is yum where there is no dnf, or `package`.",
}


# Operations that no module of Ansible has the name of.
NOT_OF_ANSIBLE = frozenset(
    {
        "exec",
        "http",
        "network",
        "power",
        "run",
        "s3_bucket",
        "s3_download",
        "s3_upload",
        "volume",
        "volume_archive",
        "volume_unarchive",
    }
)


def module_instead(name: str) -> str | None:
    """What to write instead of a module of Ansible, with or without its collection; None for another name."""
    return MODULES_INSTEAD.get(name.rpartition(".")[2])
