"""The objects of a bucket as entries of a tar archive, with their types and metadata."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse

from phlo.operations.s3.conversation import Conversation
from phlo.operations.s3.signing import Request, digest_of

# Headers of an object that go with it. In the archive they are PAX records of our own.
_KEPT = ("content-type", "content-encoding", "content-language", "content-disposition", "cache-control")
_METADATA = "x-amz-meta-"
_RECORD = "PHLO.s3."


def buckets_of(conversation: Conversation) -> list[str]:
    """The names of all buckets."""
    answer = conversation.ask(Request(method="GET", path="/"))
    return [found.findtext("{*}Name") or "" for found in answer.each("Bucket")]


def objects_of(conversation: Conversation, bucket: str) -> Iterator[str]:
    """The names of all objects of a bucket."""
    query = {"list-type": "2"}
    while True:
        answer = conversation.ask(Request(method="GET", path=f"/{bucket}", query=query))
        for found in answer.each("Contents"):
            yield found.findtext("{*}Key") or ""
        token = answer.text("NextContinuationToken")
        if answer.text("IsTruncated") != "true" or not token:
            return
        query = {"list-type": "2", "continuation-token": token}


_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def pack_bucket(bucket: str, archive: tarfile.TarFile) -> None:
    """Put the bucket itself into an archive, so that an empty one is in it as well."""
    entry = tarfile.TarInfo(f"{bucket}/")
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(entry)


def pack(conversation: Conversation, bucket: str, name: str, archive: tarfile.TarFile) -> int:
    """Put an object into an archive as BUCKET/NAME; gives its size. One that is gone meanwhile is left out."""
    request = Request(method="GET", path=f"/{bucket}/{name}")
    with conversation.asked(request, well=(200, 404)) as answer:
        if answer.status == 404:
            return 0
        entry = _entry(f"{bucket}/{name}", answer)
        archive.addfile(entry, answer)
        return entry.size


def check_entry(entry: tarfile.TarInfo) -> None:
    """Raise ValueError for an entry that `pack_bucket` and `pack` do not write.

    A copy of a data folder has folders inside its first folder, and files outside of folders; an archive of buckets has
    neither.
    """
    check_name(entry.name)
    _, _, key = entry.name.partition("/")
    if bool(key) == entry.isdir():
        kind = "folder inside a bucket" if key else "file outside of a bucket"
        raise ValueError(
            f"{entry.name!r:.200} is a {kind}, so this is not an archive of buckets. "
            "Restore a copy of a data folder with the action `restore` of the service that wrote it."
        )


def check_name(name: str) -> None:
    """Raise ValueError for an entry that names no bucket, or that a server could take for one in another bucket."""
    bucket, _, key = name.partition("/")
    if not _BUCKET.fullmatch(bucket) or {".", ".."} & {*key.split("/")}:
        raise ValueError(f"{name!r:.200} is not BUCKET/NAME")


def recorded_headers(entry: tarfile.TarInfo) -> dict[str, str]:
    """The headers of an object that its entry keeps; only those that `pack` writes."""
    found = {key.removeprefix(_RECORD): text for key, text in entry.pax_headers.items() if key.startswith(_RECORD)}
    return {key: text for key, text in found.items() if key in _KEPT or key.startswith(_METADATA)}


def unpack(conversation: Conversation, entry: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
    """Put an object out of an archive into its bucket."""
    content = archive.extractfile(entry)
    headers = recorded_headers(entry)
    request = Request(method="PUT", path=f"/{entry.name}", headers=headers, digest=digest_of(content))
    conversation.ask(request, content, entry.size)


def bucket_of(entry: tarfile.TarInfo) -> str:
    """The bucket that an entry belongs to."""
    return entry.name.partition("/")[0]


def _entry(name: str, answer: HTTPResponse) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = int(answer.getheader("Content-Length") or 0)
    if changed := answer.getheader("Last-Modified"):
        entry.mtime = int(parsedate_to_datetime(changed).timestamp())
    headers: Mapping[str, str] = {key.lower(): text for key, text in answer.getheaders()}
    entry.pax_headers = {
        _RECORD + key: text for key, text in headers.items() if key in _KEPT or key.startswith(_METADATA)
    }
    return entry
