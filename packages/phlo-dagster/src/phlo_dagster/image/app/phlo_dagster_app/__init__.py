"""What phlo's Dagster image adds to Dagster: the code server's start, health checks, and the actions."""
