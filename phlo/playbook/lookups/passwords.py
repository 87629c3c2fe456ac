"""`lookup('password', 'FILE')`: a password that is made once and kept in a file."""

from __future__ import annotations

import os
import secrets
import shlex
import string
from pathlib import Path
from typing import Any

from phlo.playbook.lookups.around import Around
from phlo.values import Secret

_NAMED = {
    "ascii_letters": string.ascii_letters,
    "ascii_lowercase": string.ascii_lowercase,
    "ascii_uppercase": string.ascii_uppercase,
    "digits": string.digits,
    "hexdigits": string.hexdigits,
    "punctuation": string.punctuation,
}


def password(
    around: Around, terms: list[Any], length: Any = 20, chars: Any = ("ascii_letters", "digits", ".,:-_")
) -> list[Any]:
    """The password in a file; one is made and written when the file is not there. `/dev/null` keeps nothing."""
    found = []
    for term in terms:
        name, *words = shlex.split(str(term))
        options = dict(word.partition("=")[::2] for word in words)
        path = Path(around.name("playbook_dir") or around.root) / Path(name).expanduser()
        text = _kept(path)
        if not text:
            text = _made(int(options.get("length", length)), options.get("chars", chars))
            _keep(path, text)
        around.render.secrets.append(Secret(text))
        found.append(text)
    return found


def _kept(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition(" salt=")[0].strip() if path.is_file() else ""


def _made(length: int, chars: Any) -> str:
    names = chars.split(",") if isinstance(chars, str) else chars
    alphabet = "".join(dict.fromkeys("".join(_NAMED.get(name, name) for name in names)))
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _keep(path: Path, text: str) -> None:
    if str(path) == os.devnull:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(f"{text}\n")
