"""Owner, group and mode of a file as a task writes them, and how they differ from the current ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phlo.frozen import dataclass

_CLAUSE = re.compile(r"([ugoa]*)([-+=][rwxXstugo]*)+")
_PART = re.compile(r"([-+=])([rwxXstugo]*)")
_BITS = {"r": 4, "w": 2, "x": 1}
_SHIFTS = {"u": 6, "g": 3, "o": 0}
MOST_MODE = 0o7777
# `copy` and `template`: as the file on the control machine.
PRESERVE = "preserve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """owner, group: a name or a number, None: as it is. mode: the bits, or a text such as `u+x`; None: as it is."""

    owner: str | None = None
    group: str | None = None
    mode: int | str | None = None

    def mode_for(self, current: int, *, is_folder: bool) -> int | None:
        """The mode of a file that has the mode `current` now; None: as it is."""
        return symbolic(self.mode, current, is_folder=is_folder) if isinstance(self.mode, str) else self.mode


def parse_mode(value: object) -> int | str | None:
    """A mode as a task writes it: octal digits in quotes, a number, or symbolic. Raises ValueError."""
    if value is None or (isinstance(value, str) and value.isdigit()):
        found = None if value is None else int(str(value), 8)
        if found is not None and found > MOST_MODE:
            raise ValueError(f'mode should be at most "7777", got "{value}"')
        return found
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_MODE:
        return int(value)
    if value == PRESERVE or (isinstance(value, str) and all(_CLAUSE.fullmatch(clause) for clause in value.split(","))):
        return value
    raise ValueError(f'mode should be such as "0644" or "u=rw,g=r", got "{value}"')


def symbolic(text: str, current: int, *, is_folder: bool) -> int:
    """The mode after a symbolic change, as chmod(1) makes it with a umask of 0."""
    mode = current
    for clause in text.split(","):
        who = re.match(r"[ugoa]*", clause)
        names = (who[0] if who else "").replace("a", "ugo") or "ugo"
        for sign, letters in _PART.findall(clause):
            mode = _changed(mode, names, sign, letters, is_folder=is_folder)
    return mode


def _changed(mode: int, names: str, sign: str, letters: str, *, is_folder: bool) -> int:
    before = mode
    bits = mask = 0
    for name in names:
        shift = _SHIFTS[name]
        mask |= 7 << shift
        for letter in letters:
            if letter in _BITS:
                bits |= _BITS[letter] << shift
            elif letter in _SHIFTS:
                bits |= (before >> _SHIFTS[letter] & 7) << shift
            elif letter == "X" and (is_folder or before & 0o111):
                bits |= 1 << shift
    special = 0
    if "s" in letters:
        special |= (0o4000 if "u" in names else 0) | (0o2000 if "g" in names else 0)
    if "t" in letters:
        special |= 0o1000
    if sign == "+":
        return mode | bits | special
    if sign == "-":
        return mode & ~(bits | special)
    cleared = mask | (0 if is_folder else (0o4000 if "u" in names else 0) | (0o2000 if "g" in names else 0))
    return mode & ~cleared | bits | special


def differences(
    wanted: Attributes, user: str, uid: int, group: str, gid: int, mode: int, *, is_folder: bool, is_link: bool = False
) -> Iterator[str]:
    """The differences of the current attributes, one text for each. A link has no mode."""
    if wanted.owner is not None and wanted.owner not in (user, str(uid)):
        yield f"owner: {user} -> {wanted.owner}"
    if wanted.group is not None and wanted.group not in (group, str(gid)):
        yield f"group: {group} -> {wanted.group}"
    asked = None if is_link else wanted.mode_for(mode, is_folder=is_folder)
    if asked is not None and asked != mode:
        yield f"mode: {mode:04o} -> {asked:04o}"
