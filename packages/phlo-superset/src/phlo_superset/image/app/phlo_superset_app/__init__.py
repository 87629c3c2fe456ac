"""What phlo's Superset image adds to Superset: its configuration, the set-up, and the actions."""
