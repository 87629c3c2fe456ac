"""The content of a file on a host: how it differs from the current one, and replacing it atomically."""

from __future__ import annotations

import difflib
import hashlib
import shlex
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.operations.file_attributes import Attributes
from phlo.operations.host_file import SHELL_FUNCTIONS, Entry, attribute_words, look, parse_entry
from phlo.operations.location import Location
from phlo.values import Change, Secret

LONGEST_DIFF = 200

# $1: path. $2, $3, $4: owner, group, mode. $5: suffix of the backup. $6: a command that checks the new file, `$new`.
# $7: a file of the host to take instead of the input. $8: make the folder, with this mode. $9: keep the content.
_PUT = (
    SHELL_FUNCTIONS
    + """
make() {
  [ -d "$1" ] && return
  make "$(dirname -- "$1")" "$2" && mkdir -- "$1" && { [ "$2" = - ] || chmod -- "$2" "$1"; }
}
dest=$(home "$1"); folder=$(dirname -- "$dest")
if ! [ -d "$folder" ]; then
  [ -n "$8" ] || { echo "there is no folder $folder" >&2; exit 1; }
  make "$folder" "$8" || exit 1
fi
[ -w "$folder" ] || { echo "$folder is not writable" >&2; exit 1; }
new=$(mktemp "$folder/.phlo.XXXXXXXX") || exit 1
trap 'rm -f -- "$new"' EXIT
if [ -f "$dest" ]; then cp -p -- "$dest" "$new" || exit 1; else chmod =rw -- "$new"; fi
if [ -n "$7" ]; then cat -- "$(home "$7")" > "$new"; else cat > "$new"; fi || exit 1
own "$new" "$2" "$3" "$4" "" || exit 1
if [ -n "$6" ]; then said=$(eval "$6" 2>&1) || { echo "it is not valid: $said" >&2; exit 1; }; fi
backup=
if [ -n "$5" ] && [ -e "$dest" ]; then backup=$dest.$5; cp -p -- "$dest" "$backup" || exit 1; fi
mv -f -- "$new" "$dest" || exit 1
printf '%s\\n' "$backup"
look "$dest" 1 "" ""
"""
)
_OWN = SHELL_FUNCTIONS + 'path=$(home "$1"); own "$path" "$2" "$3" "$4" "$5" && look "$path" "" "" ""'


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file as it should be.

    content: None: that of `source`, a file of the host. keeps: do not change an existing file.
    follow: where a link is in its place, change the file that it leads to. backup: suffix of a copy of the one before.
    folder_mode: make the folder when it is not there, with this mode, "-" for the usual one; "": do not make it.
    """

    path: str
    content: bytes | Secret | None = None
    source: str = ""
    attributes: Attributes = field(default_factory=Attributes)
    backup: str = ""
    validate: str = ""
    keeps: bool = False
    follow: bool = False
    folder_mode: str = ""

    def data(self) -> bytes:
        content = self.content if self.content is not None else b""
        return content.reveal().encode() if isinstance(content, Secret) else content


@dataclass(frozen=True, slots=True, kw_only=True)
class PutSeen:
    """wanted: the file as it should be. there: as it is. source: the file of the host that is copied."""

    wanted: Wanted
    there: Entry | None
    source: Entry | None = None
    location: str = ""

    @property
    def digest(self) -> str:
        return (
            self.source.digest if self.source else hashlib.sha1(self.wanted.data(), usedforsecurity=False).hexdigest()
        )


def see(location: Location, wanted: Wanted) -> PutSeen:
    """See what of a file is there. Raises OperationError for a folder in its place, or without the file to copy."""
    if wanted.validate and "%s" not in wanted.validate:
        raise OperationError(f'validate has no %s: "{wanted.validate}"', where=location.name, fix="Write COMMAND %s.")
    source = None
    if wanted.content is None:
        source = look(location, wanted.source, follow=True, reads=True)
        if source is None or source.kind != "file":
            raise OperationError(f"there is no file {wanted.source}", where=location.name)
    there = look(location, wanted.path, follow=True, reads=True)
    if there is not None and there.kind == "directory":
        raise OperationError(f"{wanted.path} is a folder", where=location.name, fix="Write the path of a file.")
    return PutSeen(wanted=wanted, there=there, source=source, location=location.name)


def put_changes(seen: PutSeen) -> list[Change]:
    """What has to change: the content, or only attributes."""
    at = f"file:{seen.wanted.path}"
    if seen.there is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    if seen.wanted.keeps:
        return []
    causes = ["content differs"] if seen.there.digest != seen.digest else []
    causes += seen.there.causes(seen.wanted.attributes)
    return [Change(at=at, verb="update", causes=tuple(causes))] if causes else []


def put_diff(seen: PutSeen) -> list[str]:
    """The difference line by line; none for secrets, for large files, and for what is not a text."""
    if isinstance(seen.wanted.content, Secret):
        return []
    before = b"" if seen.there is None else seen.there.content
    after = seen.source.content if seen.source else seen.wanted.data()
    return [] if before is None or after is None else text_diff(before, after)


def text_diff(before: bytes, after: bytes) -> list[str]:
    """The difference of two texts, at most LONGEST_DIFF lines of it; none for what is not a text."""
    try:
        old, new = before.decode().splitlines(), after.decode().splitlines()
    except UnicodeDecodeError:
        return []
    lines = list(difflib.unified_diff(old, new, "before", "after", lineterm=""))
    left = len(lines) - LONGEST_DIFF
    return lines[:LONGEST_DIFF] + ([f"... and {left} more lines"] if left > 0 else [])


def put(location: Location, seen: PutSeen) -> dict[str, Any]:
    """Put the file there; what `register` keeps."""
    wanted = seen.wanted
    if seen.there is not None and seen.there.digest == seen.digest:
        words = attribute_words(wanted.attributes, seen.there)
        entry = parse_entry(wanted.path, location.sh(_OWN, wanted.path, *words, "").stdout)
        return put_facts(seen, entry)
    words = attribute_words(wanted.attributes, seen.there)
    check = _check(wanted.validate)
    source, folder = (wanted.source if wanted.content is None else ""), wanted.folder_mode
    path = f"{wanted.path}" if not wanted.follow else _followed(location, wanted.path)
    done = location.sh(_PUT, path, *words, wanted.backup, check, source, folder, stdin=wanted.data())
    backup, _, printed = done.stdout.partition(b"\n")
    facts = put_facts(seen, parse_entry(wanted.path, printed))
    del facts["path"]  # as in Ansible, which has it only where the content stays
    return {**facts, "backup_file": backup.decode()} if backup else facts


def put_facts(seen: PutSeen, entry: Entry | None) -> dict[str, Any]:
    """What `register` keeps of an existing file; of one that is kept whatever is in it, only where it is."""
    if seen.wanted.keeps and seen.there is not None:
        return {"dest": seen.wanted.path}
    facts = entry.facts() if entry else {}
    return {"dest": seen.wanted.path, "path": seen.wanted.path, "checksum": seen.digest, **facts}


def own(location: Location, path: str, wanted: Attributes, entry: Entry, *, follow: bool) -> Entry | None:
    """Change the attributes of the existing file, and observe it again."""
    words = attribute_words(wanted, entry)
    return parse_entry(path, location.sh(_OWN, path, *words, "" if follow else "1").stdout)


def _followed(location: Location, path: str) -> str:
    """The file that a link leads to."""
    return location.sh('if [ -L "$1" ]; then readlink -f -- "$1"; else printf %s "$1"; fi', path).text.rstrip("\n")


def _check(validate: str) -> str:
    """The shell's command for `validate`; it is split into words as a shell does, and no more of a shell is in it."""
    if not validate:
        return ""
    return " ".join(
        shlex.quote(word).replace("%s", "'\"$new\"'")
        if "%s" in word and shlex.quote(word)[0] == "'"
        else shlex.quote(word).replace("%s", '"$new"')
        for word in shlex.split(validate)
    )
