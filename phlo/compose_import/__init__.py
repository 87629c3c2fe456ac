"""A Compose project as a phlo.yaml of inline services.

load.load      the files of the project, merged as Compose merges them, every value with its file and line
convert.convert  what phlo.yaml says the same with, and findings: what it cannot say
text.yaml_text   the file's text
"""
