"""Anyone who changes a file holds its lock from reading to replacing, so no change is lost."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from phlo.cli import secrets as secret_commands
from phlo.cli.shell import Shell
from phlo.config import vault
from phlo.config.edit import add_service
from phlo.config.file_lock import locked
from phlo.config.secrets import stored_secret
from phlo.config.vault import open_vault, read_vault
from phlo.errors import LockError
from phlo.values import Secret

ROOT = Path(__file__).parents[3]
AT_ONCE = 4


def all_at_once(work: Callable[[int], object]) -> None:
    start = threading.Barrier(AT_ONCE)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {}\n")
    monkeypatch.setattr(vault, "COST", 2)
    return tmp_path


def shell(project: Path, text: str = "") -> Shell:
    environ = {"PHLO_SECRETS_PASSPHRASE": "open"}
    return Shell(io.StringIO(), io.StringIO(), io.StringIO(text), environ, project)


def options(name: str) -> Namespace:
    return Namespace(name=name, generate=False, project_dir=None, no_color=True)


def kept(project: Path) -> dict[str, str]:
    found = read_vault(project / "phlo-secrets.enc")
    assert found is not None
    opened = open_vault(found, Secret("open"))
    return {name: opened.get(name).reveal() for name in found.tokens}


def test_secrets_that_are_set_at_once_are_all_kept(project: Path) -> None:
    all_at_once(lambda number: secret_commands.set_secret(options(f"S{number}"), shell(project, f"value-{number}\n")))
    assert kept(project) == {f"S{number}": f"value-{number}" for number in range(AT_ONCE)}


def test_a_secret_that_is_set_while_another_is_removed_is_kept(project: Path) -> None:
    for number in range(AT_ONCE):
        secret_commands.set_secret(options(f"OLD{number}"), shell(project, "old"))

    def work(number: int) -> None:
        if number % 2:
            secret_commands.remove(options(f"OLD{number}"), shell(project))
        else:
            secret_commands.set_secret(options(f"NEW{number}"), shell(project, "new"))

    all_at_once(work)
    assert set(kept(project)) == {"OLD0", "OLD2", "NEW0", "NEW2"}


def test_services_that_are_added_at_once_are_all_in_the_file(project: Path) -> None:
    all_at_once(lambda number: add_service(project / "phlo.yaml", f"s{number}", {"type": "inline", "image": "a:1"}))
    text = (project / "phlo.yaml").read_text()
    assert [number for number in range(AT_ONCE) if f"s{number}:" not in text] == []


def test_secrets_that_are_made_at_once_are_all_stored(project: Path) -> None:
    path = project / ".phlo" / ".env.local"
    all_at_once(lambda number: stored_secret(path, f"S{number}", purpose="a test"))
    assert [number for number in range(AT_ONCE) if f"S{number}=" not in path.read_text()] == []


def test_who_waits_is_told_and_gives_up_in_the_end(tmp_path: Path) -> None:
    said: list[str] = []
    waiting = locked(tmp_path / "a", notify=said.append, timeout_seconds=0.1)
    with locked(tmp_path / "a"), pytest.raises(LockError, match="another phlo command"), waiting:
        pass
    assert len(said) == 1
    with locked(tmp_path / "a", notify=said.append):
        assert len(said) == 1


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from phlo.config.file_lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "a")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LockError), locked(tmp_path / "a", timeout_seconds=0):
            pass
        holder.kill()
    with locked(tmp_path / "a", timeout_seconds=0):
        pass


# What writes a whole new file, and keeps nothing of one that is there.
WRITES_ANEW = {
    "cli/lock_file.py",
    *("cli/carry_out.py", "cli/graph.py", "cli/saved.py", "cli/import_compose.py", "cli/planning.py"),
    "cli/import_files.py",
    "cli/lifecycle.py",
}


def test_whoever_replaces_a_file_holds_its_lock() -> None:
    """Every module that replaces a file either takes the lock, or writes the file without reading it."""
    replacing = {path for path in (ROOT / "phlo").rglob("*.py") if calls(path, {"replace_file", "save"})}
    unlocked = {str(path.relative_to(ROOT / "phlo")) for path in replacing if not calls(path, {"locked"})}
    # `OpenVault.save` is called by those that hold the lock; `Work.save` and `saved.save` are something else.
    assert unlocked - WRITES_ANEW == {"config/vault.py", "cli/backup.py"}


def calls(path: Path, names: set[str]) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in names:
                return True
    return False
