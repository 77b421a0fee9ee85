"""Where ecoflows keeps what is not a result."""

from __future__ import annotations

import os
from pathlib import Path

DEFAULT_CACHE_ROOT = ".ecoflows/cache"
"""Where results live when neither the spec nor the command line says; under the current folder."""


def home() -> Path:
    """The folder for the local server's database, log and lock: ``$ECOFLOWS_HOME`` or ``~/.ecoflows``."""
    configured = os.environ.get("ECOFLOWS_HOME")
    return Path(configured).expanduser() if configured else Path.home() / ".ecoflows"
