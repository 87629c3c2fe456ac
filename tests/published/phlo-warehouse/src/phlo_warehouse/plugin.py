"""A plug-in class as published packages have it. Its base is in a library that is not installed here."""

from a_library_that_is_not_installed import PublishedServicePlugin


class WarehouseServicePlugin(PublishedServicePlugin):
    """Never imported by phlo."""
