"""A flow run that somebody cancels, in the UI or by the API, ends although no worker tells it to."""

from __future__ import annotations

import time
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException

from ecoflows.errors import EcoflowsError

LOOK_SECONDS = 5.0
"""How often the server is asked."""


class CancelledRunError(EcoflowsError):
    """Raised where the flow run was cancelled."""


class Cancellation:
    """Looks from time to time whether the flow run is to go on."""

    def __init__(self) -> None:
        self._flow_run: UUID | None = None
        self._due = 0.0

    def begin(self, flow_run: UUID | None) -> None:
        """Say which flow run it is.

        Args:
            flow_run: Its id, if a server knows it.
        """
        self._flow_run = flow_run
        self._due = time.monotonic() + LOOK_SECONDS

    def look(self) -> float:
        """Ask the server where it is time to.

        Returns:
            In how many seconds it is time again.

        Raises:
            CancelledRunError: If the flow run was cancelled.
        """
        now = time.monotonic()
        if now >= self._due:
            self.ask()
            self._due = now + LOOK_SECONDS
        return max(self._due - time.monotonic(), 0.0)

    def ask(self) -> None:
        """Ask the server at once.

        Raises:
            CancelledRunError: If the flow run was cancelled.
        """
        if self._flow_run is None:
            return
        try:
            with get_client(sync_client=True) as client:
                state = client.read_flow_run(self._flow_run).state
        except (httpx.HTTPError, PrefectException):
            return  # whether it was cancelled the next look tells
        if state is not None and (state.is_cancelling() or state.is_cancelled()):
            raise CancelledRunError(state.message or "cancelled")
