"""The phlo API: what a project consists of, and what of it runs, as JSON."""
