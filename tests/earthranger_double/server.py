"""The HTTP server: signing in, envelopes, failures, and a record of what was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from earthranger_double.answers import Answers, BadRequestError
from earthranger_double.data import Site
from earthranger_double.faults import Faults

TOKEN = "token-of-the-warden-7f3a"
USERNAME = "warden"
PASSWORD = "password-of-the-warden-91c2"
SLOW_SECONDS = 0.2


@dataclass
class Double:
    """A running double.

    Attributes:
        url: Its address.
        answers: The API.
        faults: Which requests fail.
        forbidden: Paths that the user may not read.
        requests: What was asked of the API: path and query, in order.
        signatures: How those requests were signed.
        logins: How often somebody signed in with a password.
        tokens: The tokens that are good.
        expires_after: After how many requests a token that was given for a password is refused.
        wait: How many seconds ``Retry-After`` asks for.
        slashes: Whether paths without a slash at their end lead to those with one.
        leads_to: Another site that all requests are sent to, if any.
    """

    url: str
    answers: Answers
    faults: list[Faults] = field(default_factory=list)
    forbidden: frozenset[str] = frozenset()
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    signatures: list[str | None] = field(default_factory=list)
    logins: int = 0
    tokens: dict[str, int | None] = field(default_factory=lambda: {TOKEN: None})
    expires_after: int | None = None
    wait: int = 1
    slashes: bool = False
    leads_to: str | None = None

    @property
    def site(self) -> Site:
        return self.answers.site

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries for a path."""
        return [query for found, query in self.requests if found == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: Double

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = dict(parse_qsl(body))
        good = form.get("username") == USERNAME and form.get("password") == PASSWORD
        if self.path != "/oauth2/token":
            return self._reply(404, {})
        if form.get("grant_type") != "password" or form.get("client_id") != "das_web_client" or not good:
            return self._reply(
                400, {"error": "invalid_grant", "error_description": f"no {form.get('password')}"}
            )
        self.double.logins += 1
        token = f"given-token-{self.double.logins}"
        self.double.tokens[token] = self.double.expires_after
        given = {"access_token": token, "token_type": "Bearer", "expires_in": 36000, "refresh_token": "r"}
        return self._reply(200, given)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not parts.path.startswith("/api/v1.0/"):
            return self._reply(404, {})
        path = parts.path.removeprefix("/api/v1.0/").strip("/")
        if self.double.leads_to is not None:
            return self._refuse(302, "", {"Location": f"{self.double.leads_to}{self.path}"})
        if self.double.slashes and not parts.path.endswith("/"):
            return self._refuse(301, "", {"Location": f"{parts.path}/?{parts.query}"})
        query: dict[str, str] = {}
        for name, value in parse_qsl(parts.query):
            query[name] = f"{query[name]},{value}" if name in query else value
        self.double.requests.append((path, query))
        self.double.signatures.append(self.headers.get("Authorization"))
        fault = next((kind for one in self.double.faults if (kind := one.next(path))), None)
        if fault in ("429", "429 date"):
            at = datetime.now(UTC) + timedelta(seconds=self.double.wait)
            wait = format_datetime(at, usegmt=True) if fault == "429 date" else str(self.double.wait)
            return self._refuse(429, "slow down", {"Retry-After": wait})
        if fault in ("500", "502", "503", "404"):
            return self._refuse(int(fault), "out of order")
        if fault == "401" or not self._is_signed():
            return self._refuse(401, "Invalid token")
        if fault == "403" or path in self.double.forbidden:
            return self._refuse(403, "You do not have permission to perform this action.")
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        try:
            data = self.double.answers.of(path, query)
        except BadRequestError as error:
            return self._refuse(400, str(error))
        if data is None:
            return self._refuse(404, "Not found.")
        return self._reply(200, {"data": data, "status": {"code": 200, "message": "OK"}}, fault=fault)

    def _is_signed(self) -> bool:
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if kind != "Bearer" or token not in self.double.tokens:
            return False
        left = self.double.tokens[token]
        if left is not None:
            self.double.tokens[token] = left - 1
            if left <= 0:
                del self.double.tokens[token]
                return False
        return True

    def _refuse(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        self._reply(status, {"data": {}, "status": {"code": status, "detail": detail}}, headers)

    def _reply(
        self, status: int, found: Any, headers: dict[str, str] | None = None, fault: str | None = None
    ) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        sent = body[: len(body) // 2] if fault in ("truncated", "dropped") else body
        self.send_header("Content-Length", str(len(body) if fault == "dropped" else len(sent)))
        self.end_headers()
        self.wfile.write(sent)
        if fault == "dropped":
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 50

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was dropped on purpose is no error."""


@contextmanager
def serving(site: Site | None = None, *, port: int = 0, **options: Any) -> Iterator[Double]:
    """Run a double while the block lasts.

    Args:
        site: What it holds.
        port: The port; a free one by default.
        options: Of ``Answers``.
    """
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", port), handler)
    double = Double(f"http://127.0.0.1:{server.server_port}", Answers(site or Site(), **options))
    handler.double = double  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
