"""Dagster as phlo services: `service.yaml` and its companions, templates, image recipe, actions and role tests."""
