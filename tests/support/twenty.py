"""A playbook for Ansible with twenty containers in two roles."""

from __future__ import annotations

from textwrap import dedent

_WAIT = """["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]"""
_FILES = {
    "site.yml": """
        - hosts: all
          vars: {network: "NAME", folder: "BASE"}
          pre_tasks:
            - community.docker.docker_network: {name: "{{ network }}"}
            - ansible.builtin.file: {path: "{{ folder }}", state: directory}
          roles: [stores, pages]
        """,
    "roles/stores/defaults/main.yml": """
        image: "IMAGE"
        stores: [orders, users, items, stock, prices, media]
        """,
    "roles/stores/tasks/main.yml": """
        - name: settings on the host
          ansible.builtin.copy: {content: "x=1\\n", dest: "{{ folder }}/settings"}
        - community.docker.docker_volume: {name: "{{ network }}-data"}
        - name: stores
          community.docker.docker_container:
            name: "store-{{ item }}"
            image: "{{ image }}"
            command: WAIT
            env: {STORE: "{{ item }}", STAGE: "{{ stage | default('test') }}"}
            networks: [{name: "{{ network }}", aliases: ["{{ item }}"]}]
            volumes: ["{{ folder }}/settings:/settings:ro"]
            stop_timeout: 1
          loop: "{{ stores }}"
        - name: cache
          community.docker.docker_container:
            name: cache
            image: "{{ image }}"
            command: WAIT
            network_mode: "{{ network }}"
            volumes: ["{{ network }}-data:/data"]
            stop_timeout: 1
        - name: ready
          community.docker.docker_container_exec: {container: cache, command: touch /data/ready}
        """,
    "roles/pages/tasks/main.yml": """
        - name: tables
          community.docker.docker_container:
            name: migrate
            image: "{{ image }}"
            command: "true"
            detach: false
            networks: [{name: "{{ network }}"}]
        - name: pages
          community.docker.docker_container:
            name: "page-{{ item }}"
            image: "{{ image }}"
            command: WAIT
            published_ports: ["127.0.0.1::80"]
            healthcheck: {test: [CMD, "true"], interval: 1s}
            networks: [{name: "{{ network }}"}]
            labels: {team: pages}
            memory: 32m
            restart_policy: unless-stopped
            stop_timeout: 1
          with_sequence: start=1 end=10
        - name: proxy
          community.docker.docker_container:
            name: proxy
            image: "{{ image }}"
            command: WAIT
            env: {PRICE: "$5"}
            log_driver: json-file
            log_options: {max-size: 1m}
            stop_timeout: 1
            networks: [{name: "{{ network }}"}]
        - name: mail
          community.docker.docker_container:
            name: mail
            image: "{{ image }}"
            command: WAIT
            ulimits: ["nofile:100:200"]
            capabilities: [NET_BIND_SERVICE]
            stop_timeout: 1
          notify: again
        - ansible.builtin.debug: {msg: done}
        """,
    "roles/pages/handlers/main.yml": """
        - name: again
          community.docker.docker_container: {name: mail, restart: true}
        """,
}


def twenty(*, image: str, folder: str, name: str) -> dict[str, str]:
    """The files. image: what every container runs. folder: of files on the host. name: of the network."""
    words = {"IMAGE": image, "BASE": folder, "NAME": name, "WAIT": _WAIT}
    found = {}
    for path, text in _FILES.items():
        for word, value in words.items():
            text = text.replace(word, value)
        found[path] = dedent(text).lstrip()
    return found
