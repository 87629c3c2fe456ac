"""Operations for tasks: `minio_user` and `minio_policy`."""
