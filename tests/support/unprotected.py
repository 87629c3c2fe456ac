"""The words with which a test deletes the volumes of its own project that packages protect."""

from __future__ import annotations

_VOLUMES = ("postgres-data", "minio-data", "seaweedfs-data", "grafana-data")
UNPROTECTED = tuple(word for name in _VOLUMES for word in ("--unprotect", name))
