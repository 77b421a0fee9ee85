"""Run a notebook from top to bottom: ``python -m ecoflows.verification.execute_notebook FILE``."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the notebook that the command line names, in the current folder."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(sys.argv[1], as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(Path.cwd())}})
    try:
        client.execute()
    except CellExecutionError as error:
        sys.exit(f"{error.ename}: {error.evalue}")


if __name__ == "__main__":
    main()
