"""Prefect's settings as ecoflows wants them, made before Prefect is imported."""

from __future__ import annotations

import os

_DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
}
_CONSOLE_LEVEL = "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"


def prepare(*, verbose: bool = False) -> None:
    """Set Prefect's defaults for this process; what the user has set wins.

    Args:
        verbose: Show Prefect's own log lines on the terminal; in the UI they always are.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not verbose:
        os.environ.setdefault(_CONSOLE_LEVEL, "CRITICAL")


def bypass_proxies(host: str = "127.0.0.1") -> None:
    """Let Prefect's client reach a server on this machine although a proxy is configured."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [found for found in os.environ.get(name, "").split(",") if found]
        if host not in hosts:
            os.environ[name] = ",".join([*hosts, host])


def server_environment(home: str) -> dict[str, str]:
    """The environment for a local server that keeps its database under ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, **_DEFAULTS, "PREFECT_HOME": home}
