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
    assert set_enabled(path, ["superset"], False)
    assert path.read_text() == TEXT.replace("{enabled: true}", "{enabled: false}")


def test_switching_a_service_keeps_its_override(path: Path) -> None:
    set_enabled(path, ["dagster"], False)
    assert path.read_text() == TEXT.replace("  dagster:\n", "  dagster:\n    enabled: false\n")


def test_a_comment_above_the_next_service_stays_there(path: Path) -> None:
    path.write_text("services:\n  a:\n    port: 80\n\n  # about b\n  b:\n    port: 81\n")
    set_enabled(path, ["a"], False)
    expected = "services:\n  a:\n    enabled: false\n    port: 80\n\n  # about b\n  b:\n    port: 81\n"
    assert path.read_text() == expected


def test_a_service_that_is_not_in_the_file_gets_an_entry(path: Path) -> None:
    set_enabled(path, ["grafana"], True)
    assert path.read_text() == TEXT.replace("env:\n", "  grafana:\n    enabled: true\nenv:\n")


def test_nothing_is_written_when_the_file_says_so_already(path: Path) -> None:
    before = path.stat()
    assert not set_enabled(path, ["superset"], True)
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
    set_enabled(path, [service], enabled)
    assert load_project_file(path).document.data["services"] == expected


def test_a_file_without_services_gets_the_section(path: Path) -> None:
    path.write_text("name: lake # mine\n")
    set_enabled(path, ["a"], False)
    assert path.read_text() == "name: lake # mine\nservices:\n  a:\n    enabled: false\n"


def test_an_empty_file_gets_the_section(path: Path) -> None:
    path.write_text("")
    set_enabled(path, ["a"], False)
    assert path.read_text() == "services:\n  a:\n    enabled: false\n"


def test_adding_and_removing_a_service_gives_the_file_back(path: Path) -> None:
    add_service(path, "api", {"type": "inline", "image": "a:1", "ports": ["22:22"], "environment": {"A": "no"}})
    entry = load_project_file(path).document.data["services"]["api"]
    assert entry == {"type": "inline", "image": "a:1", "ports": ["22:22"], "environment": {"A": "no"}}
    remove_service(path, "api")
    assert path.read_text() == TEXT


def test_a_service_cannot_be_added_twice(path: Path) -> None:
    with pytest.raises(ConfigError, match='"dagster" already exists'):
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
    set_enabled(path, ["superset"], False)
    changed = TEXT.replace("{enabled: true}", "{enabled: false}").replace("\n", "\r\n").encode()
    assert real.read_bytes() == b"\xef\xbb\xbf" + changed
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(item.name for item in path.parent.iterdir()) == ["phlo.yaml", "real.yaml"]


def test_a_file_that_is_wrong_already_is_not_touched(path: Path) -> None:
    path.write_text("nmae: x\n")
    with pytest.raises(ConfigError, match="nmae"):
        set_enabled(path, ["a"], True)
    assert path.read_text() == "nmae: x\n"


COMMENTED = """\
name: lake

services:
  # Only these.
  defaults: false
  enabled:
    - a        # about a
    - b        # about b
  # Change one:
  #a:
  #  port: 1

# Variables.
#env:
#  X: 1
"""


def test_a_new_item_of_a_list_comes_before_the_comments_below_it(path: Path) -> None:
    path.write_text(COMMENTED)
    set_enabled(path, ["c"], True)
    assert path.read_text() == COMMENTED.replace("# about b\n", "# about b\n    - c\n")


def test_removing_the_last_item_of_a_list_leaves_the_comments_below_it(path: Path) -> None:
    path.write_text(COMMENTED.replace("    - b        # about b\n", "    - b        # about b\n    - c\n"))
    remove_service(path, "c")
    assert path.read_text() == COMMENTED


def test_a_new_service_comes_before_the_comments_below_the_block(path: Path) -> None:
    path.write_text(COMMENTED)
    add_service(path, "api", {"type": "inline", "image": "a:1", "ports": ["22:22"]})
    entry = '  api:\n    type: inline\n    image: a:1\n    ports:\n      - "22:22"\n'
    assert path.read_text() == COMMENTED.replace("# about b\n", f"# about b\n{entry}")
    remove_service(path, "api")
    assert path.read_text() == COMMENTED


@pytest.mark.parametrize("empty", ["services: {}   # none", "services:   # none"])
def test_an_empty_section_is_filled_where_it_is(empty: str, path: Path) -> None:
    path.write_text(f"name: lake\n{empty}\n#  a:\n#    port: 1\n\n#env:\n#  X: 1\n")
    set_enabled(path, ["a"], True)
    text = path.read_text()
    assert text.startswith("name: lake\nservices:   # none\n  a:\n    enabled: true\n#  a:\n")
    assert text.endswith("\n#env:\n#  X: 1\n")


def test_a_list_in_brackets_keeps_its_form(path: Path) -> None:
    path.write_text("services:\n  enabled: [a, b]   # mine\n#env:\n")
    set_enabled(path, ["c", "d"], True)
    assert path.read_text() == "services:\n  enabled: [a, b, c, d]   # mine\n#env:\n"


def test_a_chosen_provider_is_written_with_the_services(path: Path) -> None:
    path.write_text(f"{COMMENTED}capabilities:\n  s3: a   # it is fast\n#  sql: b\n")
    set_enabled(path, ["c"], True, capabilities={"catalog": "c"})
    text = path.read_text()
    assert text.endswith("capabilities:\n  s3: a   # it is fast\n  catalog: c\n#  sql: b\n")
    assert "    - c\n  # Change one:" in text


def test_a_file_with_aliases_is_still_changed(path: Path) -> None:
    path.write_text("x-env: &env {A: b}\nservices:\n  a:\n    environment: *env\n")
    set_enabled(path, ["b"], True)
    assert load_project_file(path).document.data["services"]["b"] == {"enabled": True}


def test_a_block_of_text_at_the_end_stays_whole(path: Path) -> None:
    text = "services:\n  a:\n    command: |\n      # no comment\n      run\n\n# the end\n"
    path.write_text(text)
    set_enabled(path, ["b"], True)
    assert path.read_text() == text.replace("      run\n", "      run\n  b:\n    enabled: true\n")


def test_a_check_that_fails_leaves_the_file_as_it_is(path: Path) -> None:
    def refuse(text: str) -> None:
        assert "grafana" in text
        raise ConfigError("no")

    with pytest.raises(ConfigError, match="no"):
        set_enabled(path, ["grafana"], True, check=refuse)
    assert path.read_text() == TEXT
