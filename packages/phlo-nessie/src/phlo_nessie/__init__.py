"""Project Nessie as a phlo service: `service.yaml`, its templates, image recipe, operations and role tests."""
