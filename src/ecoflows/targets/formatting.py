"""Source in its final form."""

from __future__ import annotations

import subprocess
import sys

LINE_LENGTH = 100


def formatted(source: str) -> str:
    """Source as the formatter leaves it.

    Args:
        source: Python source.

    Raises:
        SyntaxError: If it is none: a target is broken.
    """
    compile(source, "compiled.py", "exec", dont_inherit=True)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={LINE_LENGTH}"]
    done = subprocess.run(  # noqa: S603  # our own interpreter and formatter
        [*command, "--stdin-filename=compiled.py", "-"],
        input=source.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()
