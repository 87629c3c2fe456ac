"""What follows from files that change while somebody works on them (`phlo run watch`).

rules.reactions   changed files and the services' rules -> what is to be done, without doing it
sync.put, sync.remove   files into and out of running containers
"""
