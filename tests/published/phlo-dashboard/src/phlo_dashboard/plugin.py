"""A plug-in class that fails when it is imported."""

raise RuntimeError("this module must not be imported to find the service")
