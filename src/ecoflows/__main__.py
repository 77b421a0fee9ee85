"""``python -m ecoflows``: the same as the console script."""

from ecoflows.cli.main import main

if __name__ == "__main__":
    main()
