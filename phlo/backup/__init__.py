"""Backups: one archive of what services keep, with a manifest that says what is in it.

manifest.Manifest   services, versions, sizes and checksums
mac.mac_of          the manifest and the project's key -> the MAC that shows who wrote the archive
archive.pack        a folder of files and its manifest -> the archive
archive.unpack      the archive -> a folder of files, every checksum verified
"""
