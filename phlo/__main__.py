"""`python -m phlo` is `phlo`."""

from phlo.cli.main import main

if __name__ == "__main__":
    main()
