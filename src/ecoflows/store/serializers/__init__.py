"""The file formats of artifacts. To add one, write a class and name it here."""

from ecoflows.store.serializers.arrays import ArraySerializer, BytesSerializer
from ecoflows.store.serializers.base import Parts, Serializer
from ecoflows.store.serializers.composite import JsonSerializer, SkippedSerializer
from ecoflows.store.serializers.frames import FrameSerializer, GeoFrameSerializer
from ecoflows.store.serializers.media import HtmlSerializer, PngSerializer

__all__ = ["SERIALIZERS", "Parts", "Serializer"]

SERIALIZERS: tuple[Serializer, ...] = (
    HtmlSerializer(),
    PngSerializer(),
    GeoFrameSerializer(),
    FrameSerializer(),
    ArraySerializer(),
    BytesSerializer(),
    SkippedSerializer(),
    JsonSerializer(),
)
"""In this order; the first that accepts a value stores it."""
