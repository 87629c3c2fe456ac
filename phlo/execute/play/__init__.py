"""Runs plays: tasks one after the other, each on all hosts of a batch side by side."""
