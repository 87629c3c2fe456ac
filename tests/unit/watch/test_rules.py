"""What follows from files that changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.compose.model import WatchRule
from phlo.watch.rules import Changed, Reaction, Rules, first_sync, reactions

ROOT = Path("/project")
SYNC = WatchRule(action="sync", path=ROOT / "src", target="/app")


def react(*changes: Changed, **rules: WatchRule | tuple[WatchRule, ...]) -> list[Reaction]:
    given: Rules = {name: rule if isinstance(rule, tuple) else (rule,) for name, rule in rules.items()}
    return reactions(given, changes, root=ROOT)


def changed(path: str) -> Changed:
    return Changed(ROOT / path)


def gone(path: str) -> Changed:
    return Changed(ROOT / path, is_gone=True)


def test_a_changed_file_is_put_at_its_place_and_one_that_is_gone_removed() -> None:
    assert react(changed("src/deep/a.py"), gone("src/b.py"), changed("other/c"), web=SYNC) == [
        Reaction(
            service="web",
            put={"/app/deep/a.py": ROOT / "src/deep/a.py"},
            remove=("/app/b.py",),
            causes=("src/b.py", "src/deep/a.py"),
        )
    ]


def test_a_rule_may_be_about_one_file() -> None:
    rule = WatchRule(action="sync", path=ROOT / "conf.yaml", target="/etc/conf.yaml")
    (found,) = react(changed("conf.yaml"), changed("conf.yaml.bak"), web=rule)
    assert found.put == {"/etc/conf.yaml": ROOT / "conf.yaml"}


@pytest.mark.parametrize(
    ("path", "is_seen"),
    [
        ("src/a.py", True),
        ("src/deep/a.py", True),
        ("src/a.txt", False),
        ("src/node_modules/a.py", False),
        ("src/deep/__pycache__/a.py", False),
        ("src/.git/a.py", False),
        ("src/a.py~", False),
    ],
)
def test_what_is_ignored_or_not_included_is_not_seen(path: str, is_seen: bool) -> None:
    rule = WatchRule(action="restart", path=ROOT / "src", ignore=("node_modules/",), include=("**/*.py",))
    assert bool(react(changed(path), web=rule)) == is_seen


def test_a_rebuild_makes_all_else_needless() -> None:
    rebuild = WatchRule(action="rebuild", path=ROOT / "src" / "requirements.txt")
    (found,) = react(changed("src/requirements.txt"), changed("src/a.py"), web=(SYNC, rebuild))
    assert (found.rebuilds, found.put) == (True, {})


def test_restarts_and_commands_come_once_for_many_files() -> None:
    rules = (
        WatchRule(action="sync+restart", path=ROOT / "src", target="/app"),
        WatchRule(action="sync+exec", path=ROOT / "src", target="/copy", exec=("reload",)),
    )
    (found,) = react(changed("src/a"), changed("src/b"), web=rules)
    assert (found.restarts, found.commands) == (True, (("reload",),))
    assert set(found.put) == {"/app/a", "/app/b", "/copy/a", "/copy/b"}


def test_each_service_has_its_own_reaction() -> None:
    other = WatchRule(action="restart", path=ROOT / "lib")
    assert [one.service for one in react(changed("src/a"), web=SYNC, api=other)] == ["web"]
    assert [one.service for one in react(changed("src/a"), changed("lib/b"), web=SYNC, api=other)] == ["web", "api"]


def test_the_first_sync_is_for_rules_that_ask_for_it_and_a_new_container_gets_all(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.py", "deep/b.py", "c.pyc"):
        (tmp_path / name).write_text("x")
    quiet = WatchRule(action="sync", path=tmp_path, target="/app")
    eager = WatchRule(action="sync", path=tmp_path, target="/eager", initial_sync=True)
    (first,) = first_sync({"web": (quiet, eager)})
    assert set(first.put) == {"/eager/a.py", "/eager/deep/b.py"}
    (again,) = first_sync({"web": (quiet, eager)}, again=True)
    assert set(again.put) == {"/app/a.py", "/app/deep/b.py", *first.put}
    assert first_sync({"web": (quiet,)}) == []
