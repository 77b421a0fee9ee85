"""What the store says about what it holds: artifacts (values) and results (what a key gave)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

_ARTIFACT_PATH = re.compile(r"artifacts/(?P<sha256>[0-9a-f]{64})\.[a-z0-9]+(\.[a-z0-9]+)*", re.ASCII)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]
"""A SHA-256 digest as 64 lower-case hexadecimal digits; the only thing that ever becomes a file name."""


class Artifact(BaseModel):
    """A stored value: where its bytes are, their digest, and how to read them.

    Attributes:
        path: The file relative to the cache root, ``artifacts/<sha256>.<extension>``.
        sha256: The digest of the bytes.
        type: The serializer's name or a media type: ``geodataframe``, ``dataframe``, ``json``,
            ``ndarray``, ``bytes``, ``text/html``, ``image/png``, ``skipped``.
        bytes: How many bytes it has.
        rows: The rows of a table or the length of a list.
        frame_schema: The name of the pandera model that the task promises for it.
        mock: Whether it is a packaged example that stands in for a result, or was made from one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: Sha256
    type: str
    bytes: int = Field(ge=0)
    rows: int | None = None
    frame_schema: str | None = None
    mock: bool = False

    @property
    def is_table(self) -> bool:
        """Whether it is a table, with or without geometries."""
        return self.type in ("dataframe", "geodataframe")

    @property
    def is_skipped(self) -> bool:
        """Whether it stands for what was skipped."""
        return self.type == "skipped"

    def as_mock(self, mock: bool = True) -> Artifact:  # reads as what it says
        """The same value, marked as none that was computed from real inputs.

        Args:
            mock: Whether to mark it; else it stays as it is.
        """
        return self.model_copy(update={"mock": True}) if mock else self

    @model_serializer(mode="wrap")
    def _without_absent_mark(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Values made of real parts are written as they were before there was a mark.
        found: dict[str, Any] = handler(self)
        if not self.mock:
            del found["mock"]
        return found

    @model_validator(mode="after")
    def _path_carries_digest(self) -> Artifact:
        # A reference may come from a shared bucket: its path must not lead anywhere else.
        match = _ARTIFACT_PATH.fullmatch(self.path)
        if match is None or match["sha256"] != self.sha256:
            raise ValueError("path must be artifacts/<sha256>.<extension> with the artifact's own digest")
        return self


class Result(BaseModel):
    """What a cache key gave, and how: the manifest that is stored as ``results/<key>.json``.

    Attributes:
        key: The cache key.
        task: The task's reference, ``module:qualified name``.
        workflow: The workflow that computed it, if it was one.
        instance: The id of the task instance there.
        element: Which element of it, where it is mapped and this is what one element gave.
        elements: The cache keys of all its elements, where this is what a mapped instance gave.
        code: The digest of the task's code.
        arguments: The arguments in canonical form; inputs appear as ``{"$artifact": sha256}``.
        inputs: The digest of each input artifact by the path of its argument.
        return_type: The return annotation, as text.
        artifact: The value.
        created: When it was computed, in UTC.
        seconds: How long that took.
        peak_memory_bytes: The most memory the task's process had, where that is known.
        ecoflows_version: The version of ecoflows that computed it.
    """

    # A later version may add fields; this one can still use what it knows.
    model_config = ConfigDict(frozen=True, extra="ignore")

    key: Sha256
    task: str
    workflow: str | None = None
    instance: str | None = None
    element: str | None = None
    elements: tuple[Sha256, ...] | None = None
    code: str
    arguments: dict[str, Any]
    inputs: dict[str, str]
    return_type: str
    artifact: Artifact
    created: Annotated[AwareDatetime, AfterValidator(lambda moment: _in_utc(moment))]
    seconds: float = Field(ge=0, allow_inf_nan=False)
    peak_memory_bytes: int | None = None
    ecoflows_version: str

    @property
    def label(self) -> str:
        """What people call it: the instance and its element, or the task."""
        if self.instance is None:
            return self.task.rpartition(":")[2]
        return self.instance if self.element is None else f"{self.instance}[{self.element}]"


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
