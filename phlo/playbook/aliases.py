"""Further names of arguments: those that Ansible's modules have for the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PATH = {"dest": "path", "name": "path"}
_UNIT = {
    "service": "name",
    "unit": "name",
    "daemon-reload": "daemon_reload",
    "daemon-reexec": "daemon_reexec",
}
# Operation -> another name of an argument -> its name here.
ALIASES: Mapping[str, Mapping[str, str]] = {
    "apt": {
        "pkg": "name",
        "package": "name",
        "update-cache": "update_cache",
        "default-release": "default_release",
        "install-recommends": "install_recommends",
        "allow-unauthenticated": "allow_unauthenticated",
        "allow-downgrade": "allow_downgrade",
        "allow_downgrades": "allow_downgrade",
        "allow-downgrades": "allow_downgrade",
    },
    "blockinfile": {**_PATH, "destfile": "path", "content": "block"},
    "apk": {"pkg": "name", "package": "name"},
    "cron": {"value": "job", "dom": "day", "dow": "weekday"},
    "dnf": {"pkg": "name"},
    "file": _PATH,
    "get_url": {"username": "url_username", "password": "url_password"},
    "group_by": {"parent_groups": "parents"},
    "lineinfile": {**_PATH, "destfile": "path", "value": "line", "regex": "regexp"},
    "slurp": {"path": "src"},
    "sysctl": {"key": "name", "val": "value"},
    "systemd": _UNIT,
    "systemd_service": _UNIT,
    "wait_for": {"timeout": "timeout_seconds"},
    "uri": {"user": "url_username", "password": "url_password"},
    "user": {"user": "name", "createhome": "create_home"},
    "stat": {**_PATH, "checksum_algo": "checksum_algorithm", "checksum": "checksum_algorithm"},
}


def renamed(operation: str, value: Any) -> Any:
    """Arguments under their own names; anything but a mapping as it is. An argument's own name wins."""
    names = ALIASES.get(operation)
    if names is None or not isinstance(value, Mapping):
        return value
    return {own: item for key, item in value.items() if (own := names.get(key, key)) == key or own not in value}
