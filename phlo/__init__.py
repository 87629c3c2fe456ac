"""phlo: a task runner and playbook engine for data platforms made of Docker services."""

__version__ = "0.2.0"
