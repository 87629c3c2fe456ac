"""Apache Superset as phlo services: `service.yaml`, the set-up, templates, image recipe, actions and role tests."""
