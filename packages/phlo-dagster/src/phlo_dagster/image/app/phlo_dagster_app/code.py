"""Start the code server: the user's packages first, then the database's schema, then the server itself.

python -m phlo_dagster_app.code [--watch]
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path("/opt/dagster/project")
REQUIREMENTS = PROJECT / "workflows" / "requirements.txt"
PACKAGES = Path("/var/lib/dagster/packages")
CONSTRAINTS = Path("/opt/dagster/constraints.txt")
PORT = 4000


def main() -> None:
    watch = "--watch" in sys.argv[1:]
    packages = install_packages()
    if packages is not None:
        # For this process and for those that it starts: the server of the user's code, and the runs.
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(packages)]))
        sys.path.append(str(packages))
    prepare_instance()
    if watch:
        subprocess.Popen([sys.executable, "-m", "phlo_dagster_app.watch"])
    serve()


def install_packages() -> Path | None:
    """The folder with what `workflows/requirements.txt` asks for, None without that file; the same file only once."""
    if not REQUIREMENTS.is_file():
        return None
    fixed = REQUIREMENTS.read_bytes() + CONSTRAINTS.read_bytes()
    wanted = PACKAGES / hashlib.sha256(fixed).hexdigest()[:12]
    if not wanted.is_dir():
        say("installs workflows/requirements.txt")
        unfinished = wanted.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]
        done = subprocess.run([*pip, "-c", CONSTRAINTS, "-r", REQUIREMENTS, "--target", unfinished], check=False)
        if done.returncode:
            sys.exit("phlo-dagster: workflows/requirements.txt cannot be installed; pip says why above.")
        unfinished.rename(wanted)
    for old in PACKAGES.iterdir():
        if old != wanted:
            shutil.rmtree(old, ignore_errors=True)
    return wanted


def prepare_instance() -> None:
    """Bring the database's schema to this version, and end the runs that ended with the last container.

    Runs are processes of this container: none can be under way before the server is.
    """
    from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

    alive = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    with DagsterInstance.get() as instance:
        instance.upgrade()
        for run in instance.get_runs(RunsFilter(statuses=alive)):
            if run.status is DagsterRunStatus.CANCELING:
                instance.report_run_canceled(run, "The code server was restarted while the run was being cancelled.")
            else:
                instance.report_run_failed(run, "The code server was restarted while the run was under way.")


def serve() -> None:
    from dagster._cli import main as dagster

    module = "phlo_dagster_app.workflows"
    server = ["code-server", "start", "--host", "0.0.0.0", "--port", str(PORT)]  # noqa: S104  the project's network
    sys.argv = ["dagster", *server, "--module-name", module, "--working-directory", str(PROJECT)]
    dagster()


def say(text: str) -> None:
    print(f"phlo-dagster: {text}", flush=True)


if __name__ == "__main__":
    main()
