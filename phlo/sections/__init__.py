"""Sections of YAML files as frozen dataclasses: declared once, checked by pydantic, made without it.

values.py makes a section from data that was accepted. models.py derives the pydantic models that check the data.
errors.py turns what they find into phlo's errors. accepted.py remembers what was accepted, so that later commands do
not load pydantic.
"""
