"""Docker Swarm as the orchestrator of a group of hosts."""
