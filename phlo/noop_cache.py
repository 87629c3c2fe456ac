"""The cache of runs that found nothing to do.

An `up` that finds nothing to do stores a cache entry: the inputs of its plan (files with times and sizes, environment
variables, the versions of phlo and Python) and a digest of the project's objects in the engine before and after the
run. While all of these are unchanged, the same command would find nothing to do again, and ends at once. The entry is
not state: without it, or when anything differs, the whole run decides.

An `up` without changes loads only this module, so the module imports next to nothing: `argparse`, `dataclasses`,
`http.client`, `typing` and `yaml` would each cost more than its own work (docs/architecture/decisions/0004).
"""

from __future__ import annotations

import _socket
import itertools
import json
import os
import sys

import phlo
from phlo.kept_file import write_kept

try:
    from _blake2 import blake2b  # what hashlib offers, without OpenSSL's start
except ImportError:  # an interpreter built without it
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

FORM = b"phlo form 4"
_MOST_BYTES = 16 * 1024 * 1024
FOLDER = os.path.join(".phlo", "cache")
TIMEOUT_SECONDS = 3.0  # with a slower engine the shortcut saves nothing
PROJECT_FILES = ("phlo.yaml", "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
SET_ASIDE = ".phlo-before-"  # as in phlo.values, which is too much to load for it
# A file written this close before a run may be written again within its time stamp's resolution.
RACY_SECONDS = 0.05
_MODES = ("NetworkMode", "PidMode", "IpcMode")


def cached_summary(words: Sequence[str], environ: Mapping[str, str], cwd: str, *, is_terminal: bool) -> str | None:
    """Return the last line of the cached run of this command if nothing has changed since; otherwise None.

    words: the command line after `phlo`. cwd: the working directory. is_terminal: the line goes to a terminal, and has
    colours unless the command or the environment disables them.
    """
    if "up" not in words:
        return None
    root = _project_root(words, cwd)
    try:
        entry = _read(_file(root, words, cwd))
        if entry["made_from"] != made_from(entry["inputs"], entry["environment"], environ):
            return None
        for host, engine in entry["engines"].items():
            if live_digest(engine["socket"], engine["api"], entry["project"], entry["images"]) != entry["live"][host]:
                return None
        summary: str = entry["coloured" if is_terminal else "summary"]
        return summary
    except Exception:
        return None  # whatever is wrong, the whole run finds out and says so


def discard_if_stale(words: Sequence[str], environ: Mapping[str, str], cwd: str) -> bool:
    """Remove the command's cache entry if its inputs have changed; return whether it was removed.

    The command will then most likely find something to do, so a new entry need not be prepared.
    """
    path = _file(_project_root(words, cwd), words, cwd)
    try:
        entry = _read(path)
        is_current = entry["made_from"] == made_from(entry["inputs"], entry["environment"], environ)
    except FileNotFoundError:
        return False
    except Exception:
        is_current = False  # an unreadable entry is useless
    if is_current:
        return False
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def store(
    root: str,
    words: Sequence[str],
    environ: Mapping[str, str],
    cwd: str,
    *,
    project: str,
    inputs: Iterable[str],
    environment: Iterable[str],
    images: Iterable[str],
    engines: Mapping[str, Mapping[str, str]],
    live: Mapping[str, str],
    summary: str,
    coloured: str,
    started: float,
) -> bool:
    """Write the cache entry, readable by the user only; False if a file is too new to detect its next change.

    inputs, environment: names of the files and environment variables that the plan was made from.
    images:  every reference that one of the services could run from.
    engines: host -> `{"socket": path, "api": "1.41"}`. live: host -> its digest before and after the run.
    summary: the last line of the run without colours. coloured: the same for a terminal.
    started: when the run began, in seconds since the epoch.
    """
    inputs, environment = sorted(set(inputs)), sorted({*environment, "DOCKER_HOST"})
    if any(_modified(path) > started - RACY_SECONDS for path in inputs):
        return False
    entry = {
        "project": project,
        "inputs": inputs,
        "environment": environment,
        "made_from": made_from(inputs, environment, environ),
        "images": sorted(set(images)),
        "engines": dict(engines),
        "live": dict(live),
        "summary": summary,
        "coloured": coloured,
    }
    text = json.dumps(entry).encode()
    write_kept(_file(root, words, cwd), _checksum(text) + b"\n" + text)
    return True


def _read(path: str) -> Any:
    """Read a cache entry. Raises OSError or ValueError for a file that this version of phlo did not write."""
    with open(path, "rb") as stream:
        data = stream.read(_MOST_BYTES)
    checksum, _, text = data.partition(b"\n")
    if checksum != _checksum(text):
        raise ValueError(path)
    return json.loads(text)


def _checksum(text: bytes) -> bytes:
    return blake2b(text, digest_size=16, person=FORM).hexdigest().encode()


def made_from(inputs: Iterable[str], environment: Iterable[str], environ: Mapping[str, str]) -> str:
    """A digest of files (time, size, number), environment variables, and of what reads them."""
    digest = blake2b(f"{phlo.__version__} {phlo.__file__} {sys.version} {sys.prefix} {sys.path}\n".encode())
    for path in inputs:
        try:
            found = os.stat(path)
            digest.update(f"{path} {found.st_mtime_ns} {found.st_size} {found.st_ino}\n".encode())
        except OSError:
            digest.update(f"{path} is not there\n".encode())
    for name in environment:
        digest.update(f"{name}={environ.get(name)!r}\n".encode())
    return digest.hexdigest()


def live_digest(socket: str, api: str, project: str, images: Iterable[str]) -> str | None:
    """A digest of what an engine has of a project: containers, networks, volumes, and the images asked for.

    None when a container is not as it should stay (starting, unhealthy, restarting, paused), or is a one-off.
    Raises OSError or ValueError when the engine does not answer as expected.
    """

    def get(path: str, **query: Any) -> Any:
        filters = json.dumps(query.pop("filters", {}))
        pairs = "&".join(f"{key}={value}" for key, value in query.items())
        return _get(socket, f"/v{api}{path}?{pairs}&filters={_quoted(filters)}")

    mine = {"label": [f"phlo.project={project}"]}
    seen: list[Any] = []
    owners: set[str] = set()
    listed = get("/containers/json", all=1, filters=mine)
    if any("phlo.one-off" in entry["Labels"] for entry in listed):  # whether it has to go depends on a process
        return None
    for identity in sorted(entry["Id"] for entry in listed if SET_ASIDE not in entry["Names"][0]):
        found = get(f"/containers/{identity}/json")
        if not _is_steady(found["State"]):
            return None
        seen.append(_lasting(found))
        owners |= {str(mode)[10:] for mode in map(found["HostConfig"].get, _MODES) if str(mode)[:10] == "container:"}
        for file in json.loads((found["Config"]["Labels"] or {}).get("phlo.files") or "{}"):
            seen.append(_stat(socket, f"/v{api}/containers/{identity}/archive?path={_quoted(file)}"))
    # Whatever shares a namespace has to follow when its owner is restarted.
    seen.append([get(f"/containers/{owner}/json")["State"]["StartedAt"] for owner in sorted(owners)])
    kept = ("Id", "Name", "Driver", "Options", "IPAM", "Internal")
    networks = get("/networks", filters=mine)
    seen.append(sorted([str(network.get(key)) for key in kept] for network in networks))
    volumes = get("/volumes", filters=mine)["Volumes"] or ()
    seen.append(sorted([volume["Name"], volume["Driver"], volume.get("CreatedAt", "")] for volume in volumes))
    # One by one: to list images, an engine looks at every one it has, and it may have thousands.
    seen.append([_image(socket, f"/v{api}/images/{_quoted(reference)}/json") for reference in sorted(set(images))])
    return blake2b(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def _is_steady(state: Mapping[str, Any]) -> bool:
    health = (state.get("Health") or {}).get("Status", "none")
    return state["Status"] == "exited" or (state["Status"] == "running" and health in ("none", "healthy"))


def _lasting(found: Mapping[str, Any]) -> list[Any]:
    """What of a container's inspect answer stays the same as long as nobody changes it."""
    networks = found["NetworkSettings"]["Networks"] or {}
    kept = ("Aliases", "IPAMConfig", "Links", "NetworkID", "DriverOpts")
    return [
        [found["State"]["Status"], found["State"]["ExitCode"]],
        {name: {key: network.get(key) for key in kept} for name, network in networks.items()},
        {key: found.get(key) for key in ("Id", "Name", "Image", "Config", "HostConfig")},
        sorted(map(str, found.get("Mounts") or ())),  # an engine lists them in any order
    ]


def _get(path: str, url: str) -> Any:
    status, body = _answered(path, url)
    if status != b"200":
        raise ValueError(status, body)
    return json.loads(body)


def _image(path: str, url: str) -> str | None:
    """The id of an image; None when it is not there."""
    status, body = _answered(path, url)
    if status not in (b"200", b"404"):
        raise ValueError(status, body)
    return str(json.loads(body)["Id"]) if status == b"200" else None


def _answered(path: str, url: str) -> tuple[bytes, bytes]:
    head, body = _answer(path, "GET", url)
    return head.split(maxsplit=2)[1], body


def _stat(path: str, url: str) -> str | None:
    """Size, mode and time of a file in a container as the engine writes them; None when it is not there."""
    head, _ = _answer(path, "HEAD", url)
    lines = head.decode("latin-1").split("\r\n")
    return next((line for line in lines if line.lower().startswith("x-docker-container-path-stat:")), None)


def _answer(path: str, method: str, url: str) -> tuple[bytes, bytes]:
    """Ask over a Unix socket. HTTP/1.0, so that the answer simply ends where the connection does."""
    channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        channel.settimeout(TIMEOUT_SECONDS)
        channel.connect(path)
        channel.send(f"{method} {url} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        pieces = []
        while piece := channel.recv(1 << 18):
            pieces.append(piece)
    finally:
        channel.close()
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return head, body


def _quoted(text: str) -> str:
    """Percent-encoded as RFC 3986 has it; all but letters and digits."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in text.encode())


def _project_root(words: Sequence[str], cwd: str) -> str:
    """The folder that `find_project_root` would find, as far as the words tell without being parsed."""
    folder = cwd
    for flag, value in itertools.pairwise(words):
        if flag in ("-C", "--project-dir"):
            folder = os.path.join(cwd, value)
    folder = os.path.realpath(folder)
    while not _is_project(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder


def _is_project(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in PROJECT_FILES)


def _file(root: str, words: Sequence[str], cwd: str) -> str:
    key = json.dumps([*words, os.path.realpath(cwd)]).encode()
    return os.path.join(root, FOLDER, f"noop-{blake2b(key, digest_size=8).hexdigest()}.json")


def _modified(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
