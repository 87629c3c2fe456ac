"""An environment of its own with ansible-core, outside of the project's."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench.fetch import virtual_environment

VERSION = "2.19.14"


def python(cache: Path) -> Path:
    """The Python that has ansible-core; made once, kept in `cache`."""
    return virtual_environment(cache, f"ansible-core-{VERSION}", [f"ansible-core=={VERSION}"]) / "python"


def settings(scratch: Path, interpreter: Path) -> dict[str, str]:
    """The environment of ansible-core: nothing of the machine's configuration counts."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(scratch / "ansible"),
        "ANSIBLE_CONFIG": str(Path(__file__).with_name("recorder") / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "peers_recorder",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("recorder") / "plugins"),
        "ANSIBLE_PYTHON_INTERPRETER": str(interpreter),
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
