"""Export all dashboards, charts and datasets, or import what was exported.

python -m phlo_superset_app.assets export > FILE.zip
base64 FILE.zip | python -m phlo_superset_app.assets import      (a tar.gz of the unpacked folder will do as well)
"""

from __future__ import annotations

import base64
import datetime
import io
import sys
import tarfile
import zipfile
from pathlib import PurePosixPath

import yaml

from phlo_superset_app.client import Client, fail
from phlo_superset_app.setup import DATABASES, id_of

METADATA = "metadata.yaml"
KINDS = ("databases", "datasets", "charts", "dashboards")


def main() -> None:
    {"export": export, "import": import_}[sys.argv[1]]()


def export() -> None:
    sys.stdout.buffer.write(Client().answer("GET", "/api/v1/assets/export/").content)


def import_() -> None:
    files = read_bundle(base64.b64decode(sys.stdin.buffer.read()))
    if not any(name.split("/")[0] in KINDS for name in files):
        fail(f"holds nothing to import. A bundle has the folders {', '.join(KINDS)}.")
    # The databases that phlo registered stay as they are here, whatever they were where the bundle was made.
    files = {name: text for name, text in files.items() if not _is_ours(name, text)}
    stamp = datetime.datetime.now(datetime.UTC).isoformat()
    files[METADATA] = yaml.safe_dump({"version": "1.0.0", "type": "assets", "timestamp": stamp})
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, text in sorted(files.items()):
            archive.writestr(f"bundle/{name}", text)
    # sparse: what the bundle refers to may be here already.
    given = {"files": {"bundle": ("bundle.zip", bundle.getvalue())}, "data": {"sparse": "true"}}
    Client().ask("POST", "/api/v1/assets/import/", **given)
    counts = {kind: sum(name.startswith(f"{kind}/") for name in files) for kind in KINDS[1:]}
    print("imported " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))


def read_bundle(content: bytes) -> dict[str, str]:
    """Path in the bundle -> text, for a zip as Superset makes it or a tar of such a folder."""
    found: dict[str, str] = {}
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                found = {name: archive.read(name).decode() for name in archive.namelist()}
        else:
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                found = {one.name: tar.extractfile(one).read().decode() for one in tar if one.isfile()}
    except (tarfile.TarError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        fail(f"is no bundle of Superset's: {error}")
    return {_inside(name): text for name, text in found.items() if name.endswith((".yaml", ".yml"))}


def _is_ours(name: str, text: str) -> bool:
    if not name.startswith("databases/"):
        return False
    said = yaml.safe_load(text)
    return isinstance(said, dict) and said.get("uuid") in {str(id_of(database)) for database in DATABASES}


def _inside(name: str) -> str:
    """The path without the folder that Superset puts a bundle into."""
    parts = PurePosixPath(name).parts
    for index, part in enumerate(parts):
        if part in KINDS:
            return "/".join(parts[index:])
    return parts[-1]


if __name__ == "__main__":
    main()
