"""What can go wrong between here and a site: what is tried again, what is told at once, and how."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity

if TYPE_CHECKING:
    import requests

    from ecoflows.connections.earthranger.client import EarthRanger

T = TypeVar("T")

ATTEMPTS = 8
"""How often a request is made in all, of a site that has answered before."""
FIRST_ATTEMPTS = 3
"""How often where nothing was heard from it yet: its name may be wrong."""
LONGEST_PAUSE = 60.0
"""The longest pause (s) between attempts where the site does not ask for a longer one."""
LONGEST_REQUEST = 600.0
"""The longest pause (s) that a site may ask for."""

_PASSING = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}
_backoff = tenacity.wait_exponential(multiplier=0.5, max=LONGEST_PAUSE) + tenacity.wait_random(0, 1)


class PassingError(Exception):
    """Raised where another attempt may do better.

    Args:
        what: What happened, in a user's words.
        pause: How long the site asks to wait (s), where it does.
    """

    def __init__(self, what: str, pause: float | None = None) -> None:
        super().__init__(what)
        self.pause = pause


def persistently(client: EarthRanger, request: Callable[[], T]) -> T:
    """Make a request until it succeeds or is past hope.

    Args:
        client: The client whose request it is.
        request: Makes it once.

    Raises:
        ConnectionFailedError: With the last failure; it holds no secret, and neither does its cause.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingError),
        stop=lambda state: state.attempt_number >= (ATTEMPTS if client.reached else FIRST_ATTEMPTS),
        wait=_pause,
        sleep=lambda seconds: time.sleep(seconds),
        reraise=True,
    )
    try:
        return retrying(lambda: _translated(client, request))
    except PassingError as error:
        count = retrying.statistics.get("attempt_number", 1)
        # The cause may hold the request, and with it the token.
        raise client.failed(f"{error} ({count} attempts)") from None


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.pause if isinstance(error, PassingError) else None
    return asked if asked is not None else _backoff(state)


def _translated(client: EarthRanger, request: Callable[[], T]) -> T:
    import requests
    from erclient.er_errors import ERClientException

    try:
        return request()
    except requests.exceptions.SSLError as error:
        raise client.failed(tls_text(error)) from None
    except requests.exceptions.RequestException as error:
        raise PassingError(_network_text(error)) from None
    except ERClientException as error:
        status = getattr(error, "status_code", None)
        if status in _PASSING:
            raise PassingError(
                f"signing in failed with {_status(status)}", getattr(error, "retry_after", None)
            ) from None
        raise client.failed(
            f"it refuses to sign in '{client.connection.username}': the user name or the password is wrong, "
            "or the user may not sign in with one; check them at the site's own sign-in page"
        ) from None


def tls_text(error: Exception) -> str:
    """Why no secure connection came about, and what to do.

    Args:
        error: What the library raised.
    """
    text = str(error)
    known = {
        "certificate has expired": "its certificate has expired; tell those who run the site",
        "self-signed": "its certificate is self-signed; if that is meant, name it with REQUESTS_CA_BUNDLE",
        "Hostname mismatch": "its certificate is another site's; check the name of the server",
        "doesn't match": "its certificate is another site's; check the name of the server",
        "unable to get local issuer": (
            "nobody whom this machine trusts vouches for its certificate; behind a proxy that inspects "
            "traffic, name the proxy's certificate with REQUESTS_CA_BUNDLE"
        ),
        "WRONG_VERSION_NUMBER": "it does not speak TLS at that port; check the port",
    }
    found = next((words for mark, words in known.items() if mark in text), None)
    return f"no secure connection: {found or 'the handshake failed; check the name and port of the server'}"


def _network_text(error: Exception) -> str:
    import requests

    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return "there is no such host; check the name of the server, and this machine's network"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "it does not answer; check the name of the server, and this machine's network"
    if isinstance(error, requests.exceptions.Timeout):
        return "it stopped answering"
    if "refused" in text:
        return "nothing answers at that port; check the name of the server"
    return "the connection broke off in the middle of an answer"


def refuse(client: EarthRanger, response: requests.Response) -> None:
    """Raise what the status of a reply stands for.

    Args:
        client: The client that asked.
        response: The reply.

    Raises:
        PassingError: If another attempt may do better.
        ConnectionFailedError: If it will not.
    """
    status = response.status_code
    if status == HTTPStatus.OK:
        return
    if status in _PASSING:
        pause = retry_after(response.headers.get("Retry-After"))
        if pause is not None and pause > LONGEST_REQUEST:
            raise client.failed(f"it asks to wait {pause:,.0f} s ({_status(status)}); run it again then")
        raise PassingError(f"it answered with {_status(status)}{_detail(response)}", pause)
    what = urlpath(response)
    if status == HTTPStatus.UNAUTHORIZED:
        if client.sign_in_anew(signature(response)):
            raise PassingError("it refuses the sign-in", 0.0)
        how = "the token: it is wrong or has expired; make a new one at the site"
        if client.connection.token is None:
            how = f"'{client.connection.username}', who could sign in: may the account use the API?"
        raise client.failed(f"it refuses {how}")
    if status == HTTPStatus.FORBIDDEN:
        raise client.failed(
            f"the user may not read '{what}'{_detail(response)}; ask the site's administrator for it"
        )
    if status == HTTPStatus.NOT_FOUND:
        raise client.failed(f"it has no '{what}': is it the address of an EarthRanger site?")
    if 300 <= status < 400:
        raise client.failed(
            f"it leads elsewhere, to '{response.headers.get('Location')}': name that as server"
        )
    raise client.failed(f"it refused '{what}' with {_status(status)}{_detail(response)}")


def parsed(client: EarthRanger, response: requests.Response, content: bytes) -> Any:
    """The ``data`` of a reply.

    Args:
        client: The client that asked.
        response: The reply.
        content: Its body.

    Raises:
        PassingError: If the body is cut off.
        ConnectionFailedError: If it is no reply of EarthRanger's API.
    """
    kind = response.headers.get("Content-Type", "")
    if "json" not in kind:
        raise client.failed(
            f"it answers with '{kind.partition(';')[0]}', not JSON: is it the address of an EarthRanger site?"
        )
    try:
        found = json.loads(content)
    except ValueError:
        raise PassingError("its answer is cut off") from None
    if isinstance(found, dict) and "data" in found:
        return found["data"]
    raise client.failed(f"'{urlpath(response)}' answers otherwise than EarthRanger's API does")


def retry_after(value: str | None) -> float | None:
    """How many seconds a header asks to wait: a number, or the time until a date.

    Args:
        value: The header.
    """
    if not value:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def signature(response: requests.Response) -> str:
    """How the request was signed that a reply is to.

    Args:
        response: The reply.
    """
    return str(response.request.headers.get("Authorization"))


def urlpath(response: requests.Response) -> str:
    """What a reply is about, without the query.

    Args:
        response: The reply.
    """
    return response.url.partition("?")[0].partition("/api/v1.0/")[2].strip("/") or "/"


def _status(status: int | None) -> str:
    try:
        return f"{status} {HTTPStatus(status or 0).phrase}"
    except ValueError:
        return str(status)


def _detail(response: requests.Response) -> str:
    """What the site says of it, as one short line."""
    try:
        found = json.loads(response.content)
        status = found.get("status", {}) if isinstance(found, dict) else {}
        text = status.get("detail") or status.get("message") or found.get("detail") or ""
    except (ValueError, AttributeError):
        return ""
    line = " ".join(str(text).split())
    return f": {line[:200].rstrip('.')}" if line else ""
