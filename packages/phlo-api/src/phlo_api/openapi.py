"""Print the OpenAPI document: `python -m phlo_api.openapi`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from phlo_api.server.app import create_app
from phlo_api.server.settings import Settings


def document_text() -> str:
    """The document as it is checked in as `openapi.json`."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(root=Path(folder), state_folder=Path(folder)))
        return json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document_text())
