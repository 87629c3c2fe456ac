"""What this machine is configured with, as far as a build needs the same: certificates and package indexes.

Nothing here is asked of a program: the files are read, which takes a fraction of a millisecond, because every run
computes the tag of the base from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

_CERTIFICATE_FOLDERS = ("usr/local/share/ca-certificates", "etc/pki/ca-trust/source/anchors")
_GO_NAMES = ("GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOPROXY", "GOSUMDB")
_PIP_NAMES = ("index-url", "extra-index-url", "find-links", "trusted-host")


def certificates(root: Path) -> dict[str, Path]:
    """The certificates this machine trusts besides its system's own: a file name -> where it is."""
    found: dict[str, Path] = {}
    for folder in _CERTIFICATE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".crt", ".pem") and path.is_file():
                found.setdefault(f"{path.stem}.crt", path)
    return found


def pip_files(root: Path, home: Path, environ: Mapping[str, str]) -> list[Path]:
    """pip's configuration files, the one that counts most last (https://pip.pypa.io/en/stable/topics/configuration/)."""
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = environ.get("PIP_CONFIG_FILE")
    candidates = [
        root / "etc/pip.conf",
        home / ".pip/pip.conf",
        config / "pip/pip.conf",
        *([Path(named)] if named else []),
    ]
    return [path for path in candidates if path.is_file()]


def pip_settings(files: list[Path], environ: Mapping[str, str]) -> str:
    """The text of a pip.conf that has pip find packages where this machine's pip finds them; empty: its defaults.

    Addresses with a password are left out: anyone who has the image could read them. So are local folders.
    """
    import configparser

    settings: dict[str, str] = {}
    for path in files:
        parser = configparser.RawConfigParser(strict=False)
        parser.read(path, encoding="utf-8")
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update({name: text for name, text in parser.items(section) if name in _PIP_NAMES})
    for name in _PIP_NAMES:
        given = environ.get("PIP_" + name.upper().replace("-", "_"))
        if given is not None:
            settings[name] = given
    public = {name: [word for word in text.split() if _may_be_shown(name, word)] for name, text in settings.items()}
    lines = [f"{name} = {' '.join(words)}" for name, words in sorted(public.items()) if words]
    return "\n".join(["[global]", *lines, ""]) if lines else ""


def npm_files(root: Path, home: Path) -> list[Path]:
    """npm's configuration files, the one that counts most last."""
    return [path for path in (root / "etc/npmrc", home / ".npmrc") if path.is_file()]


def npm_registry(files: list[Path], environ: Mapping[str, str]) -> str | None:
    """The address npm takes packages from, None for its default or one with a password."""
    address = environ.get("npm_config_registry") or environ.get("NPM_CONFIG_REGISTRY")
    if not address:
        for path in files:
            for found in re.finditer(r"(?m)^\s*registry\s*=\s*(\S+)", path.read_text(errors="replace")):
                address = found[1]
    return address if address and _is_public_address(address) else None


def maven_files(root: Path, home: Path) -> list[Path]:
    """Maven's settings, the one that counts most first (https://maven.apache.org/settings.html)."""
    return [path for path in (home / ".m2/settings.xml", root / "etc/maven/settings.xml") if path.is_file()]


def maven_settings(files: list[Path]) -> str:
    """The text of a settings.xml that has Maven use the mirrors of this machine's Maven; empty: its defaults.

    Left out are mirrors whose address has a password or that have a login of their own, and blockers.
    """
    mirrors: dict[str, str] = {}
    for path in files:
        text = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8", errors="replace"), flags=re.DOTALL)
        logins = {_element("id", server) for server in re.findall(r"<server>(.*?)</server>", text, re.DOTALL)}
        for mirror in re.findall(r"<mirror>(.*?)</mirror>", text, re.DOTALL):
            name, of, url = (_element(tag, mirror) for tag in ("id", "mirrorOf", "url"))
            if name not in logins and _element("blocked", mirror) != "true" and _is_public_address(url):
                line = f"<mirror><id>{name}</id><mirrorOf>{of}</mirrorOf><url>{url}</url></mirror>"
                mirrors.setdefault(name, line)
    return "\n".join(["<settings><mirrors>", *mirrors.values(), "</mirrors></settings>", ""]) if mirrors else ""


def _element(tag: str, text: str) -> str:
    """The text of an element as it is written, entities and all; empty when there is none."""
    found = re.search(rf"<{tag}>\s*(.*?)\s*</{tag}>", text, re.DOTALL)
    return found[1] if found else ""


def go_files(home: Path, environ: Mapping[str, str]) -> list[Path]:
    """The file that `go env -w` writes (`go help environment`), when it is there."""
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    path = Path(environ.get("GOENV") or config / "go/env")
    return [path] if path.is_file() else []


def go_settings(files: list[Path], environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that have Go find modules where this machine's Go finds them.

    One with a password in it is left out: anyone who has the image could read it.
    """
    found: dict[str, str] = {}
    for path in files:
        pairs = (line.partition("=") for line in path.read_text(errors="replace").splitlines())
        found.update({name.strip(): text.strip() for name, _, text in pairs})
    found.update(environ)
    return {name: found[name] for name in _GO_NAMES if found.get(name) and "@" not in found[name]}


def _may_be_shown(name: str, word: str) -> bool:
    return name == "trusted-host" or _is_public_address(word)


def _is_public_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and "@" not in parts.netloc
