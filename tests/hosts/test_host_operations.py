"""Tasks of a play work on real hosts, over the SSH connection that leads to their engines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.conftest import Phlo

# The hosts share this machine's files, so each has a folder of its own. {base}: where.
SITE = """
- hosts: data-1:data-2
  vars: {{d: "{base}/{{{{ inventory_hostname }}}}"}}
  tasks:
    - {{name: folder, file: {{path: "{{{{ d }}}}/in", state: directory, mode: "0755"}}}}
    - {{name: text, copy: {{content: "one\\ntwo é\\n", dest: "{{{{ d }}}}/text", mode: "0640", force: false}}}}
    - {{name: template, template: {{src: t.j2, dest: "{{{{ d }}}}/in/"}}}}
    - {{name: line, lineinfile: {{path: "{{{{ d }}}}/text", line: three, insertafter: one}}}}
    - {{name: block, blockinfile: {{path: "{{{{ d }}}}/text", block: "a\\nb"}}}}
    - {{name: link, file: {{src: text, path: "{{{{ d }}}}/link", state: link}}}}
    - {{name: script, script: {{cmd: "make.sh '{{{{ d }}}}/made it'", creates: "{{{{ d }}}}/made*"}}}}
    - {{name: owner, file: {{path: "{{{{ d }}}}/in", owner: nobody}}}}
    - {{name: fetch, fetch: {{src: "{{{{ d }}}}/text", dest: got}}}}
    - {{name: who, shell: "hostname; id -un", become: true, become_user: nobody, changed_when: false, register: who}}
    - {{name: here, command: hostname, delegate_to: localhost, changed_when: false, register: here}}
    - {{name: stat, stat: {{path: "{{{{ d }}}}/in"}}, register: found}}
    - {{name: slurp, slurp: {{src: "{{{{ d }}}}/text"}}, register: content}}
    - name: told
      debug:
        msg: "{{{{ who.stdout_lines }}}} {{{{ found.stat.pw_name }}}} {{{{ content.content | b64decode | length }}}}"
    - {{name: elsewhere, assert: {{that: [here.stdout != inventory_hostname]}}}}
"""
CHANGES = ["folder", "text", "template", "line", "block", "link", "script", "owner", "fetch"]


@pytest.fixture
def site(folder: Path, project: str) -> Iterator[str]:
    """A playbook in a project without services, of which nothing is to be taken down afterwards."""
    base = folder / "on the hosts"
    for name in ("data-1", "data-2"):
        (base / name).mkdir(parents=True)
        (base / name).chmod(0o755)
    (folder / "phlo.yaml").write_text(f"name: {project}\nservices: {{defaults: false}}\n")
    (folder / "t.j2").write_text("{{ inventory_hostname }}\n")
    (folder / "make.sh").write_text('#!/bin/sh\ntouch "$1"\n')
    (folder / "site.yaml").write_text(SITE.format(base=base))
    yield "site.yaml"
    (folder / "phlo.yaml").unlink()


def ends(text: str, host: str) -> dict[str, tuple[str, str]]:
    """Task -> how it ended on a host, and what it said."""
    events = [json.loads(line) for line in text.splitlines()]
    found = [event for event in events if event["kind"] == "step_finished" and event.get("host") == host]
    return {event["name"]: (event["status"], event.get("message") or "") for event in found}


def test_the_first_play_changes_the_hosts_and_the_second_finds_nothing_to_do(
    phlo: Phlo, site: str, folder: Path
) -> None:
    foreseen = phlo("play", site, "--check", "--output", "json").stdout
    assert ends(foreseen, "data-1")["folder"][0] == "pending"
    assert list((folder / "on the hosts" / "data-1").iterdir()) == []

    first = ends(phlo("play", site, "--output", "json").stdout, "data-2")
    assert {name for name, (status, _) in first.items() if status == "changed"} == set(CHANGES)
    text = (folder / "on the hosts" / "data-2" / "text").read_text()
    assert text.startswith("one\nthree\ntwo é\n# BEGIN")
    assert first["told"][1] == f"['data-2', 'nobody'] nobody {len(text)}"
    assert (folder / "on the hosts" / "data-2" / "in" / "t").read_text() == "data-2\n"
    assert len(list((folder / "got").rglob("text"))) == 2

    second = phlo("play", site, "--output", "json").stdout
    for host in ("data-1", "data-2"):
        assert {status for status, _ in ends(second, host).values()} == {"ok"}
