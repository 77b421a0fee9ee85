"""What Prefect's server refuses, in words that say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.exceptions import PrefectHTTPStatusError

from ecoflows.errors import EcoflowsError
from ecoflows.flows.engine import without_credentials

_DENIED = (401, 403)


class RefusedError(EcoflowsError):
    """Raised where the server refuses something.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


@contextmanager
def told(what: str = "the server refuses this") -> Iterator[None]:
    """Raise what the server answers as an error that a user can mend.

    Args:
        what: What was tried, put in front.

    Raises:
        RefusedError: If it refused something.
        EcoflowsError: If it does not answer.
    """
    try:
        yield
    except PrefectHTTPStatusError as error:
        status = error.response.status_code
        if status in _DENIED:
            why = "it knows no key for this; set PREFECT_API_KEY, or log in with 'prefect cloud login'"
            raise RefusedError(f"{what} ({status}): {why}", status) from error
        raise RefusedError(f"{what} ({status}): {_detail(error.response)}", status) from error
    except httpx.HTTPError as error:
        url = without_credentials(str(error.request.url)) if error._request is not None else "the server"
        raise EcoflowsError(f"{url} does not answer ({type(error).__name__})") from error


def _detail(response: httpx.Response) -> str:
    """What the server says, without what only its authors read."""
    try:
        found = response.json()
    except json.JSONDecodeError:
        return response.text[:500]
    detail = found.get("detail") or found.get("exception_detail") if isinstance(found, dict) else found
    if isinstance(detail, list):
        return "; ".join(map(_finding, detail))
    return str(detail if detail is not None else found)[:2000]


def _finding(item: object) -> str:
    if not isinstance(item, dict):
        return str(item)
    return f"{'.'.join(map(str, item.get('loc', ())))}: {item.get('msg', '')}"
