"""A playbook that makes containers as a phlo.yaml with services, and the tasks that are left.

walk.Walk             the tasks of a playbook, of its roles and includes, with the variables that each sees
expressions.Texts     values with Jinja2 as values with `${NAME}`
container, resources  the modules of community.docker as entries of a Compose project
collect.Collector     all of these entries, through `phlo.compose_import`
rewrite.rewritten     the files of tasks, without what became services
"""
