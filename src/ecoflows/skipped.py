"""What stands for a value that did not come about because its task instance was skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema


@final
class Skipped:
    """The type of ``SKIPPED``; a parameter that can do without its input says ``float | Skipped``.

    There is one value of it. It is neither true nor ``None``: nothing came about, and no task may
    take it for a result by accident.
    """

    _only: Skipped | None = None

    def __new__(cls) -> Skipped:
        """The one value."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "SKIPPED"

    def __bool__(self) -> bool:
        return False

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"title": "skipped", "not": {}}  # no JSON is it


SKIPPED = Skipped()
"""The value of a task instance, or of one element of a map, that was skipped."""
