"""Beginnings of packages: a service, or operations, that pass `phlo test` as they are.

The files under `service/` and `operation/` are templates: `.in` at the end of a name is dropped, and `@WORDS@` are
replaced, in the names as in the files (see `package.py`).
"""
