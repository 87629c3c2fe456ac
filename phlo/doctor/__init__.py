"""What phlo needs on this machine: checks that tell what is there, and how to mend what is not."""
