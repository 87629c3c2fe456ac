"""Operations for tasks: `postgres_db` and `postgres_user`."""
