"""Images with the user, folders and programs of upstream's images and nothing else, made without a registry."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from phlo.hosts.engine import Engine
from phlo.testing.images import static_busybox

FACTS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("upstream_images.yaml").read_text())
_PATH = "/usr/local/bin:/usr/bin:/bin"


def import_stub(engine: Engine, name: str, facts: Mapping[str, Any], *, without: str = "") -> None:
    """Import the image that facts of upstream_images.yaml describe. without: a program, user or folder to leave out."""
    messages = engine.post_stream(
        "/images/create",
        io.BytesIO(_archive(facts, without)),
        headers={"Content-Type": "application/x-tar"},
        fromSrc="-",
        repo=name,
        changes=f'ENV PATH={_PATH}\nUSER {facts["user"]}\nCMD ["sh"]',
    )
    assert not [message for message in messages if "error" in message]


def _archive(facts: Mapping[str, Any], without: str) -> bytes:
    target = io.BytesIO()
    users = {"0:0": "root", **{user: f"user{number}" for number, user in enumerate(facts.get("users", ()))}}
    users.setdefault(facts["user"], "service")
    passwd = "".join(f"{name}:x:{ids}::/:/bin/sh\n" for ids, name in users.items() if ids.partition(":")[0] != without)
    with tarfile.open(fileobj=target, mode="w") as archive:

        def add(path: str, content: bytes | None, *, mode: int, owner: str = "0:0") -> None:
            entry = tarfile.TarInfo(path.strip("/"))
            entry.mode, entry.uid, entry.gid = mode, *map(int, owner.split(":"))
            entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            entry.size = len(content or b"")
            archive.addfile(entry, io.BytesIO(content or b""))

        folders = {path: (owner, int(mode, 8)) for path, (owner, mode) in facts["folders"].items() if path != without}
        above = {str(one) for path in folders for one in PurePosixPath(path).parents} - {"/", *folders}
        for path in sorted({"/bin", "/usr", "/usr/bin", "/etc", *above, *folders}):
            owner, mode = folders.get(path, ("0:0", 0o755))
            add(path, None, mode=mode, owner=owner)
        add("/etc/passwd", passwd.encode(), mode=0o644)
        add("/busybox", static_busybox(), mode=0o755)
        for program in facts["programs"]:
            if without not in (program, f"/usr/bin/{program}"):
                link = tarfile.TarInfo(f"usr/bin/{program}")
                link.type, link.linkname = tarfile.SYMTYPE, "/busybox"
                archive.addfile(link)
    return target.getvalue()
