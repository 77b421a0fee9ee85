"""Text and bytes that other programs open by their media type: pages, images."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from ecoflows.store.codecs.base import CannotStoreError
from ecoflows.store.serializers.base import Parts


class _Media:
    name: str
    extension: str
    kind: type

    def accepts(self, value: Any, annotation: Any) -> bool:
        return type(value) is self.kind and self.name in _media_types(annotation)

    def rows(self, value: Any) -> int | None:  # noqa: ARG002 - a page has none
        return None


class HtmlSerializer(_Media):
    """A page, as UTF-8 text."""

    name = "text/html"
    extension = "html"
    kind = str

    def dump(self, value: str, parts: Parts) -> bytes:  # noqa: ARG002 - a page has no parts
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise CannotStoreError(f"the page is not text that a browser can show: {error}") from error

    def load(self, data: bytes, parts: Parts) -> str:  # noqa: ARG002 - a page has no parts
        return data.decode()


class PngSerializer(_Media):
    """An image, as it is."""

    name = "image/png"
    extension = "png"
    kind = bytes

    def dump(self, value: bytes, parts: Parts) -> bytes:  # noqa: ARG002 - an image has no parts
        return value

    def load(self, data: bytes, parts: Parts) -> bytes:  # noqa: ARG002 - an image has no parts
        return data


def _media_types(annotation: Any) -> set[str]:
    # ``Html | None`` is an annotation too.
    choices = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    annotated = [choice for choice in choices if get_origin(choice) is Annotated]
    if not annotated:
        return set()
    from ecoflows.annotations import media_of  # loads pandas, which text does not need

    return {media.type for choice in annotated if (media := media_of(choice)) is not None}
