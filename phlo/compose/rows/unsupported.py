"""Attributes of the Compose specification that phlo warns about or refuses."""

from __future__ import annotations

from phlo.compose.attribute import Attribute, Support
from phlo.compose.loose import ANY, FLAG, LIST, MAP, NUMBER, PAIRS

ROWS: dict[str, Attribute] = {
    "attach": Attribute(
        loose=FLAG,
        support=Support.WARNED,
        note="is about `docker compose up` in the foreground, which phlo does not have",
    ),
    "pre_start": Attribute(
        loose=LIST, support=Support.WARNED, note="is not run; write a hook of the service, or a task of its role"
    ),
    "post_start": Attribute(
        loose=LIST, support=Support.WARNED, note="is not run; write a hook of the service, or a task of its role"
    ),
    "pre_stop": Attribute(
        loose=LIST, support=Support.WARNED, note="is not run; write a hook of the service, or a task of its role"
    ),
    "cpu_count": Attribute(loose=NUMBER, support=Support.WARNED, note="has an effect only on Windows containers"),
    "cpu_percent": Attribute(loose=NUMBER, support=Support.WARNED, note="has an effect only on Windows containers"),
    "credential_spec": Attribute(
        loose=MAP, support=Support.REFUSED, note="Windows containers are not supported. Remove it."
    ),
    "extends": Attribute(
        loose=ANY,
        support=Support.REFUSED,
        note="Only inline services and services of Compose files can extend another one.",
    ),
    "provider": Attribute(
        loose=MAP, support=Support.REFUSED, note="Run what it provides as a service, or as a task of a role."
    ),
    "models": Attribute(loose=PAIRS, support=Support.REFUSED, note="Run the model's server as a service."),
    "use_api_socket": Attribute(
        loose=FLAG,
        support=Support.REFUSED,
        note="Mount the engine's socket by `volumes`, knowing that it gives full control of the host.",
    ),
    "volume_driver": Attribute(
        loose=ANY, support=Support.REFUSED, note="Give the driver to the volume, under the top-level `volumes`."
    ),
    "log_driver": Attribute(loose=ANY, support=Support.REFUSED, note="Write `logging: {driver: ...}`."),
    "log_opt": Attribute(loose=ANY, support=Support.REFUSED, note="Write `logging: {options: ...}`."),
    "net": Attribute(loose=ANY, support=Support.REFUSED, note="Write `network_mode`."),
    "dockerfile": Attribute(loose=ANY, support=Support.REFUSED, note="Write `build: {dockerfile: ...}`."),
    "cpuset_cpus": Attribute(loose=ANY, support=Support.REFUSED, note="Write `cpuset`."),
}
