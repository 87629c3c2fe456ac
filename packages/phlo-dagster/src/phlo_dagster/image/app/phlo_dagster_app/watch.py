"""Reload the code location whenever a file of the user's folder changes; what dev mode adds to the code server."""

from __future__ import annotations

from watchfiles import PythonFilter, watch

from phlo_dagster_app.code import PORT, PROJECT, say


def main() -> None:
    from dagster._grpc.client import DagsterGrpcClient

    folder = PROJECT / "workflows"
    say("watches workflows/ and reloads on every change")
    for changes in watch(folder, watch_filter=PythonFilter(extra_extensions=(".sql", ".yaml", ".yml", ".json"))):
        say("reloads: " + ", ".join(sorted({path.removeprefix(f"{folder}/") for _, path in changes})))
        DagsterGrpcClient(port=PORT, host="127.0.0.1").reload_code(timeout=120)


if __name__ == "__main__":
    main()
