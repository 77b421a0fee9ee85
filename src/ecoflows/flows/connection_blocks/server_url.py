"""Which Prefect server keeps connections, told without importing Prefect where that can be."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ecoflows.flows.server import running_server


def api_url() -> str | None:
    """The API of the configured server, else of the local one where it runs; ``None`` where neither is."""
    if "prefect" in sys.modules or _settings_may_name_one():
        from prefect.settings import get_current_settings

        configured = get_current_settings().api.url
    else:
        configured = os.environ.get("PREFECT_API_URL") or None
    if configured:
        return configured
    server = running_server()
    return server.api_url if server is not None else None


def _settings_may_name_one() -> bool:
    """Whether Prefect has files of settings: its profiles, or those of the present folder."""
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    profiles = Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml")
    return profiles.exists() or any(Path(name).exists() for name in ("prefect.toml", ".env"))
