"""The phlo.yaml that an import writes resolves to the project that the Compose files are."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from phlo import inventory
from phlo.compose.project_files import default_files, files_of
from phlo.compose_import.convert import convert
from phlo.compose_import.source import read_source
from phlo.compose_import.text import yaml_text
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery.catalog import NO_SERVICES
from phlo.frozen import replace

# What a project has besides its services' files, folders and kinds of definitions.
CASES: dict[str, dict[str, str]] = {
    "variables": {
        "compose.yaml": """
            services:
              web:
                image: "web:${TAG}"
                environment: {A: "${B:-b}", C: "$$x", D: , E: "022"}
                ports: ["${PORT}:80", "127.0.0.1::81"]
                volumes: ["${D:-./data}:/x", "named:/n"]
            volumes: {named: {labels: {t: "${TAG}"}}}
        """,
        ".env": "TAG=1\nPORT=8080\n",
    },
    "an override file": {
        "compose.yaml": """
            services:
              web:
                image: web:1
                command: [a]
                environment: [A=1, B=2]
                ports: ["80:80"]
                volumes: ["./a:/x", "data:/y"]
                extra_hosts: ["a:10.0.0.1"]
                depends_on: [db]
                build: ./ctx
                healthcheck: {test: [CMD, a], retries: 2}
              db: {image: db:1}
            volumes: {data: }
        """,
        "compose.override.yaml": """
            services:
              web:
                command: [b]
                environment: {B: 3}
                ports: !override ["81:81"]
                volumes: ["./b:/x:ro"]
                extra_hosts: {b: 10.0.0.3}
                depends_on: {db: {condition: service_started, restart: true}}
                build: {target: t}
                healthcheck: {test: [CMD, b]}
        """,
        "ctx/Dockerfile": "FROM scratch\n",
    },
    "extends and include": {
        "compose.yaml": """
            include: [db/compose.yaml]
            services:
              web: {extends: {file: common/b.yaml, service: base}, image: "web:1", depends_on: [db]}
        """,
        "common/b.yaml": """
            services: {base: {init: true, volumes: ["./v:/v"], env_file: b.env, labels: [x=y]}}
        """,
        "common/b.env": "FROM_FILE=1\n",
        "db/compose.yaml": """
            services: {db: {image: "db:${V}", environment: [V], volumes: ["./d:/d"], secrets: [key]}}
            secrets: {key: {file: key.txt}}
        """,
        "db/key.txt": "secret",
        "db/.env": "V=7\n",
    },
    "identities": {
        "compose.yaml": """
            services:
              web:
                image: x
                volumes: ["${D:-./data}:/x", "./a:/srv/app/"]
                ports: ["${IP}:8080:80"]
                secrets: [{source: one, target: /run/s}]
                extra_hosts: ["a:10.0.0.1", "a:10.0.0.2"]
                labels: {A: "1", B: "2"}
            secrets: {one: {file: 1.txt}, two: {file: 2.txt}}
        """,
        "compose.override.yaml": """
            services:
              web:
                volumes: ["./b:/x", "./c:/srv/app"]
                ports: ["127.0.0.1:8080:80"]
                secrets: [{source: two, target: /run/s}]
                labels: {A: !reset null}
        """,
        ".env": "IP=127.0.0.1\n",
        "1.txt": "1",
        "2.txt": "2",
    },
    "paths of other folders": {
        "compose.yaml": """
            include: [{path: sub/more.yaml, project_directory: sub}]
            services:
              web:
                extends: {file: sub/base.yaml, service: base}
        """,
        "sub/base.yaml": """
            services: {base: {image: x, volumes: ["${P:-./v}:/v", "~/h:/h"], build: {context: "${C:-ctx}"}}}
        """,
        "sub/more.yaml": """
            services: {more: {image: x, volumes: ["./${S}:/s"], configs: [c]}}
            configs: {c: {file: "${F:-./c.txt}"}}
        """,
        "sub/ctx/Dockerfile": "FROM scratch\n",
        "sub/c.txt": "c",
        ".env": "S=store\n",
    },
    "every kind of entry from two files": {
        "compose.yaml": """
            services:
              web:
                image: x
                command: "run $$HOME ${A}"
                environment: ["A=${A}", "EMPTY=", FROM_HOST, "EQUAL=a=b"]
                labels: ["a=${A}", b]
                ports: ["8000-8003:8000-8003", {target: 90, name: web, app_protocol: http}]
                expose: ["70-72"]
                networks: [front]
                tmpfs: /run:size=1m
                ulimits: {nofile: 10, nproc: {soft: 1, hard: 2}}
                sysctls: [net.core.somaxconn=1024]
                logging: {driver: json-file, options: {max-size: "${A}m"}}
                build: {context: ./ctx, args: ["X=${A}"], labels: [l=1], cache_from: [a]}
                deploy: {resources: {limits: {cpus: "0.5"}}, labels: {d: "1"}}
                configs: [one]
                security_opt: ["no-new-privileges:true"]
                cap_add: [NET_ADMIN]
                env_file: a.env
                dns: 10.0.0.1
                healthcheck: {test: "curl ${A}", interval: 1s}
                profiles: [p]
                stop_grace_period: 1m30s
                user: "1"
                devices: ["/dev/null:/dev/x"]
                storage_opt: {size: 1G}
                group_add: ["1"]
                links: [db]
                depends_on: {db: {condition: service_started}}
                x-note: 1
                develop: {watch: [{path: ./src, action: rebuild}]}
                blkio_config: {weight: 10, device_read_bps: [{path: /dev/a, rate: 1mb}]}
              db: {image: "x:${A:-1}"}
            networks: {front: , back: }
            configs: {one: {content: "a ${A}"}, two: {content: b}}
            volumes:
              v: {driver_opts: {type: none, o: bind, device: "./dev/${A}"}}
              w: {driver_opts: {type: none, o: bind, device: "${B:-dev}"}}
              n: {driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", device: ":/x"}}
        """,
        "compose.override.yaml": """
            services:
              web:
                command: ["a", "$$b"]
                environment: {"A": "2${A}", NULL: , PRICE: "$$5"}
                labels: {c: "${A}"}
                ports: ["8001:8001", "127.0.0.1:${A}:5/udp"]
                expose: ["71/udp"]
                networks: {front: {aliases: ["al${A}"]}, back: {interface_name: eth7, driver_opts: {k: v}}}
                tmpfs: ["/tmp", "/run:size=${A}m"]
                ulimits: {nofile: {soft: 4, hard: 5}}
                sysctls: {net.core.somaxconn: "${A}"}
                logging: {options: {max-file: "3"}}
                build: {args: {X: "5", Y: "$$"}, labels: {m: "2"}, cache_from: [b], target: "t${A}"}
                deploy: {resources: {limits: {memory: "${A}g"}}, labels: [e=2]}
                configs: [{source: two, target: /two, mode: "0440"}]
                security_opt: ["label=disable"]
                cap_add: [NET_RAW]
                env_file: [{path: b.env, required: false}]
                dns: ["10.0.0.${A}"]
                healthcheck: {retries: 3}
                profiles: [q]
                stop_grace_period: 5s
                user: !reset null
                devices: ["/dev/zero:/dev/x"]
                storage_opt: {size: 2G}
                group_add: ["${A}"]
                depends_on: {db: {restart: true}}
                x-note: 2
                develop: {watch: [{path: "./${A}", action: sync, target: /src}]}
                blkio_config:
                  device_read_bps: [{path: /dev/b, rate: 2mb}]
                  device_write_iops: [{path: /dev/b, rate: "${A}"}]
        """,
        "ctx/Dockerfile": "FROM scratch\n",
        "a.env": "F=1\n",
        ".env": "A=7\nCOMPOSE_PROFILES=p\n",
    },
    "one-shots and odd texts": {
        "compose.yaml": """
            services:
              web:
                image: x
                command: ["a\\r\\nb", "\\x85", "yes"]
                depends_on: {m: {condition: service_completed_successfully}}
              m: {image: x}
              job-setup: {image: x, ports: ["90:90"]}
              other: {image: x, restart: "no", expose: [80]}
        """,
    },
}


def comparable(project: Project) -> dict[str, Any]:
    services = {
        name: (
            replace(service.compose, depends_on={}, warnings=()),
            {need.service: (need.required, need.restart) for need in service.depends_on},
            service.image,
            service.one_shot,
            service.scale,
            service.files,
        )
        for name, service in project.services.items()
    }
    return {"name": project.name, "services": services, "networks": project.networks, "volumes": project.volumes}


@pytest.mark.parametrize("case", CASES)
def test_the_import_resolves_to_the_same_project(case: str, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    for name, text in CASES[case].items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(dedent(text))
    hosts = inventory.load([], root=root)
    files = default_files(root)
    hosts = inventory.load([], root=root)
    project = files_of(files, start=root, environ={})
    native = resolve(NO_SERVICES, hosts, root=root, environ={}, compose=project)
    read = read_source(project, environ={})
    found = convert(read, target=root)
    assert [one for one in found.findings if one.is_lost or "differs" in one.what or "together" in one.what] == []
    (root / "phlo.yaml").write_text(yaml_text(found.data, comment="imported"), newline="")
    (root / ".phlo").mkdir()
    (root / ".phlo" / ".env").write_bytes(b"\n".join(path.read_bytes() for path in read.env_files))
    for path in files:
        path.unlink()
    imported = resolve(NO_SERVICES, hosts, root=root, environ={})
    assert comparable(imported) == comparable(native)
