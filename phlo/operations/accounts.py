"""The users and groups of a host, as `getent` prints them (passwd(5), group(5), shadow(5))."""

from __future__ import annotations

from collections.abc import Sequence

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.operations.host_program import ask
from phlo.operations.location import Location

# $1: the user's name, or "" for the groups alone. $2: local: the host's own files only.
_LOOK = """
entries() {
  if [ -z "$3" ] && command -v getent >/dev/null 2>&1; then getent "$1" ${2:+"$2"}; else cat "/etc/$1"; fi
}
for one in useradd adduser groupadd addgroup usermod; do
  ! command -v "$one" >/dev/null 2>&1 || echo "program $one"
done
entries group "" "$2" | sed 's/^/group /'
[ -n "$1" ] || exit 0
entries passwd "$1" "$2" | sed 's/^/passwd /'
[ ! -r /etc/shadow ] || entries shadow "$1" "$2" 2>/dev/null | sed 's/^/shadow /'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A line of group(5)."""

    name: str
    gid: int
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A line of passwd(5)."""

    name: str
    uid: int
    gid: int
    comment: str
    home: str
    shell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A line of shadow(5). Days are those since 1970, None: not set."""

    password: str
    least_days: int | None = None
    most_days: int | None = None
    warn_days: int | None = None
    inactive_days: int | None = None
    expires_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """user: None when it is not there. shadow: None when it cannot be read. programs: those that change accounts."""

    groups: tuple[Group, ...]
    user: User | None = None
    shadow: Shadow | None = None
    programs: frozenset[str] = frozenset()

    def group(self, word: str) -> Group | None:
        """A group by its name, else by its number."""
        named = next((one for one in self.groups if one.name == word), None)
        return named or next((one for one in self.groups if word.isdigit() and one.gid == int(word)), None)

    def groups_of(self, user: str) -> tuple[str, ...]:
        """The further groups that a user is a member of."""
        return tuple(sorted(one.name for one in self.groups if user in one.members))

    def program(self, usual: str, small: str, *, where: str) -> str:
        """The program that changes accounts: the usual one, or BusyBox's. Raises OperationError without one."""
        found = next((name for name in (usual, small) if name in self.programs), None)
        if found is None:
            raise OperationError(f"there is neither {usual} nor {small}", where=where, fix="Install shadow or passwd.")
        return found


def look_at_accounts(location: Location, user: str = "", *, is_local: bool = False) -> Accounts:
    """The groups of a host, and a user of it."""
    return parse_accounts(ask(location, _LOOK, user, "1" if is_local else ""), user)


def parse_accounts(printed: str, user: str) -> Accounts:
    """What the script printed."""
    lines = [line.partition(" ") for line in printed.splitlines()]
    entries = [(kind, text.split(":")) for kind, _, text in lines]
    groups = [
        Group(name=entry[0], gid=int(entry[2]), members=tuple(filter(None, entry[3].split(","))))
        for kind, entry in entries
        if kind == "group" and len(entry) > 3
    ]
    users = [_user(entry) for kind, entry in entries if kind == "passwd" and entry[0] == user and len(entry) > 6]
    shadows = [_shadow(entry) for kind, entry in entries if kind == "shadow" and entry[0] == user and len(entry) > 7]
    return Accounts(
        groups=tuple(groups),
        user=users[0] if users else None,
        shadow=shadows[0] if shadows else None,
        programs=frozenset(text for kind, _, text in lines if kind == "program"),
    )


def _user(entry: Sequence[str]) -> User:
    name, _, uid, gid, comment, home, shell = entry[:7]
    return User(name=name, uid=int(uid), gid=int(gid), comment=comment, home=home, shell=shell)


def _shadow(entry: Sequence[str]) -> Shadow:
    least, most, warn, inactive, expires = (int(text) if text else None for text in entry[3:8])
    return Shadow(
        password=entry[1],
        least_days=least,
        most_days=most,
        warn_days=warn,
        inactive_days=inactive,
        expires_day=expires,
    )
