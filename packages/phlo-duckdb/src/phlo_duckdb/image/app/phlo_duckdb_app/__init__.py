"""SQL over HTTP on the Iceberg catalog, run by DuckDB."""
