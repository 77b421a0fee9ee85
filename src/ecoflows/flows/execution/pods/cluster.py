"""The Kubernetes API, as far as running Jobs needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

import aiohttp
import tenacity

from ecoflows.errors import EcoflowsError
from ecoflows.flows.execution.pods.access import Access, find_access

Object = dict[str, Any]

POD_NAME = "ECOFLOWS_POD_NAME"
"""The variable in which the downward API tells a flow's pod its name."""

POD_UID = "ECOFLOWS_POD_UID"
"""The variable that has its uid."""

POD_NAMESPACE = "ECOFLOWS_POD_NAMESPACE"
"""The variable that has its namespace."""

_PATHS = {"jobs": "/apis/batch/v1", "pods": "/api/v1"}
_REQUEST_SECONDS = 30
_AT_ONCE = 16
_RETRIED = (408, 429, 500, 502, 503, 504)
_UNAUTHORIZED, _NOT_FOUND = 401, 404


class ClusterError(EcoflowsError):
    """Raised where the API refuses a request.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, ClusterError):
        return error.status in _RETRIED
    return isinstance(error, aiohttp.ClientError | TimeoutError | ConnectionError)


class Cluster:
    """Jobs and pods of one namespace; to be used in one event loop.

    Attributes:
        namespace: The namespace.
    """

    def __init__(self, access: Access, namespace: str) -> None:
        """Open a connection; to be called in the event loop.

        Args:
            access: Where the API is.
            namespace: The namespace.
        """
        self.namespace = namespace
        self._access = access
        # Each log that is followed takes a connection, hence no limit.
        connector = aiohttp.TCPConnector(limit=0, ssl=access.tls)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=True)
        self._changes = asyncio.Semaphore(_AT_ONCE)

    @classmethod
    async def connect(cls, namespace: str | None) -> Cluster:
        """Connect to the cluster that this process is in, else to the one of the kubeconfig.

        Args:
            namespace: Where Jobs are; by default this process' own namespace.

        Raises:
            EcoflowsError: If there is no cluster.
        """
        access = await find_access()
        return cls(access, namespace or os.environ.get(POD_NAMESPACE) or access.namespace)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def create_job(self, manifest: Object) -> Object:
        """Create a Job."""
        return await self._change("POST", "jobs", body=manifest)

    async def find(self, resource: str, name: str) -> Object | None:
        """A Job or a pod, or ``None`` where there is none of that name."""
        try:
            return await self._json("GET", resource, name)
        except ClusterError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    async def patch_job(self, name: str, patch: Object) -> Object:
        """Change a Job."""
        return await self._change("PATCH", "jobs", name, body=patch)

    async def delete_job(self, name: str, uid: str | None = None) -> None:
        """Delete a Job and its pods; one that is gone, or that is another one by now, is no error."""
        body: Object = {"propagationPolicy": "Background"}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        try:
            await self._change("DELETE", "jobs", name, body=body)
        except ClusterError as error:
            if error.status not in (_NOT_FOUND, 409):
                raise

    async def list(self, resource: str, selector: str) -> tuple[list[Object], str]:
        """All that a label selector fits, and the version from which to watch on."""
        found = await self._json("GET", resource, query={"labelSelector": selector})
        return found.get("items") or [], str(found.get("metadata", {}).get("resourceVersion", "0"))

    async def watch(
        self, resource: str, selector: str, version: str, seconds: int
    ) -> AsyncGenerator[tuple[str, Object], None]:
        """What changes, until the server ends it.

        Args:
            resource: Jobs or pods.
            selector: Which ones.
            version: From which version on.
            seconds: When the server is to end it.
        """
        query = {
            "watch": "true",
            "labelSelector": selector,
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
            "allowWatchBookmarks": "true",
        }
        async with self._opened("GET", resource, query=query, silent=seconds + 15) as response:
            async for line in _lines(response):
                event = json.loads(line)
                yield event["type"], event["object"]

    async def log(self, pod: str, container: str, since: str | None) -> AsyncGenerator[str, None]:
        """The lines of a container's log as they come, each with its time in front.

        Args:
            pod: The pod.
            container: The container.
            since: From which time on.
        """
        query = {"container": container, "follow": "true", "timestamps": "true"}
        if since is not None:
            query["sinceTime"] = since
        async with self._opened("GET", "pods", pod, "log", query=query) as response:
            async for line in _lines(response):
                yield line.decode(errors="replace")

    async def _change(self, method: str, resource: str, name: str = "", *, body: Object) -> Object:
        async with self._changes:
            return await self._json(method, resource, name, body=body)

    @tenacity.retry(
        retry=tenacity.retry_if_exception(_is_transient),
        stop=tenacity.stop_after_delay(60),
        wait=tenacity.wait_random_exponential(0.2, max=10),
        reraise=True,
    )
    async def _json(
        self,
        method: str,
        resource: str,
        name: str = "",
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
    ) -> Object:
        async with self._opened(method, resource, name, query=query, body=body) as response:
            found: Object = json.loads(await response.read())
            return found

    @contextlib.asynccontextmanager
    async def _opened(
        self,
        method: str,
        resource: str,
        name: str = "",
        sub: str = "",
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        silent: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer whose content is still to be read."""
        parts = [_PATHS[resource], "namespaces", self.namespace, resource, name, sub]
        path = "/".join(part for part in parts if part)
        follows = query is not None and ("watch" in query or "follow" in query)
        limit = (
            aiohttp.ClientTimeout(sock_connect=_REQUEST_SECONDS, sock_read=silent)
            if follows
            else aiohttp.ClientTimeout(total=_REQUEST_SECONDS)
        )
        response = await self._request(method, path, query, body, limit)
        if response.status == _UNAUTHORIZED:  # what says who we are lasts some minutes only
            response.close()
            self._access = await find_access()
            response = await self._request(method, path, query, body, limit)
        try:
            if not response.ok:
                raise ClusterError(response.status, _message(response, await response.read()))
            yield response
        finally:
            # Also where a stream is left before its end.
            response.close()

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Object | None,
        limit: aiohttp.ClientTimeout,
    ) -> aiohttp.ClientResponse:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json, */*", "Content-Type": kind}
        if self._access.authorization is not None:
            headers["Authorization"] = self._access.authorization
        return await self._session.request(
            method,
            f"{self._access.url}{path}",
            params=query,
            data=None if body is None else json.dumps(body),
            headers=headers,
            timeout=limit,
            server_hostname=self._access.server_name,
        )


def _message(response: aiohttp.ClientResponse, content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{response.status} {response.reason}"


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The lines of an answer; a single one may be longer than the client's own reader takes."""
    rest = b""
    async for chunk in response.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line
    if rest:
        yield rest
