"""What phlo needs on this machine: checks of what exists, and how to fix what does not."""
