"""Numpy arrays as ``.npy``, and bytes as they are."""

from __future__ import annotations

import io
from typing import Any

from ecoflows.errors import StoreError
from ecoflows.store.codecs.base import CannotStoreError, is_a
from ecoflows.store.serializers.base import Parts


class ArraySerializer:
    """An array in numpy's own format. Arrays of Python objects would need pickle: refused."""

    name = "ndarray"
    extension = "npy"

    def accepts(self, value: Any, annotation: Any) -> bool:  # noqa: ARG002 - the value says it
        return is_a(value, "numpy", "ndarray")

    def dump(self, value: Any, parts: Parts) -> bytes:  # noqa: ARG002 - an array has no parts
        return array_to_bytes(value)

    def load(self, data: bytes, parts: Parts) -> Any:  # noqa: ARG002 - an array has no parts
        return array_from_bytes(data)

    def rows(self, value: Any) -> int | None:
        return int(value.shape[0]) if value.ndim else None


class BytesSerializer:
    """Bytes that no annotation gives a media type."""

    name = "bytes"
    extension = "bin"

    def accepts(self, value: Any, annotation: Any) -> bool:  # noqa: ARG002 - the value says it
        return type(value) is bytes

    def dump(self, value: bytes, parts: Parts) -> bytes:  # noqa: ARG002 - bytes have no parts
        return value

    def load(self, data: bytes, parts: Parts) -> bytes:  # noqa: ARG002 - bytes have no parts
        return data

    def rows(self, value: Any) -> int | None:  # noqa: ARG002 - bytes have none
        return None


def array_to_bytes(value: Any) -> bytes:
    """An array as the content of a ``.npy`` file.

    Args:
        value: A plain array of numbers, times or text.

    Raises:
        CannotStoreError: If it holds Python objects, or is of a subclass.
    """
    import numpy as np

    if type(value) is not np.ndarray:
        raise CannotStoreError("only plain numpy arrays can be stored; convert it with numpy.asarray")
    if value.dtype.hasobject:
        raise CannotStoreError(
            f"its dtype {value.dtype} holds Python objects; use .tolist(), or .astype() a number or text"
        )
    buffer = io.BytesIO()
    try:
        np.save(buffer, value, allow_pickle=False)
    except (TypeError, ValueError) as error:
        raise CannotStoreError(f"its dtype {value.dtype} has no .npy form: {error}") from error
    return buffer.getvalue()


def array_from_bytes(data: bytes) -> Any:
    """The array in the content of a ``.npy`` file.

    Args:
        data: The content.

    Raises:
        StoreError: If it is no such file, or would need pickle.
    """
    import numpy as np

    try:
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (EOFError, TypeError, ValueError) as error:
        raise StoreError(f"the stored array cannot be read: {error}") from error
