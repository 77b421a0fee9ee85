"""Tables that were read already, kept in memory so that the next task need not read them again."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from typing import Any

_DECODED_FACTOR = 4  # a decoded table takes several times its Parquet file
_IMMUTABLE = frozenset({str, int, float, bool, bytes, type(None)})


class FrameCache:
    """Loaded tables by digest; the least recently used ones go first.

    What comes out is always a copy: no task can change what another one reads.

    Attributes:
        limit: How many bytes the tables may take, by estimate.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._frames: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def get(self, digest: str) -> Any:
        """A copy of the table with a digest, or ``None`` where it is not here."""
        with self._lock:
            found = self._frames.get(digest)
            if found is None:
                return None
            self._frames.move_to_end(digest)
        return independent_copy(found[1])

    def put(self, digest: str, frame: Any, stored_bytes: int) -> Any:
        """Keep a table.

        Args:
            digest: The digest of its file.
            frame: The table as it was read; nobody else may hold it.
            stored_bytes: The size of its file.

        Returns:
            A table to hand out: a copy, or the table itself where it is too large to keep.
        """
        cost = stored_bytes * _DECODED_FACTOR
        if cost > self.limit:
            return frame
        handed_out = independent_copy(frame)
        with self._lock:
            if digest not in self._frames:
                self._frames[digest] = (cost, frame)
                self._used += cost
            while self._used > self.limit:
                _, (freed, _) = self._frames.popitem(last=False)
                self._used -= freed
        return handed_out


def independent_copy(frame: Any) -> Any:
    """A copy of a table that shares nothing changeable with it, lists in its cells included."""
    import numpy as np
    import pandas as pd

    copied = frame.copy(deep=True)
    copied.attrs = copy.deepcopy(frame.attrs)
    for position, dtype in enumerate(frame.dtypes):
        values = list(frame.iloc[:, position]) if str(dtype) == "object" else []
        if set(map(type, values)) - _IMMUTABLE:
            # pandas copies such a column, but not the objects in it.
            cells = np.empty(len(values), dtype=object)
            cells[:] = [copy.deepcopy(value) for value in values]
            copied.isetitem(position, pd.Series(cells, index=copied.index, dtype=object))
    return copied
