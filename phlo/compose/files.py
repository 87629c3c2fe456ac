"""Attributes that name files: `build`, `configs`, `secrets`, `label_file`, `security_opt` (Compose specification)."""

from __future__ import annotations

import json
import os.path
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.bounded import parse_json
from phlo.compose import limits, networks
from phlo.compose.dotenv import final_texts, load_entries
from phlo.compose.kernel import known_security_option
from phlo.compose.model import Build, FileReference, Ulimit
from phlo.compose.mounts import target_path
from phlo.compose.process import path_in
from phlo.compose.reading import At, Items, each, list_of, record
from phlo.compose.scalars import boolean, file_mode, image_reference, integer, keyed_texts, size, text, word
from phlo.frozen import dataclass, field
from phlo.image_source import BuildSecret, BuildSettings
from phlo.values import Text, reveal

_ONE = "Keep one of the two."
_BUILT_IN_PROFILES = ("unconfined", "builtin")
# What describes the image and is not part of it.
BUILD_WARNED = ("provenance", "sbom")
BUILD_REFUSED = {
    "isolation": "Remove it: only engines on Windows have it.",
    "privileged": "Write `entitlements: [security.insecure]`, which BuildKit has for it.",
}


def _contexts(value: Any, at: At) -> dict[str, str]:
    """`additional_contexts`: name -> the absolute path of a folder, or a URL."""
    found = {}
    for name, one in keyed_texts(value, at).items():
        target = reveal(one or "")
        if target.startswith("service:"):
            what = "phlo does not build from the image of another service"
            raise at[name].error(what, "Give that service an `image`, and write docker-image://IMAGE.")
        found[name] = target if "://" in target else str(path_in(target, at[name]))
    return found


def _build_secret(value: Any, at: At) -> BuildSecret:
    if not isinstance(value, Mapping):
        name = word(value, at)
        return BuildSecret(id=name, source=name)
    # The builder decides about owner and mode; Compose reads these keys as well.
    known = {"source": word, "target": word, "uid": integer(0), "gid": integer(0), "mode": file_mode}
    fields = record(value, at, known, required=("source",))
    return BuildSecret(id=fields.get("target", fields["source"]), source=fields["source"])


def _ssh(value: Any, at: At) -> list[str]:
    """`default`, `ID=PATH`, or a mapping of the same -> what `buildx build --ssh` takes, paths absolute."""
    found = []
    for name, path in keyed_texts(value, at).items():
        if path is None and name != "default":
            raise at[name].error(f'"{name}" has no path', "Write ID=PATH of a key or of an agent's socket, or default.")
        found.append(name if path is None else f"{name}={path_in(reveal(path), at[name])}")
    return found


# What only BuildKit has, and not the builder that every engine has by itself.
BUILDKIT_ONLY: Mapping[str, Callable[[Any, At], Any]] = {
    "additional_contexts": _contexts,
    "secrets": list_of(_build_secret),
    "ssh": _ssh,
    "entitlements": list_of(word),
}
_BUILD_SETTINGS: Mapping[str, Callable[[Any, At], Any]] = {
    "labels": keyed_texts,
    "tags": list_of(image_reference),
    "no_cache": boolean,
    "pull": boolean,
    "network": word,
    "extra_hosts": networks.extra_hosts,
    "shm_size": size,
    "ulimits": limits.ulimits,
    "dockerfile_inline": text,
    "platforms": list_of(word),
    "cache_from": list_of(word),
    "cache_to": list_of(word),
    **BUILDKIT_ONLY,
}
_LISTS = ("platforms", "secrets", "ssh", "cache_from", "cache_to", "entitlements")
BUILD_HONOURED = ("context", "dockerfile", "args", "target", *_BUILD_SETTINGS)


def build(value: Any, at: At) -> dict[str, Any]:
    """A context folder, or a mapping as in Compose; `base`, `name` and `guard` are phlo's own."""
    if not isinstance(value, Mapping):
        return {"context": _context(value, at)}
    return record(
        value,
        at,
        {
            "context": _context,
            "dockerfile": word,
            "args": keyed_texts,
            "target": word,
            "base": word,
            "name": word,
            "guard": boolean,
            **_BUILD_SETTINGS,
            **dict.fromkeys(BUILD_WARNED, _warned),
            **dict.fromkeys(BUILD_REFUSED, _refused),
        },
    )


def build_of(fields: Mapping[str, Any], at: At) -> Build:
    known = ("dockerfile", "args", "target", "base", "name", "guard")
    given = {name: fields[name] for name in known if name in fields}
    if "dockerfile" in given and "dockerfile_inline" in fields:
        raise at["dockerfile_inline"].error('"dockerfile" and "dockerfile_inline" contradict each other', _ONE)
    return Build(context=fields.get("context", at.root), settings=_settings_of(fields), **given)


def _settings_of(fields: Mapping[str, Any]) -> BuildSettings:
    ulimits: Mapping[str, Ulimit] = fields.get("ulimits") or {}
    return BuildSettings(
        labels={name: "" if value is None else value for name, value in (fields.get("labels") or {}).items()},
        tags=tuple(fields.get("tags") or ()),
        no_cache=fields.get("no_cache", False),
        pull=fields.get("pull", False),
        network=fields.get("network"),
        extra_hosts=tuple(sorted(dict.fromkeys(fields.get("extra_hosts") or ()))),
        shm_size=fields.get("shm_size"),
        ulimits=tuple({"Name": name, "Soft": one.soft, "Hard": one.hard} for name, one in ulimits.items()),
        dockerfile_text=fields.get("dockerfile_inline"),
        contexts=fields.get("additional_contexts") or {},
        **{name: tuple(fields.get(name) or ()) for name in _LISTS},
    )


def _context(value: Any, at: At) -> Path:
    if "://" in text(value, at):
        raise at.error("a build context should be a folder", "Clone the repository, and name its folder.")
    return path_in(value, at)


def _warned(value: Any, at: At) -> Any:
    at.warn("has no effect on how phlo builds")
    return value


def _refused(value: Any, at: At) -> Any:
    raise at.error("phlo's builds do not have it", BUILD_REFUSED[str(at.keys[-1])])


def references(folder: str) -> Callable[[Any, At], Items]:
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


def identity(reference: FileReference) -> str:
    """Two references with the same path in the container are the same."""
    return reference.target


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFiles:
    """`label_file`, read: the labels, and the files they are from."""

    labels: Mapping[str, Text] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()


def label_files(value: Any, at: At) -> Items:
    return each(value, at, path_in)


def labels_of(paths: tuple[Path, ...], at: At) -> LabelFiles:
    """What is in files of the syntax of environment files, where `$NAME` is an earlier label; a later file wins."""
    labels: dict[str, Text] = {}
    for path in paths:
        try:
            entries = load_entries(path, label=str(path), read=at.read)
        except FileNotFoundError:
            raise at.error(f"{path} cannot be read: No such file or directory") from None
        labels |= final_texts(entries, labels.get, below={}, label=str(path))
    return LabelFiles(labels=labels, paths=paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityOptions:
    """`security_opt`, with seccomp profiles read, and the files they are from."""

    options: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()


def security_options(value: Any, at: At) -> Items:
    """`key=value` or `key:value` -> `key=value`, with an absolute path for `seccomp=FILE`."""
    return each(value, at, _security_option)


def _security_option(value: Any, at: At) -> str:
    raw = word(value, at)
    key, separator, rest = raw.partition("=" if "=" in raw else ":")
    known_security_option(key, at)
    if key == "seccomp" and rest not in _BUILT_IN_PROFILES:
        rest = str(path_in(rest, at))
    return f"{key}={rest}" if separator else key


def security_of(given: tuple[str, ...], at: At) -> SecurityOptions:
    """The options with the content of seccomp profiles, which the engine cannot read as files."""
    options, paths = [], []
    for index, option in enumerate(given):
        key, _, rest = option.partition("=")
        if key == "seccomp" and rest not in _BUILT_IN_PROFILES:
            paths.append(Path(rest))
            option = f"seccomp={_seccomp_profile(Path(rest), at[index])}"
        options.append(option)
    return SecurityOptions(options=tuple(sorted(dict.fromkeys(options))), paths=tuple(paths))


def _seccomp_profile(path: Path, at: At) -> str:
    try:
        return json.dumps(parse_json(_read(path, at)), separators=(",", ":"))
    except ValueError as reason:
        raise at.error(f"the seccomp profile {path} is not valid JSON: {reason}") from None


def _read(path: Path, at: At) -> str:
    try:
        return at.read(path).decode()
    except (OSError, UnicodeDecodeError) as reason:
        cause = reason.strerror if isinstance(reason, OSError) else "it is not UTF-8 text"
        raise at.error(f"{path} cannot be read: {cause}") from None
