"""Attributes that name files: `build`, `configs`, `secrets`, `label_file`, `security_opt` (Compose specification)."""

from __future__ import annotations

import json
import os.path
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.config.compose.model import Build, FileReference
from phlo.config.compose.mounts import target_path
from phlo.config.compose.process import path_in
from phlo.config.compose.reading import At, each, record
from phlo.config.compose.scalars import file_mode, integer, keyed_texts, text, word
from phlo.frozen import dataclass, field
from phlo.values import Text

# Ways to make a build faster that do not change what it makes.
_BUILD_WARNED = ("cache_from", "cache_to", "no_cache", "pull", "tags", "provenance", "sbom", "labels")
_BUILD_REFUSED = (
    "additional_contexts",
    "dockerfile_inline",
    "entitlements",
    "extra_hosts",
    "isolation",
    "network",
    "platforms",
    "privileged",
    "secrets",
    "shm_size",
    "ssh",
    "ulimits",
)


def build(value: Any, at: At) -> Build:
    """A context folder, or `{context, dockerfile, args, target}`."""
    if not isinstance(value, Mapping):
        return Build(context=_context(value, at))
    fields = record(
        value,
        at,
        {
            "context": _context,
            "dockerfile": word,
            "args": keyed_texts,
            "target": word,
            **dict.fromkeys(_BUILD_WARNED, _warned),
            **dict.fromkeys(_BUILD_REFUSED, _refused),
        },
    )
    wanted = {name: fields[name] for name in ("dockerfile", "args", "target") if name in fields}
    return Build(context=fields.get("context", at.root), **wanted)


def _context(value: Any, at: At) -> Path:
    if "://" in text(value, at):
        raise at.error("a build context should be a folder", "Clone the repository, and name its folder.")
    return path_in(value, at)


def _warned(value: Any, at: At) -> Any:
    at.warn("has no effect on how phlo builds")
    return value


def _refused(value: Any, at: At) -> Any:
    raise at.error(
        "is not supported by phlo's builds", "Put it into the Dockerfile, or build the image apart from phlo."
    )


def references(folder: str) -> Callable[[Any, At], tuple[FileReference, ...]]:
    """The parser of `configs` (folder `/`) or `secrets` (folder `/run/secrets/`)."""
    return lambda value, at: each(value, at, lambda item, here: _reference(item, here, folder))


def _reference(value: Any, at: At, folder: str) -> FileReference:
    if not isinstance(value, Mapping):
        name = word(value, at)
        return FileReference(source=name, target=folder + name)
    fields = record(
        value,
        at,
        {"source": word, "target": word, "uid": integer(0), "gid": integer(0), "mode": file_mode},
        required=("source",),
    )
    target = fields.pop("target", fields["source"])
    return FileReference(target=target_path(os.path.join(folder, target), at), **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFiles:
    """`label_file`, read: the labels, and the files they are from."""

    labels: Mapping[str, Text] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()


def label_files(value: Any, at: At) -> LabelFiles:
    """Files of `NAME=value` lines; a later file wins."""
    paths = each(value, at, path_in)
    labels: dict[str, Text] = {}
    for path in paths:
        lines = [line.strip() for line in _read(path, at).splitlines()]
        for line in lines:
            if line and not line.startswith("#"):
                name, _, rest = line.partition("=")
                labels[name.strip()] = rest.strip()
    return LabelFiles(labels=labels, paths=paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityOptions:
    """`security_opt`, with seccomp profiles read, and the files they are from."""

    options: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()


def security_options(value: Any, at: At) -> SecurityOptions:
    """`key=value` or `key:value`; `seccomp=FILE` is the file's content, for the engine cannot read it."""
    options, paths = [], []
    for index, raw in enumerate(each(value, at, word)):
        key, separator, rest = raw.partition("=" if "=" in raw else ":")
        if key == "seccomp" and rest not in ("unconfined", "builtin"):
            path = path_in(rest, at[index])
            paths.append(path)
            rest = _seccomp_profile(path, at[index])
        options.append(f"{key}={rest}" if separator else key)
    return SecurityOptions(options=tuple(sorted(dict.fromkeys(options))), paths=tuple(paths))


def _seccomp_profile(path: Path, at: At) -> str:
    try:
        return json.dumps(json.loads(_read(path, at)), separators=(",", ":"))
    except ValueError as reason:
        raise at.error(f"the seccomp profile {path} is not valid JSON: {reason}") from None


def _read(path: Path, at: At) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        cause = reason.strerror if isinstance(reason, OSError) else "it is not UTF-8 text"
        raise at.error(f"{path} cannot be read: {cause}") from None
