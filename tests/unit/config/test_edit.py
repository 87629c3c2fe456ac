from __future__ import annotations

import stat
from pathlib import Path
from textwrap import dedent

import pytest

from phlo.config.edit import add_service, remove_service, set_enabled
from phlo.config.project_file import load_project_file
from phlo.errors import ConfigError

TEXT = dedent("""\
    # My lakehouse.
    name: "lake"   # quoted on purpose

    services:
      # the orchestrator
      dagster:
        ports: ["3005:3000"]   # was 3000
        environment:
          - A=1
          - B=${B:-yes}
      superset: {enabled: true}
    env:
      MODE: 0755
      ON: 'yes'
    # the end
    """)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "phlo.yaml"
    file.write_text(TEXT)
    return file


def test_switching_a_service_off_changes_one_line(path: Path) -> None:
    assert set_enabled(path, "superset", False)
    assert path.read_text() == TEXT.replace("{enabled: true}", "{enabled: false}")


def test_switching_a_service_keeps_its_override(path: Path) -> None:
    set_enabled(path, "dagster", False)
    assert path.read_text() == TEXT.replace("  dagster:\n", "  dagster:\n    enabled: false\n")


def test_a_comment_above_the_next_service_stays_there(path: Path) -> None:
    path.write_text("services:\n  a:\n    port: 80\n\n  # about b\n  b:\n    port: 81\n")
    set_enabled(path, "a", False)
    expected = "services:\n  a:\n    enabled: false\n    port: 80\n\n  # about b\n  b:\n    port: 81\n"
    assert path.read_text() == expected


def test_a_service_that_is_not_in_the_file_gets_an_entry(path: Path) -> None:
    set_enabled(path, "grafana", True)
    assert path.read_text() == TEXT.replace("env:\n", "  grafana:\n    enabled: true\nenv:\n")


def test_nothing_is_written_when_the_file_says_so_already(path: Path) -> None:
    before = path.stat()
    assert not set_enabled(path, "superset", True)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("service", "enabled", "expected"),
    [
        ("a", False, {"enabled": ["b"], "disabled": ["c", "a"]}),
        ("c", True, {"enabled": ["a", "b", "c"], "disabled": []}),
        ("new", True, {"enabled": ["a", "b", "new"], "disabled": ["c"]}),
        ("b", True, {"enabled": ["a", "b"], "disabled": ["c"]}),
    ],
)
def test_where_there_are_lists_the_lists_are_changed(path: Path, service: str, enabled: bool, expected: object) -> None:
    path.write_text("services:\n  enabled:\n    - a # one\n    - b\n  disabled: [c]\n")
    set_enabled(path, service, enabled)
    assert load_project_file(path).document.data["services"] == expected


def test_a_file_without_services_gets_the_section(path: Path) -> None:
    path.write_text("name: lake # mine\n")
    set_enabled(path, "a", False)
    assert path.read_text() == "name: lake # mine\nservices:\n  a:\n    enabled: false\n"


def test_an_empty_file_gets_the_section(path: Path) -> None:
    path.write_text("")
    set_enabled(path, "a", False)
    assert path.read_text() == "services:\n  a:\n    enabled: false\n"


def test_adding_and_removing_a_service_gives_the_file_back(path: Path) -> None:
    add_service(path, "api", {"type": "inline", "image": "a:1", "ports": ["22:22"], "environment": {"A": "no"}})
    entry = load_project_file(path).document.data["services"]["api"]
    assert entry == {"type": "inline", "image": "a:1", "ports": ["22:22"], "environment": {"A": "no"}}
    remove_service(path, "api")
    assert path.read_text() == TEXT


def test_a_service_cannot_be_added_twice(path: Path) -> None:
    with pytest.raises(ConfigError, match='"dagster" is there already'):
        add_service(path, "dagster", {"image": "x"})
    assert path.read_text() == TEXT


def test_an_edit_that_would_make_the_file_wrong_is_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match='"portz" is not known here'):
        add_service(path, "api", {"type": "inline", "image": "a", "portz": 1})
    assert path.read_text() == TEXT


def test_removing_takes_the_name_out_of_the_lists(path: Path) -> None:
    path.write_text("services:\n  enabled: [a, b]\n  a: {port: 1}\n")
    remove_service(path, "a")
    assert load_project_file(path).document.data == {"services": {"enabled": ["b"]}}
    with pytest.raises(ConfigError, match='no service "a" in the file'):
        remove_service(path, "a")


def test_line_ends_byte_order_mark_mode_and_link_are_kept(path: Path) -> None:
    real = path.with_name("real.yaml")
    real.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    path.unlink()
    path.symlink_to(real)
    set_enabled(path, "superset", False)
    changed = TEXT.replace("{enabled: true}", "{enabled: false}").replace("\n", "\r\n").encode()
    assert real.read_bytes() == b"\xef\xbb\xbf" + changed
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(item.name for item in path.parent.iterdir()) == ["phlo.yaml", "real.yaml"]


def test_a_file_that_is_wrong_already_is_not_touched(path: Path) -> None:
    path.write_text("nmae: x\n")
    with pytest.raises(ConfigError, match="nmae"):
        set_enabled(path, "a", True)
    assert path.read_text() == "nmae: x\n"
