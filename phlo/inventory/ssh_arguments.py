"""The arguments for `ssh` that an inventory gives, checked: which may pass, and which would make a connection unsafe.

An inventory may say how a host is reached. It must not disable the check of host keys, forward an agent, or change
what phlo uses the connection for. Names and options are those of ssh(1) and ssh_config(5).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from phlo.errors import InventoryError, did_you_mean
from phlo.ssh_names import is_host_name, is_jump_list, is_user_name

KEY_FIX = "Remove it and accept the host's key once: `ssh-keyscan HOST`, compare the fingerprint, `ssh HOST`."
_FORWARD_FIX = "Remove it; phlo forwards neither an agent nor a display."
_PURPOSE_FIX = (
    "Remove it; phlo takes the options that say how the host is reached (-F, -i, -J, -l, -o, -p, -4, -6, -C)."
)

_FLAGS = "46Cakqvx"
_WITH_VALUE = "BFIJbcilmop"
_FORWARDING_FLAGS = "AKXY"

# Options of ssh_config that say how a host is reached. Those with a tuple may only have one of these values.
_ANY: tuple[str, ...] = ()
_CHECKED = ("yes", "true", "ask")
_OFF = ("no", "false")
_NAMES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        """
        AddressFamily BindAddress BindInterface CASignatureAlgorithms CertificateFile CheckHostIP Ciphers Compression
        ConnectTimeout ConnectionAttempts ControlMaster ControlPath ControlPersist FingerprintHash GlobalKnownHostsFile
        GSSAPIAuthentication HashKnownHosts HostKeyAlgorithms HostKeyAlias Hostname IPQoS IdentitiesOnly IdentityAgent
        IdentityFile KbdInteractiveAuthentication KexAlgorithms LogLevel MACs NumberOfPasswordPrompts PKCS11Provider
        PasswordAuthentication Port PreferredAuthentications ProxyCommand ProxyJump ProxyUseFdpass
        PubkeyAcceptedAlgorithms PubkeyAcceptedKeyTypes PubkeyAuthentication RekeyLimit ServerAliveCountMax
        ServerAliveInterval TCPKeepAlive User UserKnownHostsFile
        """.split(),  # noqa: SIM905 - sixty quotes would be no easier to read
        _ANY,
    ),
    "BatchMode": ("yes", "true"),
    "StrictHostKeyChecking": _CHECKED,
    "NoHostAuthenticationForLocalhost": _OFF,
    "VerifyHostKeyDNS": ("no", "false", "ask"),
    "ForwardAgent": _OFF,
    "ForwardX11": _OFF,
    "ForwardX11Trusted": _OFF,
}
_BY_LOWER_NAME = {name.lower(): name for name in _NAMES}
_NAMES_OF_FLAGS = {"l": "User", "J": "ProxyJump", "p": "Port"}
_VALUES: dict[str, Callable[[str], bool]] = {
    "User": is_user_name,
    "Hostname": is_host_name,
    "HostKeyAlias": is_host_name,
    "ProxyJump": is_jump_list,
}
_KEY_FILES = ("UserKnownHostsFile", "GlobalKnownHostsFile")
_NO_KEYS = re.compile(r"/dev/(null|zero)|none", re.IGNORECASE)


def checked_arguments(text: str, *, key: str, host: str, where: object) -> tuple[str, ...]:
    """The words of `text`, the value of the variable `key`. Raises InventoryError for a word that may not pass."""
    try:
        words = shlex.split(text)
    except ValueError as reason:
        raise InventoryError(
            f'{key} of "{host}" is not a command line: {reason}', where=where, fix="Close its quotes."
        ) from None
    for flag, value in _options(words, key, host, where):
        problem = _problem(flag, value)
        if problem:
            what, fix = problem
            raise InventoryError(f'{key} of "{host}" {what}', where=where, fix=fix)
    return tuple(words)


def _options(words: list[str], key: str, host: str, where: object) -> Iterator[tuple[str, str]]:
    """Each option with its value ("" for a flag), as getopt(3) reads them."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word in ("-", "--"):
            what = f'{key} of "{host}" has the word "{word}", which ssh would take for a host'
            raise InventoryError(
                what, where=where, fix="Write options only, e.g. -F ci/ssh_config or -o ProxyJump=gate."
            )
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter not in _WITH_VALUE:
                yield letter, ""
                continue
            if not letters and not rest:
                raise InventoryError(f'{key} of "{host}": -{letter} has no value', where=where, fix="Write it behind.")
            yield letter, letters or rest.pop(0)
            letters = ""


def _problem(flag: str, value: str) -> tuple[str, str] | None:
    """What is wrong with an option, and the fix; None when it may pass."""
    if flag in _FORWARDING_FLAGS:
        return f"has -{flag}", _FORWARD_FIX
    if flag not in _FLAGS and flag not in _WITH_VALUE:
        return f"has -{flag}, which does not say how the host is reached", _PURPOSE_FIX
    if flag in "iF" and value.startswith("-"):
        return f'has -{flag} "{value}", which is not the name of a file', "Write the path of a file."
    if flag == "o":
        return _option_problem(value)
    return _value_problem(_NAMES_OF_FLAGS[flag], value, f"-{flag}") if flag in _NAMES_OF_FLAGS else None


def _option_problem(text: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*", text)
    if found is None:
        return f'has -o "{text}", which is not NAME=VALUE', "Write e.g. -o ConnectTimeout=5."
    name, value = _BY_LOWER_NAME.get(found[1].lower()), found[2].strip('"')
    if name is None:
        fix = f"Remove it, or set it in your own ssh_config. {did_you_mean(found[1], _NAMES)}"
        return f"has the option {found[1]}, which phlo does not take from an inventory", fix
    allowed = _NAMES[name]
    if allowed and value.lower() not in allowed:
        fix = _FORWARD_FIX if name.startswith("Forward") else KEY_FIX
        return f"has {name}={value}; phlo always checks host keys" if fix == KEY_FIX else f"has {name}={value}", fix
    if name in _KEY_FILES and any(map(_NO_KEYS.fullmatch, value.split())):
        return f"has {name}={value}; without known hosts no host key can be checked", KEY_FIX
    if name == "ProxyCommand":
        return _proxy_problem(value)
    return _value_problem(name, value, name)


def _value_problem(name: str, value: str, shown: str) -> tuple[str, str] | None:
    """What is wrong with the value of an option that takes a name or a port."""
    if name == "Port":
        is_valid, fix = value.isdecimal() and 0 < int(value) < 65536, "Write a number from 1 to 65535."
    else:
        is_valid, fix = _VALUES.get(name, bool)(value), "Write the name of a host or user."
    return None if is_valid else (f'has {shown} "{value}"', fix)


def _proxy_problem(command: str) -> tuple[str, str] | None:
    """What is wrong with a ProxyCommand: the ssh that it runs must check host keys, too."""
    for found in re.finditer(r"\b(\w+)\s*[=\s]\s*[\"']?([^\s\"']+)", command):
        name = _BY_LOWER_NAME.get(found[1].lower())
        is_unchecked = name == "StrictHostKeyChecking" and found[2].lower() not in _CHECKED
        if is_unchecked or (name in _KEY_FILES and _NO_KEYS.fullmatch(found[2])):
            return f"has a ProxyCommand with {name}={found[2]}; phlo always checks host keys", KEY_FIX
    return None
