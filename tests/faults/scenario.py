"""A small project with a bit of everything, and the states that a run takes it to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_PROJECT = """
name: {name}
networks: {{front: {{}}, back: {{}}}}
configs:
  page: {{content: "{page}"}}
services:
  defaults: false
  db:
    type: inline
    image: {image}
    environment: {{SIZE: {size}}}
    command:
      - sh
      - -c
      - |
        [ -s /data/born ] || cat /proc/sys/kernel/random/uuid > /data/born
        touch /tmp/ready
        trap 'exit 0' TERM
        while :; do sleep 60 & wait; done
    volumes: ["data:/data"]
    healthcheck: {{test: ["CMD", "{test}", "-f", "/tmp/ready"], interval: {interval}, retries: 3}}
    stop_grace_period: 2s
  setup:
    type: inline
    image: {image}
    one_shot: true
    restart: "no"
    depends_on: [db]
    command: [sh, -c, "test -s /data/born && echo set up >> /data/log"]
    volumes: ["data:/data"]
  store:
    type: inline
    image: {image}
    scale: {scale}
    configs: [{{source: page, target: /etc/page}}]
    volumes: ["pages:/pages"]
    networks: [front, back]
    update: {{order: start-first}}
    stop_grace_period: 2s
  web:
    type: inline
    image: {image}
    depends_on: [setup, store]
    command: [sh, -c, "trap 'exit 0' TERM; httpd -f -p 80 & wait"]
    ports: ["127.0.0.1:{port}:80"]
    stop_grace_period: 2s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the project's file says.

    port: an offset to the first port of the test. test, interval: db's health check. The engine's own probes cost more
    than all else when they come every second, and phlo does not wait for them.
    """

    title: str
    size: str = "big"
    page: str = "blue"
    scale: int = 1
    port: int = 0
    test: str = "test"
    interval: str = "30s"


FIRST = Target(title="a cold start")
CHANGED = Target(title="a change of two services", size="small", page="red")
SCALED = Target(title="a moved port and another instance", scale=2, port=1)
BROKEN = Target(title="a health check that never passes", size="tiny", test="false", interval="1s")


def write(folder: Path, target: Target, *, name: str, image: str, first_port: int) -> None:
    """Write the project's file."""
    text = _PROJECT.format(
        name=name,
        image=image,
        size=target.size,
        page=target.page,
        scale=target.scale,
        port=first_port + target.port,
        test=target.test,
        interval=target.interval,
    )
    (folder / "phlo.yaml").write_text(text)
