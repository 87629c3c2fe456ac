"""The headings that commands stand under in `phlo --help`."""

from __future__ import annotations

START = "Start here"
PLATFORM = "Run the platform (each is also a task: phlo run NAME, invoke NAME)"
LOOK = "Services, settings and plug-ins"
MORE = "More"
