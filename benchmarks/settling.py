"""Waiting for a Prefect server between the rounds of a benchmark."""

from __future__ import annotations

import time


def settle(ui_url: str) -> None:
    """Wait until the server has recorded every task run, so that no round pays for the one before."""
    import httpx

    counts: list[int] = []
    while len(counts) < 3 or len(set(counts[-3:])) > 1:
        time.sleep(1)
        reply = httpx.post(f"{ui_url}/api/task_runs/count", json={}, timeout=60, trust_env=False)
        counts.append(reply.raise_for_status().json())
