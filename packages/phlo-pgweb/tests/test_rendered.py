"""pgweb's rendered configuration, as far as it can be checked without its image."""

from __future__ import annotations

import tomllib
from pathlib import Path

from phlo.testing.rendering import rendered_files

BOOKMARK = "/etc/pgweb/bookmarks/phlo.toml"


def test_its_bookmark_is_the_database_of_the_project(tmp_path: Path) -> None:
    files = rendered_files(
        "pgweb", tmp_path, beside=["postgres"], env={"POSTGRES_DB": "lake", "POSTGRES_PASSWORD": 'a"b\\c'}
    )
    assert tomllib.loads(files[BOOKMARK]) == {
        "host": "postgres",
        "port": 5432,
        "user": "phlo",
        "password": 'a"b\\c',
        "database": "lake",
        "sslmode": "disable",
    }
