"""Filters for texts."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus
from urllib.parse import urlsplit as split_url

# The namespace that Ansible's own `to_uuid` hashes in, so that the same text gives the same id.
NAMESPACE = uuid.UUID("361E6D51-FAEC-444A-9079-341386DA8E2E")


def flags(ignorecase: bool, multiline: bool) -> int:
    return (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)


def regex_replace(
    text: Any,
    pattern: str = "",
    replacement: str = "",
    ignorecase: bool = False,
    multiline: bool = False,
    count: int = 0,
    mandatory_count: int = 0,
) -> str:
    found, number = re.subn(pattern, replacement, str(text), count=count, flags=flags(ignorecase, multiline))
    if mandatory_count and number != mandatory_count:
        raise ValueError(f"regex_replace: {number} replacements, not {mandatory_count}")
    return found


def regex_search(text: Any, pattern: str, *groups: str, ignorecase: bool = False, multiline: bool = False) -> Any:
    """The first match, or the groups asked for as `'\\1'` or `'\\g<name>'`; None without a match."""
    found = re.search(pattern, str(text), flags(ignorecase, multiline))
    if found is None:
        return None
    if not groups:
        return found.group()
    names = [group.removeprefix("\\g<").removesuffix(">").removeprefix("\\") for group in groups]
    return [found.group(int(name) if name.isdigit() else name) for name in names]


def regex_findall(text: Any, pattern: str, ignorecase: bool = False, multiline: bool = False) -> list[Any]:
    return re.findall(pattern, str(text), flags(ignorecase, multiline))


def regex_escape(text: Any, re_type: str = "python") -> str:
    """re_type: python or posix_basic."""
    if re_type == "python":
        return re.escape(str(text))
    if re_type == "posix_basic":
        return re.sub(r"([].[^$*\\])", r"\\\1", str(text))
    raise ValueError(f'regex_escape: there is no kind "{re_type}"; there are python and posix_basic')


def b64encode(text: Any, encoding: str = "utf-8") -> str:
    return base64.b64encode(str(text).encode(encoding, "surrogateescape")).decode()


def b64decode(text: Any, encoding: str = "utf-8") -> str:
    return base64.b64decode(str(text)).decode(encoding, "surrogateescape")


def hashed(text: Any, algorithm: str = "sha1") -> str:
    if algorithm not in hashlib.algorithms_available:
        raise ValueError(f'hash: there is no "{algorithm}"')
    return hashlib.new(algorithm, str(text).encode()).hexdigest()


_STYLES: Mapping[str, Mapping[str, str]] = {
    "plain": {"decoration": "# "},
    "erlang": {"decoration": "% "},
    "c": {"decoration": "// "},
    "cblock": {"beginning": "/*", "decoration": " * ", "end": " */"},
    "xml": {"beginning": "<!--", "decoration": " - ", "end": "-->"},
}


def comment(
    text: Any,
    style: str = "plain",
    *,
    decoration: str | None = None,
    beginning: str | None = None,
    end: str | None = None,
    prefix: str | None = None,
    prefix_count: int = 1,
    postfix: str | None = None,
    postfix_count: int = 1,
    newline: str = "\n",
) -> str:
    """The text as a comment of a language. prefix, postfix: lines before and after; default: an empty comment."""
    if style not in _STYLES:
        raise ValueError(f'comment: there is no style "{style}"; there are {", ".join(_STYLES)}')
    known = _STYLES[style]
    mark = known["decoration"] if decoration is None else decoration
    bare = mark.rstrip()
    first = known.get("beginning", "") if beginning is None else beginning
    last = known.get("end", "") if end is None else end
    lines = [
        *([first] if first else []),
        *[bare if prefix is None else prefix] * prefix_count,
        *(f"{mark}{line}" if line else bare for line in str(text).split(newline)),
        *[bare if postfix is None else postfix] * postfix_count,
        *([last] if last else []),
    ]
    return newline.join(lines)


def to_uuid(text: Any, namespace: Any = NAMESPACE) -> str:
    return str(uuid.uuid5(uuid.UUID(str(namespace)), str(text)))


def urlsplit(url: Any, part: str = "") -> Any:
    """A URL in its parts, or one of them: scheme, hostname, port, path, query, fragment, username, ..."""
    found = split_url(str(url))
    names = ("scheme", "netloc", "hostname", "port", "path", "query", "fragment", "username", "password")
    parts = {name: getattr(found, name) for name in names}
    if not part:
        return parts
    if part not in parts:
        raise ValueError(f'urlsplit: there is no part "{part}"; there are {", ".join(names)}')
    return parts[part]


TEXT_FILTERS: Mapping[str, Callable[..., Any]] = {
    "regex_replace": regex_replace,
    "regex_search": regex_search,
    "regex_findall": regex_findall,
    "regex_escape": regex_escape,
    "b64encode": b64encode,
    "b64decode": b64decode,
    "hash": hashed,
    "md5": lambda text: hashed(text, "md5"),
    "sha1": lambda text: hashed(text, "sha1"),
    "checksum": lambda text: hashed(text, "sha1"),
    "comment": comment,
    "quote": lambda text: shlex.quote(str(text)),
    "split": lambda text, separator=None, most=-1: str(text).split(separator, most),
    "to_uuid": to_uuid,
    "urlsplit": urlsplit,
    "urldecode": lambda text: unquote_plus(str(text)),
}
