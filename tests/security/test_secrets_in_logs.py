"""Secrets that containers and commands print in other shapes than they were given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

KEY = "-----BEGIN KEY-----\nc2VudGluZWwtbGluZS1vbmU\nc2VudGluZWwtbGluZS10d28\n-----END KEY-----\n"
PASSWORD = "sentinel p@ss/word&more"

PROJECT = """
name: {name}
services:
  web:
    type: inline
    image: {image}
    command: ["sh", "-c", 'trap "exit 0" TERM; {script}; while :; do sleep 1 & wait $$!; done']
    environment: {{KEY: "${{KEY}}", DSN: "postgres://user:${{ENCODED}}@db/x", PASSWORD: "${{PASSWORD}}"}}
    stop_grace_period: 1s
secret_sources:
  KEY: {{file: key.pem}}
  PASSWORD: {{file: password}}
  ENCODED: {{file: encoded}}
"""
SCRIPT = 'echo "$$KEY"; echo "$$DSN"; echo "$$PASSWORD"; printf "%s" "$$PASSWORD" | dd bs=1 2>/dev/null; echo'


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny, script=SCRIPT))
    (tmp_path / "key.pem").write_text(KEY)
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "encoded").write_text(quote(PASSWORD, safe=""))
    return tmp_path


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "phlo", *words],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )
    return done.stdout + done.stderr


def test_secrets_are_masked_line_by_line_encoded_and_written_byte_by_byte(folder: Path) -> None:
    run(folder, "up", "web")

    told = run(folder, "logs", "web")

    assert told.count("***") >= 5
    for form in (*KEY.splitlines()[1:3], PASSWORD, quote(PASSWORD, safe=""), json.dumps(PASSWORD)[1:-1]):
        assert form not in told
