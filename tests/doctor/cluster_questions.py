"""What a stand-in for the Kubernetes API answers to questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NAMESPACE = "/api/v1/namespaces/park"


@dataclass
class Api:
    """What the stand-in knows, and what it was asked.

    Attributes:
        there: The paths of the objects that exist.
        hidden: The paths that nobody may read.
        denied: What accounts may not do, as ``account verb resource``; ``self`` is who asks.
        answers: Other answers by path: a status and a text.
        url: Where it is.
        asked: The requests: method, path and the type that was accepted.
    """

    there: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    url: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        """What a request is answered."""
        if path == "/version":
            return 200, {"gitVersion": "v1.31.0"}
        if path in self.hidden:
            return 403, {"message": "forbidden"}
        if body is not None:
            return 201, {"status": {"allowed": self._allowed(body["spec"])}}
        return (200, {"metadata": {}}) if path in self.there else (404, {"message": "not found"})

    def _allowed(self, spec: Any) -> bool:
        wanted = spec["resourceAttributes"]
        assert wanted["namespace"] == "park"
        account = spec.get("user", "self").rpartition(":")[2]
        resource = "/".join(filter(None, (wanted["resource"], wanted["subresource"])))
        return f"{account} {wanted['verb']} {resource}" not in self.denied
