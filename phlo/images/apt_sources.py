"""The Debian mirrors of this machine, out of apt's sources (sources.list(5)), in a form that an image can use.

What a source refers to on this machine, a list of mirrors or a signing key, is read here and travels with the source.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from phlo.frozen import dataclass

# Debian's releases by the name that their folders on a mirror have; the aliases move from one to the next.
_RELEASES = ("buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid")
_ALIASES = ("oldoldstable", "oldstable", "stable", "testing", "unstable")
# Debian's own keys, which every Debian image has.
DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_TRUSTED_KEYS = "etc/apt/trusted.gpg.d"
# What apt can use from inside a container; file:, copy: and cdrom: are this machine's, tor+http: needs a service.
_SCHEMES = ("http", "https", "mirror", "mirror+http", "mirror+https")
# Options that are about the mirror; all others are about this machine or about what is not taken over.
_OPTIONS = ("allow-insecure", "check-date", "check-valid-until", "trusted")
_FALSE = ("no", "false", "without", "off", "disable", "0")
_ONE_LINE = re.compile(r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>[^#]+)")
_ARMOUR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A signing key that is not Debian's. content: a keyring as gpg exports it, armoured or not."""

    content: bytes

    @property
    def name(self) -> str:
        """The file's name, from its content; apt tells armoured and binary keys apart by the ending."""
        ending = "asc" if self.content.lstrip().startswith(_ARMOUR.encode()) else "gpg"
        return f"phlo-{hashlib.sha256(self.content).hexdigest()[:12]}.{ending}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A source of Debian packages. suite: as on the mirror, e.g. `trixie-updates`. options: `name=value`."""

    uri: str
    suite: str
    components: tuple[str, ...]
    keys: tuple[Key, ...] = ()
    options: tuple[str, ...] = ()

    def line(self, keys: str = "/etc/apt/keyrings", debian: str = DEBIAN_KEYRING) -> str:
        """The source in apt's one-line form. keys: the folder of its keys. debian: the file of Debian's keys.

        Debian's keys count always: they sign the release that is wanted, which may not be the machine's.
        """
        signed = ",".join([*(f"{keys}/{key.name}" for key in self.keys), debian])
        options = " ".join([*self.options, f"signed-by={signed}"])
        return f"deb [{options}] {self.uri} {self.suite} {' '.join(self.components)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """One source as it is written. options: names in lower case; `signed-by` may be an armoured key."""

    uri: str
    suite: str
    components: tuple[str, ...]
    options: Mapping[str, str]


def debian_mirrors(root: Path, suite: str) -> tuple[Mirror, ...]:
    """The Debian mirrors of this machine, for another release; empty when it has none (Ubuntu, another system).

    A mirror keeps its address; of its suite only the release changes (`bookworm-security` -> `trixie-security`). Left
    out are addresses with a password, because anyone who has the image could read it, and local folders.
    """
    found: dict[tuple[str, str], Mirror] = {}
    for source in _sources(root):
        release, separator, pocket = source.suite.replace("/updates", "-security").partition("-")
        if release not in (*_RELEASES, *_ALIASES) or "main" not in source.components or pocket == "backports":
            continue
        uri = _address(source.uri, root)
        if uri is None:
            continue
        there = Mirror(
            uri=uri,
            suite=suite + separator + pocket,
            components=("main",),
            keys=tuple(_keys(source.options.get("signed-by", ""), root)),
            options=tuple(f"{name}={source.options[name]}" for name in _OPTIONS if name in source.options),
        )
        found.setdefault((there.uri, there.suite), there)
    return tuple(found.values())


def apt_files(root: Path) -> list[Path]:
    """Every file that `debian_mirrors` reads: the sources, the lists of mirrors and the keys that they name."""
    named = {
        path
        for source in _sources(root)
        for path in (_list_of(source.uri, root), *_keyrings(source.options.get("signed-by", ""), root))
        if path is not None
    }
    return [*source_files(root), *sorted(path for path in named if path.is_file())]


def source_files(root: Path) -> list[Path]:
    """The files apt reads its sources from (sources.list(5)), in its order."""
    folder = root / "etc/apt/sources.list.d"
    parts = [path for path in folder.glob("*") if path.suffix in (".list", ".sources")] if folder.is_dir() else []
    return [path for path in (root / "etc/apt/sources.list", *sorted(parts)) if path.is_file()]


# -- addresses ---------------------------------------------------------------------------------------------------


def _address(uri: str, root: Path) -> str | None:
    """The address for an image; of a list of mirrors (apt-transport-mirror(1)) the one that comes first."""
    path = _list_of(uri, root)
    candidates = [uri] if path is None else _read_list(path) if path.is_file() else []
    return next((one for one in candidates if _is_usable(one)), None)


def _is_usable(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme.lower() in _SCHEMES and bool(parts.netloc) and "@" not in parts.netloc


def _list_of(uri: str, root: Path) -> Path | None:
    """The file of a `mirror+file:` address, None for any other."""
    scheme, _, path = uri.partition(":")
    return root / path.lstrip("/") if scheme.lower() == "mirror+file" else None


def _read_list(path: Path) -> list[str]:
    """The addresses of a list of mirrors, by their priority: `URI<tab>priority:1<tab>type:deb`."""
    lines = [line.split() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    found = []
    for words in (words for words in lines if words and not words[0].startswith("#")):
        given = dict(word.split(":", 1) for word in words[1:] if ":" in word)
        priority = given.get("priority", "")
        found.append((int(priority) if priority.isdigit() else 1 << 31, words[0]))
    return [uri for _, uri in sorted(found, key=lambda one: one[0])]


# -- keys --------------------------------------------------------------------------------------------------------


def _keys(signed_by: str, root: Path) -> Iterator[Key]:
    """The keys besides Debian's that sign a source: those it names, else those that apt trusts for every source."""
    if _ARMOUR in signed_by:
        yield Key(content=signed_by.encode())
        return
    for path in _keyrings(signed_by, root):
        if path.is_file() and not path.name.startswith("debian-archive-"):
            yield Key(content=path.read_bytes())


def _keyrings(signed_by: str, root: Path) -> list[Path]:
    """The files of a source's keys. `Signed-By` has file names or fingerprints of keys that apt trusts already."""
    if _ARMOUR in signed_by:
        return []
    named = [root / word.lstrip("/") for word in re.split(r"[,\s]+", signed_by) if word.startswith("/")]
    trusted = root / _TRUSTED_KEYS
    return named or sorted(path for path in trusted.glob("*") if path.suffix in (".gpg", ".asc"))


# -- reading -----------------------------------------------------------------------------------------------------


def _sources(root: Path) -> Iterator[_Source]:
    for path in source_files(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".sources":
            for stanza in re.split(r"\n[ \t]*\n", text):
                yield from _read_stanza(stanza)
        else:
            yield from (source for line in text.splitlines() for source in _read_line(line))


def _read_line(line: str) -> Iterator[_Source]:
    """The source of one line, none for a comment or another type."""
    found = _ONE_LINE.match(line)
    if found:
        pairs = (word.partition("=") for word in (found["options"] or "").split())
        yield _Source(
            uri=found["uri"],
            suite=found["suite"],
            components=tuple(found["rest"].split()),
            options={name.lower(): value for name, _, value in pairs},
        )


def _read_stanza(stanza: str) -> Iterator[_Source]:
    """The sources of one stanza in deb822 form: one for each of its addresses and suites."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            # A line of a key; one with a dot alone is empty.
            text = line.strip()
            fields[name] = f"{fields.get(name, '')}\n{'' if text == '.' else text}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    if fields.get("enabled", "yes").lower() in _FALSE or "deb" not in fields.get("types", "").split():
        return
    if "signed-by" in fields:
        fields["signed-by"] = fields["signed-by"].strip() + ("\n" if _ARMOUR in fields["signed-by"] else "")
    for uri in fields.get("uris", "").split():
        for suite in fields.get("suites", "").split():
            yield _Source(uri=uri, suite=suite, components=tuple(fields.get("components", "").split()), options=fields)
