"""PostgREST as a phlo service: `service.yaml`, its set-up companion, templates and role tests."""
