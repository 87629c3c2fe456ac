"""The command line: reads arguments, composes the stages, maps errors to exit codes."""
