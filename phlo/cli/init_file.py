"""The text of a new phlo.yaml."""

from __future__ import annotations

from collections.abc import Mapping

_HEAD = """\
# The project. `phlo plan` shows what `phlo up` would do with it; `phlo config schema` describes every key.
name: {name}

"""

_INCLUDE = """\
# The services of the Compose project are part of this one. phlo does not change its files.
include: [{files}]

"""

_SERVICES = """\
services:
  # Only the services of this file and what they need, none by default. `phlo services list --all` shows the others,
  # `phlo services enable NAME` adds one, `phlo plugin search` shows what else can be installed.
  defaults: false
{enabled}\
#  a-service:                       # changes a service of a package
#    port: 5433                     # moves its first published port
#    environment:                   # merged with its own; these values win
#      TZ: Europe/Berlin
#    volumes: ["./seed:/seed"]      # added to its own
#    ports: ["5433:5432"]           # replaces its own; so do depends_on and command
#  my-api:                          # a service of your own, in Compose's words; needs no package
#    type: inline
#    image: my/api:latest
#    ports: ["4001:4000"]
#    depends_on: [a-service]

"""

_CAPABILITIES = """\
# Which service provides a capability that several services of the project offer.
capabilities:
{lines}

"""

_TAIL = """\
# The inventory of commands without -i; without it they use the engine of this machine.
#inventory: inventories/production.yaml

# Variables for services and templates. Secrets do not belong here: phlo generates those that you do not set, and keeps
# them in .phlo/.env.local. Set your own there or in the environment.
#env:
#  LOG_LEVEL: info
"""


def project_text(
    name: str, services: Mapping[str, str], capabilities: Mapping[str, str], include: tuple[str, ...] = ()
) -> str:
    """The file. services: those to enable, each with its description. include: Compose files."""
    width = max(map(len, services), default=0)
    lines = [f"    - {service:<{width}}  # {text}".rstrip(" #") for service, text in services.items()]
    enabled = "\n".join(["  enabled:", *lines, ""]) if lines else "  enabled: []\n"
    text = _HEAD.format(name=name)
    text += _INCLUDE.format(files=", ".join(include)) if include else ""
    text += _SERVICES.format(enabled=enabled)
    if capabilities:
        chosen = "\n".join(f"  {capability}: {provider}" for capability, provider in sorted(capabilities.items()))
        text += _CAPABILITIES.format(lines=chosen)
    return text + _TAIL
