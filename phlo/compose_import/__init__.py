"""A Compose project as a phlo.yaml of inline services.

source.read_source  the project as `phlo.compose.project` reads it, with its variables
convert.convert     the data of a phlo.yaml for the same project, and findings: what it cannot say
text.yaml_text      the file's text
"""
