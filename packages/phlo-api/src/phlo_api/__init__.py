"""phlo-api as a phlo service: its two `service.yaml` files, templates, image recipes and role tests."""
