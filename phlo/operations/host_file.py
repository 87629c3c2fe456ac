"""Files where an operation works, looked at and changed with a POSIX shell and stat."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from typing import Any

from phlo.bounded import KIB, MOST_FILE_BYTES
from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.operations.file_attributes import Attributes, differences
from phlo.operations.location import Location

# A file of up to this size is compared, and shown by --diff, line by line.
MOST_COMPARED_BYTES = 512 * KIB
_ABSENT = b"absent"
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}

# Functions of the scripts below. `look PATH FOLLOW MOST DIGEST` prints a line of numbers and names, a line with the
# digest and whether the content follows, and the content, or where a link leads.
SHELL_FUNCTIONS = """
home() { case $1 in "~"|"~/"*) printf '%s\\n' "$HOME${1#"~"}";; *) printf '%s\\n' "$1";; esac; }
look() {
  if ! [ -e "$1" ] && { [ -n "$2" ] || ! [ -L "$1" ]; }; then echo absent; return 0; fi
  stat ${2:+-L} -c '%f %u %g %s %X %Y %Z %i %d %h %U %G' -- "$1" || return 1
  if [ -z "$2" ] && [ -L "$1" ]; then echo - yes; readlink -n -- "$1"; return; fi
  if [ -z "$3" ] || ! [ -f "$1" ]; then echo - no; return 0; fi
  digest=$($4 < "$1") || return 1
  if [ "$(wc -c < "$1")" -le "$3" ]; then echo "${digest%% *} yes"; cat -- "$1"; else echo "${digest%% *} no"; fi
}
"""
_LOOK = SHELL_FUNCTIONS + 'look "$(home "$1")" "$2" "$3" "$4"'
# $1: path. $2, $3, $4: owner, group, mode; "" leaves it. $5: "" changes where a link leads.
_ATTRIBUTES = """
own() {
  [ -z "$2" ] || chown ${5:+-h} -- "$2" "$1" || return 1
  [ -z "$3" ] || chgrp ${5:+-h} -- "$3" "$1" || return 1
  [ -z "$4" ] || chmod -- "$4" "$1" || return 1
}
"""
SHELL_FUNCTIONS += _ATTRIBUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is at a path. kind: file, directory, link, device, fifo, socket.

    digest: of a file's content, where that was asked for. content: of a small file. target: where a link leads.
    """

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    user: str
    group: str
    size: int
    atime: int = 0
    mtime: int = 0
    ctime: int = 0
    inode: int = 0
    device: int = 0
    links: int = 1
    digest: str = ""
    content: bytes | None = None
    target: str = ""

    @property
    def is_folder(self) -> bool:
        return self.kind == "directory"

    def causes(self, wanted: Attributes) -> list[str]:
        """How its attributes differ from those that are wanted."""
        is_link = self.kind == "link"
        found = differences(
            wanted, self.user, self.uid, self.group, self.gid, self.mode, is_folder=self.is_folder, is_link=is_link
        )
        return list(found)

    def facts(self) -> dict[str, Any]:
        """Its attributes as Ansible's file operations register them."""
        return {
            "mode": f"{self.mode:04o}",
            "uid": self.uid,
            "gid": self.gid,
            "owner": self.user,
            "group": self.group,
            "size": self.size,
            "state": self.kind,
        }


def look(
    location: Location,
    path: str,
    *,
    follow: bool = False,
    reads: bool = False,
    digest: str = "sha1sum",
    most_bytes: int = MOST_COMPARED_BYTES,
) -> Entry | None:
    """What is at a path, None when nothing is.

    follow: look at what a link leads to. reads: a file's digest, and the content of one that is not larger than
    `most_bytes`. Raises OperationError for what may not be looked at.
    """
    most = str(most_bytes) if reads else ""
    words = ("1" if follow else "", most, digest)
    # The output may be a little longer than the content.
    done = location.sh(_LOOK, path, *words, most_bytes=2 * (most_bytes + 64 * KIB) if reads else 64 * KIB)
    return parse_entry(path, done.stdout)


def parse_entry(path: str, printed: bytes) -> Entry | None:
    """What `look` printed."""
    first, _, rest = printed.partition(b"\n")
    if first == _ABSENT:
        return None
    words = first.decode(errors="replace").split(" ")
    numbers = [int(word) for word in words[1:10]]
    bits = int(words[0], 16)
    second, _, content = rest.partition(b"\n")
    digest, _, has_content = second.decode().partition(" ")
    kind = _KINDS.get(stat.S_IFMT(bits), "file")
    is_there = has_content == "yes"
    uid, gid, size, atime, mtime, ctime, inode, device, links = numbers
    return Entry(
        path=path,
        kind=kind,
        mode=stat.S_IMODE(bits),
        uid=uid,
        gid=gid,
        user=words[10] if words[10] != "UNKNOWN" else str(uid),
        group=words[11] if words[11] != "UNKNOWN" else str(gid),
        size=size,
        atime=atime,
        mtime=mtime,
        ctime=ctime,
        inode=inode,
        device=device,
        links=links,
        digest=digest if digest != "-" else "",
        content=content if is_there and kind == "file" else None,
        target=content.decode(errors="surrogateescape") if is_there and kind == "link" else "",
    )


def read(location: Location, path: str, *, follow: bool = True) -> Entry:
    """A file with its whole content. Raises OperationError when there is none, or it is too large."""
    entry = look(location, path, follow=follow, reads=True, most_bytes=MOST_FILE_BYTES)
    if entry is None:
        raise OperationError(f"there is no file {path}", where=location.name)
    if entry.kind != "file":
        raise OperationError(f"{path} is not a file, but a {entry.kind}", where=location.name)
    if entry.content is None:
        raise OperationError(f"{path} is larger than {MOST_FILE_BYTES // (KIB * KIB)} MiB", where=location.name)
    return entry


def attribute_words(wanted: Attributes, entry: Entry | None, *, is_folder: bool = False) -> Sequence[str]:
    """Owner, group and mode for the shell's function `own`; "" for what is as it should be."""
    if entry is None:
        mode = wanted.mode_for(0o777 if is_folder else 0o666, is_folder=is_folder) if wanted.mode is not None else None
        return (wanted.owner or "", wanted.group or "", "" if mode is None else f"{mode:04o}")
    asked = None if entry.kind == "link" else wanted.mode_for(entry.mode, is_folder=entry.is_folder)
    return (
        "" if wanted.owner in (None, entry.user, str(entry.uid)) else str(wanted.owner),
        "" if wanted.group in (None, entry.group, str(entry.gid)) else str(wanted.group),
        "" if asked is None or asked == entry.mode else f"{asked:04o}",
    )
