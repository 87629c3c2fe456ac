"""Observatory as a phlo service: `service.yaml`, the app and its image recipe, templates, actions and role tests."""
