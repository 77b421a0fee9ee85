"""Questions to the Kubernetes API that change nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from ecoflows.errors import EcoflowsError
from ecoflows.flows.execution.pods.access import Access

Object = dict[str, Any]

_SECONDS = 20
_NAMES_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""What a secret holds is not asked for."""
_REVIEWS = "/apis/authorization.k8s.io/v1"


class DeniedError(EcoflowsError):
    """Raised where we have no right to ask this."""


@dataclass(frozen=True)
class Right:
    """Something that one may be allowed to do.

    Attributes:
        verb: What is done.
        resource: To what.
        group: The API group of that.
        sub: The part of it, such as ``log``.
    """

    verb: str
    resource: str
    group: str = ""
    sub: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f'/{self.sub}' if self.sub else ''}"

    def attributes(self, namespace: str) -> Object:
        """The right in a namespace as a review has it."""
        return {
            "namespace": namespace,
            "verb": self.verb,
            "group": self.group,
            "resource": self.resource,
            "subresource": self.sub,
        }


class Kube:
    """The API, as far as one looks at it only.

    All that goes wrong is an ``EcoflowsError``.
    """

    def __init__(self, access: Access, session: aiohttp.ClientSession) -> None:
        self._access, self._session = access, session

    async def version(self) -> str:
        """The version of Kubernetes."""
        found = await self._json("GET", "/version")
        if "gitVersion" not in found:
            raise EcoflowsError("it names no version")
        return str(found["gitVersion"])

    async def exists(self, path: str) -> bool:
        """Whether there is an object.

        Raises:
            DeniedError: If we may not know.
        """
        status, found = await self._ask("GET", path, accept=_NAMES_ONLY)
        if status == HTTPStatus.NOT_FOUND:
            return False
        _require(status, found)
        return True

    async def allowed(self, right: Right, namespace: str, account: str | None = None) -> bool:
        """Whether we, or a service account, may do something in a namespace.

        Raises:
            DeniedError: If we may not ask about that account.
        """
        attributes: Object = {"resourceAttributes": right.attributes(namespace)}
        kind = "SelfSubjectAccessReview"
        if account is not None:
            kind = "SubjectAccessReview"
            groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
            attributes |= {"user": f"system:serviceaccount:{namespace}:{account}", "groups": groups}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": attributes}
        found = await self._json("POST", f"{_REVIEWS}/{kind.lower()}s", body)
        return bool(found.get("status", {}).get("allowed"))

    async def _json(self, method: str, path: str, body: Object | None = None) -> Object:
        status, found = await self._ask(method, path, body)
        _require(status, found)
        return found

    async def _ask(
        self, method: str, path: str, body: Object | None = None, accept: str = "application/json"
    ) -> tuple[int, Object]:
        headers = {"Accept": accept}
        if self._access.authorization is not None:
            headers["Authorization"] = self._access.authorization
        try:
            async with self._session.request(
                method,
                f"{self._access.url}{path}",
                json=body,
                headers=headers,
                ssl=self._access.tls,
                server_hostname=self._access.server_name,
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise EcoflowsError(str(failure) or type(failure).__name__) from failure
        try:
            found = json.loads(text)
        except ValueError:
            found = {"message": " ".join(text.split())[:300]}
        return response.status, found if isinstance(found, dict) else {}


def _require(status: int, found: Object) -> None:
    if status < HTTPStatus.BAD_REQUEST:
        return
    message = str(found.get("message") or f"the API answers {status}")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise DeniedError(message)
    raise EcoflowsError(message)
