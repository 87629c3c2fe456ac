"""What a task may write of a user, and what follows from it for the user's groups."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from phlo.frozen import dataclass
from phlo.operations.accounts import Accounts, Shadow
from phlo.operations.fields import injected
from phlo.values import Secret, reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the user; `user` is the same.
    state: present or absent.
    uid: its number.
    non_unique: the number may be that of another user, too.
    group: its primary group, a name or a number.
    groups: its further groups; an empty list removes it from all of them.
    append: only add the groups, and remove it from none.
    comment: its description (GECOS).
    home: its home folder.
    create_home: make the home folder of a new user; `createhome` is the same.
    move_home: move the folder when `home` changes.
    skeleton: the folder whose files a new home folder gets.
    shell: its shell.
    password: its password as crypt(5) writes it; `*` or `!` for none.
    update_password: `on_create` does not change the password of an existing user.
    password_lock: lock the password, or unlock it.
    password_expire_max: after how many days the password has to be changed.
    password_expire_min: how many days the password has to be kept.
    password_expire_warn: how many days before that a warning comes.
    password_expire_account_disable: how many days after that the account is disabled.
    expires: when the account ends, in seconds since 1970; a negative number: never.
    system: a new user gets a number of the system's range.
    umask: the umask for the home folder of a new user.
    uid_min: the least number of a new user.
    uid_max: the highest number of a new user.
    generate_ssh_key: make an SSH key for the user where there is none.
    ssh_key_bits: how long the key is.
    ssh_key_type: its type, such as rsa or ed25519.
    ssh_key_file: its file, relative to the home folder.
    ssh_key_comment: its comment.
    local: look at the host's own files only, not at a directory service.
    remove: with `state: absent` remove the home folder and the mail, too.
    force: with `state: absent` remove the user even while it is signed in.
    """

    name: str
    state: Literal["present", "absent"] = "present"
    uid: int | None = None
    non_unique: bool = False
    group: str | None = None
    groups: tuple[str, ...] | None = None
    append: bool = False
    comment: str | None = None
    home: str | None = None
    create_home: bool = True
    move_home: bool = False
    skeleton: str | None = None
    shell: str | None = None
    password: str | Secret | None = None
    update_password: Literal["always", "on_create"] = "always"  # noqa: S105 - a word, no password
    password_lock: bool | None = None
    password_expire_max: int | None = None
    password_expire_min: int | None = None
    password_expire_warn: int | None = None
    password_expire_account_disable: int | None = None
    expires: float | None = None
    system: bool = False
    umask: str | None = None
    uid_min: int | None = None
    uid_max: int | None = None
    generate_ssh_key: bool = False
    ssh_key_bits: int | None = None
    ssh_key_type: str = "rsa"
    ssh_key_file: str | None = None
    ssh_key_comment: str | None = None
    local: bool = False
    remove: bool = False
    force: bool = False
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not self.name or any(sign in self.name for sign in ":,\n/") or self.name.startswith("-"):
            raise ValueError(f'"{self.name}" is not a name of a user')
        if any(sign in reveal(self.password or "") for sign in ":\n"):
            raise ValueError("password should be a hash as crypt(5) writes it, which has no colon and no end of line")
        if self.umask is not None and self.local:
            raise ValueError("umask and local exclude each other")
        for name, text in (("comment", self.comment), ("home", self.home), ("shell", self.shell)):
            if text is not None and any(sign in text for sign in ":\n"):
                raise ValueError(f"{name} may have no colon and no end of line")

    @property
    def further_groups(self) -> tuple[str, ...] | None:
        """The names of `groups`, each alone; a text may have several with commas."""
        if self.groups is None:
            return None
        return tuple(name for words in self.groups for name in words.replace(" ", "").split(",") if name)


def moved_groups(args: Args, accounts: Accounts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The groups to add the user to, and those to remove it from."""
    wanted = args.further_groups
    if wanted is None:
        return (), ()
    primary = args.group or (str(accounts.user.gid) if accounts.user else "")
    own = accounts.group(primary)
    names = {found.name for word in wanted if (found := accounts.group(word))} - {own.name if own else ""}
    there = set(accounts.groups_of(args.name))
    removed = () if args.append else tuple(sorted(there - names - {own.name if own else ""}))
    return tuple(sorted(names - there)), removed


def key_path(args: Args, accounts: Accounts) -> str:
    """The file of the user's SSH key; "" while there is no user."""
    if accounts.user is None:
        return ""
    name = args.ssh_key_file or f".ssh/id_{args.ssh_key_type}"
    return name if name.startswith("/") else f"{accounts.user.home}/{name}"


def has_other_password(args: Args, shadow: Shadow | None) -> bool:
    """Whether an existing user has to get another password; one that is locked has a `!` before it."""
    if args.password is None or args.update_password == "on_create":  # noqa: S105 - a word, no password
        return False
    found = shadow.password if shadow else ""
    return reveal(args.password) not in (found, found.removeprefix("!"))


def has_other_lock(args: Args, shadow: Shadow | None) -> bool:
    """Whether the password has to be locked or unlocked; without a password there is nothing to unlock."""
    if args.password_lock is None or shadow is None:
        return False
    is_locked = shadow.password.startswith("!")
    return is_locked is not args.password_lock and (args.password_lock or bool(shadow.password.strip("!*")))
