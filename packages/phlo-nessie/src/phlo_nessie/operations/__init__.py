"""Operations on branches and tags of a Nessie server."""
