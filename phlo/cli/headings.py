"""The headings of `phlo --help`, and what the families of commands are for."""

from __future__ import annotations

START = "Start here"
PLATFORM = "Run the platform (each is also a task: phlo run NAME, invoke NAME)"
LOOK = "Services, settings and plug-ins"
MORE = "More"

# Commands of two words, by the first one; a family whose first word is a command itself (`plan`) needs no entry.
FAMILIES = {
    "import": "Create a project from files of another tool",
    "images": "The images of the project's services",
    "volumes": "The project's volumes",
    "deploy-lock": "The deploy lock, which prevents concurrent runs",
    "inventory": "The hosts and their groups",
    "services": "The services of the project",
    "config": "The project's configuration, resolved",
    "hosts": "Hosts without a Docker engine",
    "roles": "The roles that plays can use",
    "plugin": "Installed and available packages",
    "secrets": "Secrets, which phlo masks in all output",
    "docs": "The documentation of operations",
}
