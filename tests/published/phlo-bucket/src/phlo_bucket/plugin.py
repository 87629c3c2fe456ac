"""Two plug-in classes of one folder."""

from phlo.discovery import ServicePlugin


class BucketServicePlugin(ServicePlugin):
    """The store."""


class BucketSetupServicePlugin(ServicePlugin):
    """Its set-up."""
