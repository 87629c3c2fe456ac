"""Caddy as a phlo service: `service.yaml`, its templates, its image recipe, its action and its role tests."""
