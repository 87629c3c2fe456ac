"""Grafana as a phlo service: `service.yaml`, its templates, and its role tests."""
