"""The keys that show that an archive of `phlo backup` is the project's own, in `.phlo/backup-key`."""

from __future__ import annotations

import re
from pathlib import Path

from phlo.config.atomic import replace_file
from phlo.config.file_lock import locked
from phlo.config.ownership import make_folder
from phlo.errors import ConfigError

BACKUP_KEY_FILE = Path(".phlo") / "backup-key"
_KEY_BYTES = 32
_MOST_BYTES = 64 * 1024
_FORM = re.compile(r"[0-9a-f]{64}")


def backup_keys(root: Path) -> tuple[bytes, ...]:
    """The project's keys, one of each line of the file; none when there is no file.

    The first makes the MAC of new archives. Raises ConfigError when the file holds anything else, or no key.
    """
    path = root / BACKUP_KEY_FILE
    try:
        with path.open("rb") as stream:
            text = stream.read(_MOST_BYTES).decode("ascii")
    except FileNotFoundError:
        return ()
    except OSError as reason:
        fix = "Make the file readable for the user who runs phlo."
        raise ConfigError(f"cannot be read: {reason.strerror}", where=BACKUP_KEY_FILE, fix=fix) from None
    except UnicodeDecodeError:
        text = "?"
    lines = text.split()
    if not lines or not all(_FORM.fullmatch(line) for line in lines):
        fix = "Restore the file from your copy. Without a copy remove it: the next backup makes a new key."
        raise ConfigError("should hold keys of 64 hexadecimal digits, one a line", where=BACKUP_KEY_FILE, fix=fix)
    return tuple(bytes.fromhex(line) for line in lines)


def backup_key(root: Path) -> bytes:
    """The key for a new archive, made and stored first when the project has none."""
    path = root / BACKUP_KEY_FILE
    try:
        make_folder(path.parent)
        with locked(path):
            if keys := backup_keys(root):
                return keys[0]
            import secrets

            key = secrets.token_bytes(_KEY_BYTES)
            replace_file(path, f"{key.hex()}\n".encode(), mode=0o600)
            return key
    except OSError as reason:
        what = f"the key of the backup cannot be stored: {reason.strerror}"
        raise ConfigError(what, where=BACKUP_KEY_FILE, fix="Make the folder writable.") from None
