"""Load the workflows anew, and end with 1 when they cannot be loaded."""

from __future__ import annotations

from phlo_dagster_app.graphql import ask, check_entry

_RELOAD = """mutation { reloadRepositoryLocation(repositoryLocationName: "workflows") { __typename
    ... on Error { message }
    ... on WorkspaceLocationEntry { name loadStatus locationOrLoadError { __typename
        ... on PythonError { message errorChain { error { message } } }
        ... on RepositoryLocation { repositories { assetNodes { id } jobs { id } } } } } } }"""


def main() -> None:
    try:
        entry = ask(_RELOAD)
    except SystemExit:
        # After workflows that could not be loaded, Dagster loads the new ones and answers with the old error.
        entry = ask(_RELOAD)
    check_entry(entry)
    repositories = entry["locationOrLoadError"]["repositories"]
    count = sum(len(one["assetNodes"]) for one in repositories)
    print(f"workflows: {count} asset{'s' * (count != 1)}")


if __name__ == "__main__":
    main()
