"""Backups: one archive of what services keep, with a manifest that says what is in it.

manifest.Manifest   services, versions, sizes and checksums
archive.pack        a folder of files and its manifest -> the archive
archive.unpack      the archive -> a folder of files, every checksum verified
"""
