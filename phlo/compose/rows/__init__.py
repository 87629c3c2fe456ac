"""The rows of the table of attributes, by what they are about."""
