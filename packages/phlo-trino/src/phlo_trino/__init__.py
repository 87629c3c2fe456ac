"""Trino as a phlo service: `service.yaml`, its templates, its image recipe and its role tests."""
