"""A build context: what is in it, and that it is the same everywhere."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import pytest

from phlo.errors import ConfigError
from phlo.images.context import OUTSIDE, Ignore, read_context, write_archive


def make(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def names(context: Path) -> list[str]:
    return [entry.name for entry in read_context(context, "Dockerfile", {})[1]]


def archive(context: Path) -> bytes:
    target = io.BytesIO()
    write_archive(read_context(context, "Dockerfile", {})[1], target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("lines", "ignored", "kept"),
    [
        (["*.log"], ["a.log"], ["b.txt", "sub/a.log"]),
        (["**/*.log"], ["a.log", "sub/deep/a.log"], ["a.logs"]),
        (["build"], ["build", "build/x", "build/x/y"], ["sub/build"]),
        (["/build/"], ["build/x"], ["sub/build"]),
        (["docs/*", "!docs/README.md"], ["docs/a.md"], ["docs/README.md", "docs"]),
        (["*", "!app"], ["b"], ["app", "app/x.py"]),
        (["!app", "app"], ["app/x.py"], ["b"]),
        (["a?c"], ["abc"], ["ac", "abbc", "a/c"]),
        (["[a-c]x"], ["bx"], ["dx"]),
        (["a/**/z"], ["a/z", "a/b/c/z"], ["z"]),
        ([r"\!odd"], ["!odd"], ["odd"]),
        (["."], [], ["a"]),
        ([], ["__pycache__/x.pyc", "app/__pycache__", "app/.mypy_cache/3.11"], ["app", ".mypy"]),
    ],
)
def test_an_ignore_file_leaves_out_what_its_last_matching_line_says(
    lines: list[str], ignored: list[str], kept: list[str]
) -> None:
    ignore = Ignore(lines)

    assert [name for name in ignored + kept if ignore(name)] == ignored


def test_an_ignore_file_leaves_files_out_but_never_the_dockerfile(tmp_path: Path) -> None:
    make(
        tmp_path,
        {".dockerignore": "# all\n*\n\n!app\napp/secret\n", "Dockerfile": "", "x": "", "app/a": "", "app/secret": ""},
    )

    assert names(tmp_path) == ["Dockerfile", "app", "app/a"]


def test_the_archive_is_the_same_whatever_the_times_and_the_order_of_files(tmp_path: Path) -> None:
    first = make(tmp_path / "1", {"Dockerfile": "FROM x", "a": "1", "sub/b": "2"})
    second = make(tmp_path / "2", {"sub/b": "2", "a": "1", "Dockerfile": "FROM x"})
    os.utime(second / "a", (1, 1))
    (second / "a").chmod(0o600)

    assert archive(first) == archive(second)


def test_a_dockerfile_from_outside_the_context_travels_along(tmp_path: Path) -> None:
    make(tmp_path, {"context/a": "", "other/Dockerfile": "FROM x"})

    name, entries = read_context(tmp_path / "context", "../other/Dockerfile", {})

    assert name == OUTSIDE
    assert [entry.name for entry in entries] == [OUTSIDE, "a"]


def test_a_symbolic_link_is_kept_as_a_link(tmp_path: Path) -> None:
    make(tmp_path, {"Dockerfile": "", "a": ""})
    (tmp_path / "link").symlink_to("a")

    assert [entry.link for entry in read_context(tmp_path, "Dockerfile", {})[1]] == [None, None, "a"]


@pytest.mark.parametrize(
    ("context", "dockerfile", "what"),
    [("nowhere", "Dockerfile", "the build context is not a folder"), (".", "Other", "there is no such Dockerfile")],
)
def test_a_context_that_is_not_there_is_an_error_that_names_it(
    tmp_path: Path, context: str, dockerfile: str, what: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_context(tmp_path / context, dockerfile, {})

    assert caught.value.what == what
    assert str(tmp_path) in caught.value.where
    assert caught.value.fix


def test_a_pattern_of_many_folders_is_decided_at_once() -> None:
    began = time.process_time()

    assert not Ignore(["**/" * 30 + "x"])("a/" * 200 + "b")

    assert time.process_time() - began < 1
