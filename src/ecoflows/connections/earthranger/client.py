"""The client that tasks get: JSON of an EarthRanger site, whatever the network does on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ecoflows.connections.earthranger import failures
from ecoflows.errors import ConnectionFailedError
from ecoflows.extras import install_text

if TYPE_CHECKING:
    import requests
    from erclient.client import ERClient

    from ecoflows.connections.earthranger.paging import Query
    from ecoflows.connections.earthranger.settings import EarthRangerConnection

CLIENT_ID = "das_web_client"
"""The client that sites know for sign-in with a user name and password."""

API = "/api/v1.0"
TIMEOUT = (10.0, 120.0)
"""Seconds to connect, and to wait for more of an answer."""


class EarthRanger:
    """Reads from an EarthRanger site; safe to use from several threads.

    Signing in, and renewing that, is ``erclient``'s; requests and their repetition are here, since the
    replies of sites come in two kinds of pages, of which ``erclient`` follows one.

    Args:
        connection: The site and how to sign in.

    Raises:
        ConnectionFailedError: If ``erclient`` is not installed.
    """

    def __init__(self, connection: EarthRangerConnection) -> None:
        try:
            from erclient.client import ERClient
        except ImportError as error:
            raise ConnectionFailedError(
                f"EarthRanger needs an optional package; {install_text('earthranger')}"
            ) from error
        import requests
        from requests.adapters import HTTPAdapter

        self.connection = connection
        self._session = requests.Session()
        self._session.mount("http", HTTPAdapter(pool_maxsize=connection.tcp_limit))
        self._session.auth = self._signed
        self._signing = threading.Lock()
        self._signed_in = self._credentials(ERClient)
        self._accepted: str | None = None
        self.reached = False

    def __repr__(self) -> str:
        return f"EarthRanger({self.connection.server!r})"

    def close(self) -> None:
        """Close what is open to the site."""
        self._session.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The ``data`` of a reply.

        Args:
            path: What is asked for, below ``/api/v1.0/``.
            params: The query.

        Raises:
            ConnectionFailedError: If the site cannot be reached or refuses, also after retries.
        """
        return self.get_url(f"{self.connection.server}{API}/{path}", params)

    def get_url(self, url: str, params: Mapping[str, Any] | None = None) -> Any:
        """The ``data`` of the reply from an address of the site.

        Args:
            url: The address.
            params: The query.

        Raises:
            ConnectionFailedError: If the site cannot be reached or refuses, also after retries.
        """
        return failures.persistently(self, lambda: self._once(url, params))

    def pages(self, path: str, params: Mapping[str, Any], *, size: int | None = None) -> Query:
        """All rows of a query, page by page.

        Args:
            path: What is asked for, below ``/api/v1.0/``.
            params: The query.
            size: How many rows a page is to have; the connection's ``sub_page_size`` by default.
        """
        from ecoflows.connections.earthranger.paging import Query

        return Query(self, path, {**params, "page_size": size or self.connection.sub_page_size})

    def rows(self, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """All rows of a query, one after the other; for what is little.

        Args:
            path: What is asked for, below ``/api/v1.0/``.
            params: The query.
        """
        for page in self.pages(path, params):
            yield from page

    def own(self, link: str) -> str:
        """An address that the site gave, on the site itself: its token goes nowhere else.

        Args:
            link: A link to the next page; sites behind a proxy give their inner name.

        Raises:
            ConnectionFailedError: If it leads out of the site's API.
        """
        parts = urlsplit(link)
        root = urlsplit(self.connection.server)
        path = parts.path
        if "/api/" not in path:
            raise self.failed(f"it names '{path}' as the next page, which is none of its API")
        query = f"?{parts.query}" if parts.query else ""
        return f"{root.scheme}://{root.netloc}{root.path}/api/{path.partition('/api/')[2]}{query}"

    def failed(self, what: str) -> ConnectionFailedError:
        """An error that names the site, without its secrets.

        Args:
            what: What is wrong and what to do.
        """
        return ConnectionFailedError(self.connection.redacted(f"{self.connection.server}: {what}"))

    def _credentials(self, kind: type[ERClient]) -> ERClient:
        found = self.connection
        if found.token is not None:
            return kind(service_root=found.server, token=found.token.get_secret_value(), discovery=False)
        password = found.password.get_secret_value() if found.password else None
        return kind(
            service_root=found.server,
            username=found.username,
            password=password,
            client_id=CLIENT_ID,
            discovery=False,
        )

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request; it also keeps a .netrc from doing so."""
        with self._signing:
            request.headers.update(self._signed_in.auth_headers())
        return request

    def sign_in_anew(self, refused: str) -> bool:
        """Whether another attempt may be signed otherwise than one that the site refused.

        Args:
            refused: How the attempt was signed.
        """
        with self._signing:
            auth = self._signed_in.auth
            if auth and refused == f"{auth['token_type']} {auth['access_token']}":
                if self.connection.password is None or refused != self._accepted:
                    return False
                self._signed_in.auth = None  # it was good before, so that it has expired
        return self.connection.password is not None

    def _once(self, url: str, params: Mapping[str, Any] | None, redirects: int = 5) -> Any:
        with self._session.get(
            url, params=params, timeout=TIMEOUT, headers={"Accept": "application/json"}, allow_redirects=False
        ) as response:
            content = response.content
            self.reached = True
            target = urljoin(url, response.headers.get("Location", "")) if response.is_redirect else ""
            if redirects and target.startswith(f"{self.connection.server}/"):  # sites add a slash
                return self._once(target, None, redirects - 1)
            failures.refuse(self, response)
            self._accepted = failures.signature(response)
            return failures.parsed(self, response, content)
