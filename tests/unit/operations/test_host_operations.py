"""Operations on a host: check mode changes nothing and says what the first run does; the second has nothing to do."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, OperationError
from phlo.execute.converge import Converged, Observation, converge, difference, observe
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.operations import task_operation
from phlo.operations.arguments import make_args
from phlo.playbook.aliases import renamed
from phlo.values import Secret, Status


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("operations on a host ask no engine")


HOST = Host(name="data-1", engine=Engine(refuse, name="data-1"))


class Bench:
    """Runs an operation in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def args(self, name: str, values: Mapping[str, Any]) -> Any:
        injected = {
            "project": "lake",
            "service": "",
            "root": self.root,
            "folder": self.root,
            "clock": lambda: 0.0,
            "find_file": lambda path, kind: self.root / path,
            "decrypted": lambda content, path: content,
            "label": str,
            "render": lambda path, label, names: path.read_text().replace("{{ x }}", str(names.get("x", ""))),
        }
        return make_args(task_operation(name).Args, renamed(name, values), injected=injected, where="site.yaml:1")  # type: ignore[attr-defined]

    def look(self, name: str, values: Mapping[str, Any]) -> Observation:
        return observe(task_operation(name), self.args(name, values), HOST.reader())

    def run(self, name: str, values: Mapping[str, Any]) -> Converged:
        args = self.args(name, values)
        return converge(task_operation(name), args, observe(task_operation(name), args, HOST.reader()), HOST)

    def diff(self, name: str, values: Mapping[str, Any]) -> list[str]:
        args = self.args(name, values)
        return list(difference(task_operation(name), args, observe(task_operation(name), args, HOST.reader())))

    def tree(self) -> dict[str, tuple[Any, ...]]:
        """All that is in the folder: mode, and content or target."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            status = path.lstat()
            what = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
            found[str(path.relative_to(self.root))] = (stat.S_IMODE(status.st_mode), status.st_mtime_ns, what)
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    os.umask(0o022)
    (tmp_path / "there").write_text("one\ntwo\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_text("a")
    (tmp_path / "tree" / "inner").mkdir(parents=True)
    (tmp_path / "tree" / "inner" / "b").write_text("b")
    (tmp_path / "t.j2").write_text("x is {{ x }}\n")
    (tmp_path / "link").symlink_to("there")
    return Bench(tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


Expect = Callable[[Path], object]

# Name -> an operation, its arguments, and what holds afterwards.
LAW: dict[str, tuple[str, dict[str, Any], Expect]] = {
    "copy a new file": (
        "copy",
        {"src": "there", "dest": "new"},
        lambda root: (root / "new").read_text() == "one\ntwo\n",
    ),
    "copy into a folder": ("copy", {"src": "there", "dest": "folder"}, lambda root: (root / "folder/there").is_file()),
    "copy makes a folder": ("copy", {"src": "there", "dest": "fresh/"}, lambda root: (root / "fresh/there").is_file()),
    "copy content with a mode": (
        "copy",
        {"content": "x", "dest": "new", "mode": "0600"},
        lambda root: mode(root / "new") == 0o600,
    ),
    "copy nothing": ("copy", {"content": "", "dest": "new"}, lambda root: (root / "new").read_bytes() == b""),
    "copy data as JSON": (
        "copy",
        {"content": {"a": [1]}, "dest": "new"},
        lambda root: (root / "new").read_text() == '{"a": [1]}',
    ),
    "copy keeps the mode of a file": (
        "copy",
        {"content": "x", "dest": "folder/a"},
        lambda root: mode(root / "folder/a") == 0o644 and (root / "folder/a").read_text() == "x",
    ),
    "copy only a mode": (
        "copy",
        {"src": "there", "dest": "there", "mode": "u+x"},
        lambda root: mode(root / "there") == 0o744,
    ),
    "copy a secret": ("copy", {"content": Secret("s"), "dest": "new"}, lambda root: (root / "new").read_text() == "s"),
    "copy a file of the host": (
        "copy",
        {"src": "there", "dest": "new", "remote_src": True},
        lambda root: (root / "new").read_text() == "one\ntwo\n",
    ),
    "copy a folder": (
        "copy",
        {"src": "tree", "dest": "to", "directory_mode": "0700"},
        lambda root: (
            (root / "to/tree/inner/b").read_text() == "b"
            and [mode(root / path) for path in ("to", "to/tree", "to/tree/inner")] == [0o700] * 3
        ),
    ),
    "copy what is in a folder": ("copy", {"src": "tree/", "dest": "to"}, lambda root: (root / "to/inner/b").is_file()),
    "copy in place of a link": (
        "copy",
        {"content": "x", "dest": "link"},
        lambda root: not (root / "link").is_symlink() and (root / "there").read_text() == "one\ntwo\n",
    ),
    "copy to what a link leads to": (
        "copy",
        {"content": "x", "dest": "link", "follow": True},
        lambda root: (root / "link").is_symlink() and (root / "there").read_text() == "x",
    ),
    "copy what is valid": (
        "copy",
        {"content": "ok\n", "dest": "new", "validate": "grep -q 'ok' %s"},
        lambda root: (root / "new").read_text() == "ok\n",
    ),
    "template": (
        "template",
        {"src": "t.j2", "dest": "folder/", "variables": {"x": "é"}},
        lambda root: (root / "folder/t").read_text() == "x is é\n",
    ),
    "file makes folders": (
        "file",
        {"path": "one/two", "state": "directory", "mode": "0750"},
        lambda root: (mode(root / "one"), mode(root / "one/two")) == (0o750, 0o750),
    ),
    "file changes a mode": ("file", {"path": "there", "mode": "g-r,o="}, lambda root: mode(root / "there") == 0o600),
    "file removes a file": ("file", {"path": "there", "state": "absent"}, lambda root: not (root / "there").exists()),
    "file removes a folder": ("file", {"name": "tree", "state": "absent"}, lambda root: not (root / "tree").exists()),
    "file makes a link": (
        "file",
        {"src": "there", "dest": "new", "state": "link"},
        lambda root: os.readlink(root / "new") == "there",
    ),
    "file changes a link": (
        "file",
        {"src": "folder", "dest": "link", "state": "link"},
        lambda root: os.readlink(root / "link") == "folder",
    ),
    "file makes a link to nothing": (
        "file",
        {"src": "nowhere", "dest": "new", "state": "link", "force": True},
        lambda root: os.readlink(root / "new") == "nowhere",
    ),
    "file makes a hard link": (
        "file",
        {"src": "there", "dest": "new", "state": "hard"},
        lambda root: (root / "new").stat().st_ino == (root / "there").stat().st_ino,
    ),
    "file touches a new file": (
        "file",
        {"path": "new", "state": "touch", "mode": "0640", "modification_time": "preserve", "access_time": "preserve"},
        lambda root: mode(root / "new") == 0o640,
    ),
    "file below a folder": (
        "file",
        {"path": "tree", "state": "directory", "mode": "u=rwX,go=", "recurse": True},
        lambda root: (mode(root / "tree/inner"), mode(root / "tree/inner/b")) == (0o700, 0o600),
    ),
    "file follows a link": (
        "file",
        {"path": "link", "state": "file", "mode": "0600"},
        lambda root: mode(root / "there") == 0o600,
    ),
    "fetch": (
        "fetch",
        {"src": "there", "dest": "got"},
        lambda root: (root / "got/data-1/there").read_text() == "one\ntwo\n",
    ),
    "fetch flat": (
        "fetch",
        {"src": "there", "dest": "got/", "flat": True},
        lambda root: (root / "got/there").is_file(),
    ),
}


@pytest.mark.parametrize("case", LAW)
def test_the_first_run_changes_the_second_does_not_and_check_mode_says_so(case: str, bench: Bench) -> None:
    name, values, expected = LAW[case]
    before = bench.tree()

    found = bench.look(name, values)
    assert found.is_pending
    assert bench.tree() == before

    done = bench.run(name, values)
    assert done.status is Status.CHANGED
    assert expected(bench.root)

    after = bench.tree()
    again = bench.run(name, values)
    assert (again.status, again.changes) == (Status.OK, ())
    assert bench.tree() == after


def test_nothing_is_left_beside_a_new_file(bench: Bench) -> None:
    bench.run("copy", {"content": "x", "dest": "folder/a"})
    assert os.listdir(bench.root / "folder") == ["a"]


@pytest.mark.parametrize(
    ("name", "values", "what"),
    [
        ("copy", {"content": "x", "dest": "no/such/file"}, "there is no folder"),
        ("copy", {"content": "x", "dest": "new", "validate": "false %s"}, "it is not valid"),
        ("copy", {"content": "x", "dest": "new", "owner": "no-such-user"}, "no-such-user"),
        ("copy", {"src": "nothing", "dest": "new", "remote_src": True}, "there is no file nothing"),
        ("file", {"path": "new"}, "there is no file new"),
        ("file", {"path": "there", "state": "directory"}, "is a file, not a folder"),
        ("file", {"path": "folder", "state": "link", "src": "there"}, "is a directory, not a link"),
        ("file", {"path": "there", "state": "link", "src": "folder"}, "is a file, not a link"),
        ("file", {"path": "new", "state": "link", "src": "nowhere"}, "is not there"),
        ("slurp", {"src": "nothing"}, "there is no file nothing"),
        ("slurp", {"src": "folder"}, "is not a file, but a directory"),
        ("fetch", {"src": "nothing", "dest": "x"}, "there is no file nothing"),
    ],
)
def test_what_cannot_be_done_is_an_error_and_changes_nothing(
    name: str, values: dict[str, Any], what: str, bench: Bench
) -> None:
    before = bench.tree()
    with pytest.raises(OperationError, match=what):
        bench.run(name, values)
    assert bench.tree() == before


@pytest.mark.parametrize("wrong", ["0999", "rwx", "99999", -1, True])
def test_a_mode_that_is_none_is_refused(wrong: Any, bench: Bench) -> None:
    with pytest.raises(ConfigError, match="mode should be"):
        bench.args("copy", {"content": "x", "dest": "new", "mode": wrong})


def test_a_backup_is_a_copy_of_the_file_before(bench: Bench) -> None:
    done = bench.run("copy", {"content": "new\n", "dest": "there", "backup": True})
    assert Path(bench.root / done.facts["backup_file"]).read_text() == "one\ntwo\n"


def test_register_has_the_attributes_of_a_file_that_was_put_there(bench: Bench) -> None:
    new = bench.run("copy", {"content": "x\n", "dest": "new", "mode": "0600"}).facts
    assert (new["dest"], new["mode"], new["size"], new["state"], "path" in new) == ("new", "0600", 2, "file", False)
    assert new["checksum"] == hashlib.sha1(b"x\n", usedforsecurity=False).hexdigest()
    again = bench.run("copy", {"content": "x\n", "dest": "new", "mode": "0640"}).facts
    assert (again["path"], again["mode"]) == ("new", "0640")


def test_force_false_keeps_a_file(bench: Bench) -> None:
    kept = bench.run("copy", {"content": "new\n", "dest": "there", "force": False})
    assert (kept.status, kept.facts) == (Status.OK, {"dest": "there"})
    assert (bench.root / "there").read_text() == "one\ntwo\n"


def test_a_difference_is_shown_line_by_line_but_not_of_a_secret(bench: Bench) -> None:
    assert bench.diff("copy", {"content": "one\n2\n", "dest": "there"})[-3:] == [" one", "-two", "+2"]
    assert bench.diff("copy", {"content": Secret("x"), "dest": "there"}) == []
    assert bench.diff("file", {"path": "there", "mode": "0600"}) == ["-mode: 0644", "+mode: 0600"]
    assert bench.diff("file", {"path": "new", "state": "touch"}) == ["-state: absent", "+state: file"]


def test_touch_without_preserve_always_changes(bench: Bench) -> None:
    values = {"path": "there", "state": "touch"}
    assert [bench.run("file", values).status for _ in range(2)] == [Status.CHANGED, Status.CHANGED]


def test_stat_has_what_ansible_has(bench: Bench) -> None:
    found = bench.run("stat", {"path": "there"})
    status = (bench.root / "there").stat()
    what = found.facts["stat"]
    assert found.status is Status.OK
    assert (what["exists"], what["isreg"], what["isdir"], what["mode"], what["size"]) == (True, True, False, "0644", 8)
    assert (what["inode"], what["uid"], what["roth"], what["xusr"]) == (status.st_ino, os.getuid(), True, False)
    assert what["checksum"] == hashlib.sha1(b"one\ntwo\n", usedforsecurity=False).hexdigest()
    assert bench.run("stat", {"path": "nothing"}).facts["stat"] == {"exists": False}
    assert bench.run("stat", {"path": "link"}).facts["stat"]["lnk_target"] == "there"
    assert bench.run("stat", {"path": "link", "follow": True}).facts["stat"]["isreg"] is True


def test_slurp_gives_every_byte(bench: Bench) -> None:
    content = bytes(range(256)) * 3 + b"\n\n"
    (bench.root / "bytes").write_bytes(content)
    assert base64.b64decode(bench.run("slurp", {"path": "bytes"}).facts["content"]) == content


def test_odd_names_are_only_names(bench: Bench) -> None:
    name = 'it\'s $(touch made) "a" b*'
    bench.run("copy", {"content": "x", "dest": name})
    assert bench.run("stat", {"path": name}).facts["stat"]["size"] == 1
    bench.run("file", {"path": name, "state": "absent"})
    assert not (bench.root / name).exists()
    assert not (bench.root / "made").exists()


EDITS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a line at the end": ("lineinfile", {"line": "three"}, "one\ntwo\nthree\n", "line added"),
    "a line at the start": ("lineinfile", {"line": "x", "insertbefore": "BOF"}, "x\none\ntwo\n", "line added"),
    "a line after another": ("lineinfile", {"line": "x", "insertafter": "^one"}, "one\nx\ntwo\n", "line added"),
    "a line before another": ("lineinfile", {"line": "x", "insertbefore": "two"}, "one\nx\ntwo\n", "line added"),
    "a line in place of a match": ("lineinfile", {"line": "to", "regexp": "^t"}, "one\nto\n", "line replaced"),
    "of several matches the last": ("lineinfile", {"line": "xo", "regexp": "o"}, "one\nxo\n", "line replaced"),
    "of several matches the first": (
        "lineinfile",
        {"line": "Xo", "search_string": "o", "firstmatch": True},
        "Xo\ntwo\n",
        "line replaced",
    ),
    "no such line": ("lineinfile", {"regexp": "o", "state": "absent"}, "", "2 line(s) removed"),
    "a block": (
        "blockinfile",
        {"block": "a\nb"},
        "one\ntwo\n# BEGIN ANSIBLE MANAGED BLOCK\na\nb\n# END ANSIBLE MANAGED BLOCK\n",
        "Block inserted",
    ),
    "a block after a line": (
        "blockinfile",
        {"block": "a", "insertafter": "one", "marker": "; {mark} x", "prepend_newline": True, "append_newline": True},
        "one\n\n; BEGIN x\na\n; END x\n\ntwo\n",
        "Block inserted",
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_is_made_once(case: str, bench: Bench) -> None:
    name, values, expected, message = EDITS[case]
    values = {"path": "there", **values}
    before = bench.tree()
    assert bench.look(name, values).is_pending
    assert bench.tree() == before

    done = bench.run(name, values)

    assert (done.status, done.facts["msg"]) == (Status.CHANGED, message)
    assert (bench.root / "there").read_text() == expected
    assert bench.run(name, values).status is Status.OK
    assert (bench.root / "there").read_text() == expected


def test_a_match_s_groups_are_put_into_the_line_and_nothing_is_done_without_a_match(bench: Bench) -> None:
    values = {"path": "there", "line": r"\1-\1", "regexp": "^(t..)$", "backrefs": True}
    bench.run("lineinfile", values)
    assert (bench.root / "there").read_text() == "one\ntwo-two\n"
    assert bench.run("lineinfile", values).status is Status.OK


def test_a_block_is_changed_in_its_place_and_removed(bench: Bench) -> None:
    for block in ("a\n", "b\nc"):
        bench.run("blockinfile", {"path": "there", "block": block, "insertafter": "one"})
    assert (bench.root / "there").read_text().splitlines()[1:5] == [
        "# BEGIN ANSIBLE MANAGED BLOCK",
        "b",
        "c",
        "# END ANSIBLE MANAGED BLOCK",
    ]
    assert bench.run("blockinfile", {"path": "there", "state": "absent"}).facts["msg"] == "Block removed"
    assert (bench.root / "there").read_text() == "one\ntwo\n"
    assert bench.run("blockinfile", {"path": "there", "state": "absent"}).status is Status.OK


def test_an_edit_keeps_bytes_that_are_no_text_and_the_mode(bench: Bench) -> None:
    (bench.root / "odd").write_bytes(b"\xff\xfe\r\nend")
    (bench.root / "odd").chmod(0o751)
    bench.run("lineinfile", {"path": "odd", "line": "x"})
    assert (bench.root / "odd").read_bytes() == b"\xff\xfe\r\nend\nx\n"
    assert mode(bench.root / "odd") == 0o751


@pytest.mark.parametrize("name", ["lineinfile", "blockinfile"])
def test_a_file_that_is_not_there_is_made_on_request_only(name: str, bench: Bench) -> None:
    values = {"path": "new/file", ("line" if name == "lineinfile" else "block"): "x"}
    with pytest.raises(OperationError, match="there is no file new/file"):
        bench.look(name, values)
    assert bench.run(name, {**values, "state": "absent"}).status is Status.OK
    assert bench.run(name, {**values, "create": True}).status is Status.CHANGED
    assert "x\n" in (bench.root / "new" / "file").read_text()


@pytest.mark.parametrize(
    ("name", "values", "what"),
    [
        ("lineinfile", {"path": "x"}, "needs line"),
        ("lineinfile", {"path": "x", "state": "absent"}, "needs one of"),
        ("lineinfile", {"path": "x", "line": "y", "regexp": "("}, "is not a regular expression"),
        ("lineinfile", {"path": "x", "line": "y", "insertafter": "a", "insertbefore": "b"}, "exclude each other"),
        ("blockinfile", {"path": "x", "marker": "#"}, "needs {mark}"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(name: str, values: dict[str, Any], what: str, bench: Bench) -> None:
    with pytest.raises(ConfigError, match=what):
        bench.args(name, values)
