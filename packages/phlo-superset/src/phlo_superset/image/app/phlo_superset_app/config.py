"""Superset's configuration (SUPERSET_CONFIG); the user's own `superset_config.py`, where there is one, wins."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sqlalchemy.engine import URL
from superset.config import *  # noqa: F403  this is how Superset is configured

from phlo_superset_app.settings import read

_settings = read()
_metadata = _settings["metadata"]

SECRET_KEY = _settings["secret_key"]
SQLALCHEMY_DATABASE_URI = URL.create(
    "postgresql+psycopg2",
    username=_metadata["user"],
    password=_metadata["password"],
    host=_metadata["host"],
    port=_metadata["port"],
    database=_metadata["database"],
).render_as_string(hide_password=False)

SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True}
RATELIMIT_STORAGE_URI = "memory://"
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 300}
ROW_LIMIT = 50_000
FAB_ADD_SECURITY_API = True

_own = Path("/etc/superset/superset_config.py")
if _own.is_file():
    _spec = importlib.util.spec_from_file_location("superset_config", _own)
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    globals().update({name: value for name, value in vars(_module).items() if name.isupper()})
