"""Imports in the order that linters expect."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence


def in_usual_order(lines: Sequence[str]) -> str:
    """Import statements as the linter leaves them: sorted, put together by module, not too long.

    Args:
        lines: The statements.
    """
    # Without source folders, so that the order is the same wherever the command runs.
    options = ["--isolated", "--select=I", "--config=src=[]", "--fix", "--quiet"]
    done = subprocess.run(  # noqa: S603  # our own interpreter and linter
        [sys.executable, "-m", "ruff", "check", *options, "-"],
        input="\n".join([*lines, ""]).encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()
