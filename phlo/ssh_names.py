"""Names of hosts and users that `ssh`, and the shell that runs a ProxyCommand, cannot read as anything but a name."""

from __future__ import annotations

import re

_HOST = re.compile(r"[\w.:][\w.:%-]*")
_USER = re.compile(r"[\w.+%][\w.+%@-]*(\\[\w.+-]+)?")
_JUMP = re.compile(r"(ssh://)?[\w.:\[][\w.:%@\[\]+-]*")


def is_host_name(text: str) -> bool:
    """Whether a text can be a host's name or IP address."""
    return bool(_HOST.fullmatch(text))


def is_user_name(text: str) -> bool:
    """Whether a text can be a user's name, one of a domain included (`user@domain`, `DOMAIN\\user`)."""
    return bool(_USER.fullmatch(text))


def is_jump_list(text: str) -> bool:
    """Whether a text can be the hosts of ProxyJump: [USER@]HOST[:PORT], separated by commas, or `none`."""
    return all(map(_JUMP.fullmatch, text.split(",")))
