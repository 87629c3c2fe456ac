"""Compose attributes in the Docker Engine API: how each is written into a request, and compared with an answer."""
