"""The entries of an archive name an object in their own bucket, and no other header than an object's own."""

from __future__ import annotations

import tarfile

import pytest

from phlo.operations.s3.objects import _RECORD, check_entry, check_name, recorded_headers


@pytest.mark.parametrize(
    "name", ["lake", "lake/", "lake/a", "lake/a/b.parquet", "my.lake-1/a b/ä", "lake/..a/b..", "lake/a//b"]
)
def test_a_bucket_and_its_objects_are_taken(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/lake/a",
        "..",
        "../lake/a",
        "./lake",
        "lake/../other/a",
        "lake/a/..",
        "lake/./a",
        "la ke/a",
        "lake?x/a",
        "la\r\nke/a",
    ],
)
def test_an_entry_that_could_be_in_another_bucket_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not BUCKET/NAME"):
        check_name(name)


def entry(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type = kind
    return found


@pytest.mark.parametrize("one", [entry("lake/", tarfile.DIRTYPE), entry("lake/a"), entry("lake/folder/")])
def test_entries_of_an_archive_of_buckets_are_taken(one: tarfile.TarInfo) -> None:
    check_entry(one)


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (entry("data/filer", tarfile.DIRTYPE), "folder inside a bucket"),
        (entry("data/1.dat/", tarfile.DIRTYPE), "folder inside a bucket"),
        (entry("data"), "file outside of a bucket"),
    ],
)
def test_a_copy_of_a_data_folder_is_refused(one: tarfile.TarInfo, what: str) -> None:
    with pytest.raises(ValueError, match=f"is a {what}, so this is not an archive of buckets. Restore a copy"):
        check_entry(one)


def test_an_entry_gives_no_header_but_those_of_its_object() -> None:
    entry = tarfile.TarInfo("lake/a")

    prefix = _RECORD
    names = (
        "content-type",
        "x-amz-meta-a",
        "host",
        "authorization",
        "content-length",
        "x-amz-acl",
        "x-amz-copy-source",
    )
    entry.pax_headers = {prefix + name: "x" for name in names}
    assert recorded_headers(entry) == {"content-type": "x", "x-amz-meta-a": "x"}
