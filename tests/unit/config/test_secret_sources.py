from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from phlo.config.layers import SECRET_SOURCES
from phlo.config.vault import new_vault
from phlo.errors import ConfigError
from phlo.values import Secret, reveal

if TYPE_CHECKING:
    from .conftest import Workplace

SERVICES = "services: {a: {type: inline, image: x, environment: {GOT: '${KEY}'}}}\n"


@pytest.fixture
def kept(workplace: Workplace) -> Callable[..., Workplace]:
    """A project with one service that uses KEY, which is kept as said."""

    def make(source: str) -> Workplace:
        workplace.phlo_yaml(f"{SERVICES}secret_sources: {{KEY: {source}}}\n")
        return workplace

    return make


def got(workplace: Workplace, **options: Any) -> Any:
    return workplace.resolve(**options).services["a"].compose.environment["GOT"]


def vault_of(workplace: Workplace, **secrets: str) -> None:
    vault = new_vault(workplace.root / "phlo-secrets.enc", Secret("sesame"), cost=16)
    for name, text in secrets.items():
        vault = vault.with_secret(name, Secret(text))
    vault.save()


def test_a_file_gives_its_text_without_the_end_of_the_line(kept: Callable[..., Workplace]) -> None:
    workplace = kept("{file: ../key.txt}")
    workplace.write("../key.txt", "one\ntwo\n")
    assert got(workplace) == Secret("one\ntwo")


def test_a_command_runs_in_the_projects_folder_with_its_environment(kept: Callable[..., Workplace]) -> None:
    workplace = kept("{command: [sh, -c, 'echo $WORD; cat here']}")
    workplace.write("here", "and there")
    assert got(workplace, environ={"WORD": "here", "PATH": "/usr/bin:/bin"}) == Secret("here\nand there")


def test_a_command_is_not_told_the_passphrase(kept: Callable[..., Workplace]) -> None:
    workplace = kept("{command: [sh, -c, 'echo x${PHLO_SECRETS_PASSPHRASE}x']}")
    assert got(workplace, environ={"PHLO_SECRETS_PASSPHRASE": "sesame", "PATH": "/usr/bin:/bin"}) == Secret("xx")


def test_a_name_of_the_encrypted_file_is_a_variable(workplace: Workplace) -> None:
    workplace.phlo_yaml(SERVICES)
    vault_of(workplace, KEY="kept")
    value = workplace.resolve(environ={"PHLO_SECRETS_PASSPHRASE": "sesame"}).values["KEY"]
    assert (reveal(value.text), str(value.source)) == ("kept", "phlo-secrets.enc:6")


def test_another_name_of_the_encrypted_file_can_be_chosen(kept: Callable[..., Workplace]) -> None:
    workplace = kept("{vault: KEY_PRODUCTION}")
    vault_of(workplace, KEY="no", KEY_PRODUCTION="yes")
    assert got(workplace, environ={"PHLO_SECRETS_PASSPHRASE": "sesame"}) == Secret("yes")


def test_the_passphrase_is_asked_for_once(workplace: Workplace) -> None:
    workplace.phlo_yaml("services: {a: {type: inline, image: x, environment: {GOT: '${KEY}${OTHER}'}}}\n")
    vault_of(workplace, KEY="a", OTHER="b")
    asked: list[str] = []
    assert got(workplace, ask=lambda question: asked.append(question) or "sesame") == Secret("ab")
    assert len(asked) == 1


def test_nothing_is_fetched_that_no_service_uses(workplace: Workplace) -> None:
    workplace.phlo_yaml("secret_sources: {KEY: {command: [touch, ran]}, OTHER: {file: gone}}\n")
    vault_of(workplace, THIRD="x")
    values = workplace.resolve().values
    assert {name for name in values if values[name].source.layer == SECRET_SOURCES} == {"KEY", "OTHER", "THIRD"}
    assert not (workplace.root / "ran").exists()


def test_nothing_is_fetched_for_a_command_that_only_looks(kept: Callable[..., Workplace]) -> None:
    project = kept("{command: [touch, ran]}").resolve(fetch_secrets=False)
    assert isinstance(project.services["a"].compose.environment["GOT"], Secret)
    assert not (project.root / "ran").exists()
    assert not project.secrets


@pytest.mark.parametrize(
    ("environ", "wanted"), [({}, "from-file"), ({"KEY": "from-process"}, "from-process"), ({"KEY": ""}, "")]
)
def test_a_source_wins_over_the_environment_files_and_loses_to_the_process(
    kept: Callable[..., Workplace], environ: dict[str, str], wanted: str
) -> None:
    workplace = kept("{file: key}")
    workplace.write("key", "from-file")
    workplace.write(".phlo/.env.local", "KEY=generated-before\n")
    assert got(workplace, environ=environ) == Secret(wanted)


def test_a_file_is_an_input_of_the_result_and_a_command_makes_it_volatile(kept: Callable[..., Workplace]) -> None:
    workplace = kept("{file: key}")
    workplace.write("key", "x")
    project = workplace.resolve()
    assert {workplace.root / "key", workplace.root / "phlo-secrets.enc"} <= set(project.inputs)
    assert not project.is_volatile
    assert kept("{command: [echo, x]}").resolve(environ={"PATH": "/usr/bin:/bin"}).is_volatile


def test_a_kept_secret_is_masked_wherever_it_went(kept: Callable[..., Workplace]) -> None:
    workplace = kept("{file: key}")
    workplace.write("key", "sentinel-text")
    project = workplace.resolve()
    assert project.masker()("an error with sentinel-text in it") == "an error with *** in it"


WRONG = {
    "{file: gone}": "there is no file {root}/gone. Put the secret there.",
    "{file: .}": "{root} cannot be read: Is a directory.",
    "{file: phlo.yaml, vault: X}": "a secret comes from one of file, command and vault",
    "{}": "a secret comes from one of file, command and vault",
    "{command: []}": "the command of a secret is empty. Write the program and its arguments.",
    "{comand: [x]}": 'Did you mean "command"?',
    "{command: [no-such-program, show]}": "cannot be run (No such file or directory): no-such-program show.",
    "{command: [sh, -c, 'echo LEAK; echo LEAK >&2; exit 7']}": "ended with status 7: sh -c",
    "{command: [sh, -c, 'echo LEAK; exec sleep 60'], timeout_seconds: 0.2}": "did not end within 0.2 s: sh -c",
    "{command: ['true']}": "no secret came from true: it was empty.",
    "{command: [printf, 'LEAK\\377']}": "printed no UTF-8 text",
    "{command: [printf, 'LE\\0AK']}": "it was no text",
    "{vault: KEY}": "there is no encrypted file phlo-secrets.enc. `phlo secrets set KEY` creates it.",
}


@pytest.mark.parametrize("source", WRONG)
def test_what_cannot_be_fetched_is_an_error_with_position_and_no_output(
    kept: Callable[..., Workplace], source: str
) -> None:
    workplace = kept(source)
    with pytest.raises(ConfigError) as caught:
        workplace.resolve(environ={"PATH": "/usr/bin:/bin"})
    message = str(caught.value)
    assert WRONG[source].format(root=workplace.root) in message
    assert message.startswith("phlo.yaml:2 secret_sources.KEY") or "vault: KEY" in source
    assert "LEAK" not in message.partition(": sh -c")[0].partition(": printf")[0]
    assert not caught.value.detail


def test_an_unknown_name_of_the_encrypted_file_suggests_the_nearest(kept: Callable[..., Workplace]) -> None:
    workplace = kept("{vault: KEYS}")
    vault_of(workplace, KEY="x")
    with pytest.raises(ConfigError, match='Did you mean "KEY"'):
        workplace.resolve(environ={"PHLO_SECRETS_PASSPHRASE": "sesame"})


def test_a_folder_of_the_user_is_understood(kept: Callable[..., Workplace], monkeypatch: pytest.MonkeyPatch) -> None:
    workplace = kept("{file: ~/key}")
    monkeypatch.setenv("HOME", str(workplace.root))
    workplace.write("key", "at home")
    assert got(workplace) == Secret("at home")
    assert Path("~/key").expanduser() in workplace.resolve().inputs
