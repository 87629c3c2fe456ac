"""MinIO as a phlo service: `service.yaml`, its templates, its image recipe, its operations and its role tests."""
