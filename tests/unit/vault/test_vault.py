"""What a real ansible-vault encrypted (`encrypted/`, with the passwords below) is decrypted, and never shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree

import pytest

from phlo.config.candidates import inventory_variables
from phlo.errors import ConfigError, InventoryError
from phlo.inventory import load
from phlo.values import Masker, Secret, mask_all, reveal_all
from phlo.vault.ansible_yaml import load_ansible_yaml
from phlo.vault.cipher import DamagedError, read_envelope
from phlo.vault.passwords import Vault, identities
from tests.unit.cli.test_main import Said, phlo_says

ENCRYPTED = Path(__file__).with_name("encrypted")
DEFAULT, PROD = "river stone", "north wind"
SECRETS = ("quiet-harbour-42", "amber-fox-7", "90210433", "copper-gate-9", "velvet-comet-31", "{{ plain }} brass")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the encrypted files in `encrypted/`, and files with their passwords."""
    copytree(ENCRYPTED, tmp_path / "encrypted")
    (tmp_path / "default.pass").write_text(f"{DEFAULT}\n")
    (tmp_path / "prod.pass").write_text(f"  {PROD}\n\n")
    (tmp_path / "phlo.yaml").write_text("name: lake\n")
    return tmp_path


def vault(folder: Path, *, environ: Mapping[str, str] | None = None, ask: object = None, **given: object) -> Vault:
    found = identities(environ=environ or {}, **given)  # type: ignore[arg-type]
    return Vault(identities=found, folder=folder, environ={"PATH": "/usr/bin:/bin"}, ask=ask)  # type: ignore[arg-type]


def read(folder: Path, name: str, opener: Vault) -> object:
    return load_ansible_yaml(folder / "encrypted" / name, label=name, vault=opener, error=ConfigError).data


def play(folder: Path, tasks: str, *words: str, environ: Mapping[str, str] | None = None) -> Said:
    (folder / "site.yml").write_text(f"- hosts: all\n  tasks:\n{tasks}")
    return phlo_says(["play", "site.yml", "--check", "-v", *words], folder, environ=environ)


# -- decrypting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("vars.yml", {"files": ["default.pass"]}),
        ("vars.yml", {"ids": ["default.pass"]}),
        ("vars.yml", {"ids": ["any@default.pass"]}),
        ("vars12.yml", {"ids": ["prod@prod.pass"]}),
        ("vars12.yml", {"ids": ["a@default.pass", "b@prod.pass"]}),
        ("vars.yml", {"environ": {"ANSIBLE_VAULT_PASSWORD_FILE": "default.pass"}}),
        ("vars12.yml", {"environ": {"ANSIBLE_VAULT_IDENTITY_LIST": "dev@default.pass, prod@prod.pass"}}),
    ],
)
def test_a_file_is_decrypted_with_whichever_password_fits(folder: Path, name: str, given: dict[str, object]) -> None:
    found = read(folder, name, vault(folder, **given))  # type: ignore[arg-type]
    assert reveal_all(found) == {
        "db_user": "lake",
        "db_password": "quiet-harbour-42",
        "dsn": "postgres://{{ db_user }}:{{ db_password }}@db",
        "pin": 90210433,
        "replicas": 3,
        "nested": {"tokens": ["amber-fox-7", "{{ db_user }}-token"]},
        "verbatim": "{{ not_a_name }}",
    }


def test_texts_of_an_encrypted_file_are_secrets_and_masked_wherever_they_turn_up(folder: Path) -> None:
    opener = vault(folder, files=["default.pass"])
    shown = mask_all(read(folder, "vars.yml", opener))
    assert shown["db_password"] == shown["nested"]["tokens"][0] == "***"
    learned: list[Secret] = []
    opener.tell(learned.append)
    assert Masker(learned)("tried quiet-harbour-42 and 90210433 on 3") == "tried *** and *** on 3"


def test_a_value_is_decrypted_when_it_is_first_used(folder: Path) -> None:
    without = read(folder, "inline.yml", Vault())
    assert str(without["api_token"]) == "***"  # type: ignore[index]
    with pytest.raises(ConfigError, match="no vault password is given"):
        without["api_token"].reveal()  # type: ignore[index]
    opener = vault(folder, files=["default.pass"])
    found = read(folder, "inline.yml", opener)
    learned: list[Secret] = []
    opener.tell(learned.append)
    assert not learned
    assert found["api_token"].reveal() == "velvet-comet-31"  # type: ignore[index]
    assert learned == [Secret("velvet-comet-31")]


def test_programs_print_passwords_and_clients_are_given_the_label(folder: Path) -> None:
    for name, line in {
        "plain.sh": f"echo '{DEFAULT}'",
        "keys-client": '[ "$*" = "--vault-id prod" ] && cat prod.pass',
    }.items():
        (folder / name).write_text(f"#!/bin/sh\ncd '{folder}'\n{line}\n")
        (folder / name).chmod(0o755)
    assert read(folder, "vars.yml", vault(folder, files=["plain.sh"]))
    assert read(folder, "vars12.yml", vault(folder, ids=["prod@keys-client"]))


def test_a_password_is_asked_for_once(folder: Path) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return PROD

    opener = vault(folder, ids=["prod@prompt"], ask=ask)
    assert read(folder, "vars12.yml", opener)
    assert read(folder, "vars12.yml", opener)
    assert asked == ["Vault password (prod): "]


# -- what goes wrong --------------------------------------------------------------------------------


def test_a_missing_or_wrong_password_is_an_error_with_the_place_and_the_fix(folder: Path) -> None:
    (folder / "wrong").write_text("another one")
    with pytest.raises(ConfigError, match=r"^vars12.yml:1: is encrypted.*vault id \"prod\".*--vault-password-file"):
        read(folder, "vars12.yml", Vault())
    with pytest.raises(ConfigError, match=r"^vars12.yml:1: cannot be decrypted.*tried wrong.*--vault-id prod@FILE"):
        read(folder, "vars12.yml", vault(folder, files=["wrong"]))
    found = read(folder, "inline12.yml", vault(folder, files=["wrong"]))
    with pytest.raises(ConfigError, match=r"^inline12.yml:1: cannot be decrypted"):
        found["prod_token"].reveal()  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "$ANSIBLE_VAULT;1.1;AES256",
        "$ANSIBLE_VAULT;1.1;AES256\n6361",
        "$ANSIBLE_VAULT;1.1;AES256\nnot hexadecimal",
        "$ANSIBLE_VAULT;1.0;AES\n6361",
        "$ANSIBLE_VAULT;2.0;AES256\n6361",
        "another",
        "",
    ],
)
def test_a_text_in_another_form_is_damaged(text: str) -> None:
    with pytest.raises(DamagedError):
        read_envelope(text)


def test_a_changed_or_cut_text_is_refused(folder: Path) -> None:
    opener = vault(folder, files=["default.pass"])
    path = folder / "encrypted" / "vars.yml"
    text = path.read_text()
    last = text.rstrip()[-1]
    for broken in (text.rstrip()[:-1] + ("1" if last != "1" else "2"), text[:-9], text.replace("\n", "\nzz", 1)):
        path.write_text(broken)
        with pytest.raises(ConfigError, match=r"^vars.yml:1: (cannot be decrypted|is not a valid text)"):
            read(folder, "vars.yml", opener)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("nothing", "", "the vault password of nothing is empty"),
        ("fails.sh", "#!/bin/sh\necho locked >&2\nexit 3\n", "fails.sh ended with status 3"),
        ("absent", None, "cannot be read from absent: No such file"),
    ],
)
def test_a_password_that_cannot_be_had_is_an_error_that_names_its_option(
    folder: Path, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755 if text.startswith("#!") else 0o600)
    with pytest.raises(ConfigError, match=message) as caught:
        read(folder, "vars.yml", vault(folder, files=[name]))
    assert caught.value.where == "--vault-password-file"


def test_asking_without_a_terminal_is_an_error(folder: Path) -> None:
    with pytest.raises(ConfigError, match="there is no terminal"):
        read(folder, "vars.yml", vault(folder, asks=True))


def test_an_error_in_decrypted_yaml_shows_none_of_it(folder: Path) -> None:
    with pytest.raises(ConfigError, match="is not valid YAML once it is decrypted") as caught:
        read(folder, "invalid.yml", vault(folder, files=["default.pass"]))
    assert "[" not in str(caught.value)
    assert not caught.value.detail


# -- inventories ------------------------------------------------------------------------------------


def test_an_encrypted_inventory_gives_its_hosts_and_its_values_are_secrets(folder: Path) -> None:
    with pytest.raises(InventoryError, match=r"^encrypted/hosts.yml:1: is encrypted"):
        load([folder / "encrypted" / "hosts.yml"], root=folder)
    found = load([folder / "encrypted" / "hosts.yml"], root=folder, vault=vault(folder, files=["default.pass"]))
    assert found.hosts["data-1"].docker_host == "ssh://10.0.0.7"
    assert found.placed("web") == ("data-1",)
    assert found.hosts["data-1"].variables["rack_key"].value == Secret("copper-gate-9")
    assert found.groups["storage"].variables["tier"].value == Secret("fast")


def test_encrypted_group_vars_and_host_vars_are_read_and_shown_as_secrets(folder: Path) -> None:
    (folder / "hosts.yaml").write_text("all: {hosts: {a: {ansible_connection: local}}}\n")
    for name, source in {"group_vars/all/secret.yml": "vars.yml", "host_vars/a.yml": "inline.yml"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text((folder / "encrypted" / source).read_text())
    said = phlo_says(["inventory", "show", "a", "-i", "hosts.yaml", "--vault-id", "default.pass"], folder)
    assert said.code == 0
    assert "api_token" in said.out
    data = phlo_says(["inventory", "show", "a", "-i", "hosts.yaml", "--json", "--vault-id", "default.pass"], folder)
    assert json.loads(data.out)["variables"]["dsn"]["value"] == "***"
    assert not [one for one in SECRETS if one in said.out + data.out]
    inventory = load([folder / "hosts.yaml"], root=folder, vault=vault(folder, files=["default.pass"]))
    values = {one.name: one.fetch().reveal() for one in inventory_variables(inventory, "a") if one.fetch}
    assert values["db_password"] == "quiet-harbour-42"
    assert values["api_token"] == "velvet-comet-31"


def test_a_value_of_the_vault_in_a_service_is_a_secret_there(folder: Path) -> None:
    (folder / "phlo.yaml").write_text(
        "name: lake\nservices: {web: {type: inline, image: 'web:1', environment: {TOKEN: '${api_token}'}}}\n"
    )
    (folder / "group_vars").mkdir()
    (folder / "group_vars" / "all.yml").write_text((folder / "encrypted" / "inline.yml").read_text())
    said = phlo_says(["config", "show", "--vault-id", "default.pass"], folder)
    assert said.code == 0
    assert "TOKEN: '***'" in said.out
    assert "velvet-comet" not in said.out
    missing = phlo_says(["config", "show"], folder)
    assert missing.code == 3
    assert "group_vars/all.yml:1: is encrypted, and no vault password is given" in missing.err


# -- playbooks --------------------------------------------------------------------------------------


TASKS = """
  - assert: {that: ["db_password == 'quiet-harbour-42'", "dsn == 'postgres://lake:quiet-harbour-42@db'"]}
  - assert: {that: ["pin == 90210433"]}
  - assert: {that: ["nested.tokens == ['amber-fox-7', 'lake-token']", "verbatim | length == 16"]}
  - assert: {that: ["api_token == 'velvet-comet-31'", "prod_token | length == 17"]}
  - debug: {msg: "{{ db_password }} {{ api_token }}"}
  - debug: {msg: "{{ pin }} {{ nested }} {{ prod_token }}"}
"""


def test_a_playbook_reads_what_is_encrypted_and_shows_none_of_it(folder: Path) -> None:
    files = "  vars_files: [encrypted/vars.yml, encrypted/inline.yml]\n"
    include = "  - include_vars: encrypted/inline12.yml\n"
    (folder / "hosts.yaml").write_text("all: {hosts: {a: {ansible_connection: local}}}\n")
    (folder / "site.yml").write_text(f"- hosts: all\n{files}  tasks:\n{include}{TASKS}")
    words = ["play", "site.yml", "--check", "-vv", "-i", "hosts.yaml", "--vault-password-file", "default.pass"]
    said = phlo_says([*words, "--vault-id", "prod@prod.pass"], folder)
    assert said.code == 0, said.err
    assert "✓ debug  ***" in said.out
    assert not [one for one in SECRETS if one in said.out + said.err]


def test_the_variables_of_a_role_may_be_encrypted(folder: Path) -> None:
    for kind, source in {"defaults": "vars.yml", "vars": "inline.yml"}.items():
        (folder / "roles" / "r" / kind).mkdir(parents=True)
        (folder / "roles" / "r" / kind / "main.yml").write_text((folder / "encrypted" / source).read_text())
    role = "  - include_role: {name: r, public: true}\n"
    (folder / "roles" / "r" / "tasks").mkdir()
    (folder / "roles" / "r" / "tasks" / "main.yml").write_text(
        "- assert: {that: [\"db_user ~ api_token == 'lakevelvet-comet-31'\"]}\n"
    )
    said = play(folder, role, environ={"ANSIBLE_VAULT_PASSWORD_FILE": "default.pass"})
    assert said.code == 0, said.out + said.err


def test_an_encrypted_file_of_tasks_is_refused_by_name(folder: Path) -> None:
    said = play(folder, "  - include_tasks: encrypted/tasks.yml\n", "--vault-id", "default.pass")
    assert said.code != 0
    assert "encrypted/tasks.yml: is encrypted as a whole, and is not a file of variables" in said.out + said.err


UNSAFE = """
  - debug: {msg: !unsafe "{{ here }}"}
  - debug: {msg: "{{ text }} {{ list[0] }}"}
  - debug: !unsafe msg={{here}}
  - set_fact: {kept: !unsafe "{% here %}"}
  - debug: {msg: "{{ kept }}"}
  - command: !unsafe "echo {{ here }}"
"""


def test_unsafe_text_is_never_a_template(folder: Path) -> None:
    variables = '{text: !unsafe "{{ there }}", list: [!unsafe "{{ one }}"]}'
    (folder / "site.yml").write_text(f"- hosts: all\n  vars: {variables}\n  tasks:\n{UNSAFE}")
    said = phlo_says(["play", "site.yml", "--check", "-v"], folder)
    assert said.code == 0, said.out
    for text in ("{{ here }}", "{{ there }} {{ one }}", "{{here}}", "{% here %}"):
        assert text in said.out
