"""Everything that phlo imports, for the fork server of `launch`: importing this module does it."""

from __future__ import annotations

import importlib
import pkgutil

import phlo

for _module in pkgutil.walk_packages(phlo.__path__, "phlo."):
    if not _module.name.startswith(("phlo.testing", "phlo.tasks")):
        importlib.import_module(_module.name)
