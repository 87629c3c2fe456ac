"""Helpers for those who test roles and operations.

`plugin` holds pytest fixtures, `recording` what went to an engine, `images` a tiny image, `law` the convergence law.
"""
