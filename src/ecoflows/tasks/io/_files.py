"""Tables from files: where they lie, which format they have, how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from ecoflows.errors import did_you_mean
from ecoflows.extras import protocol_needs

_FORMATS = {
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".pq": "parquet",
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".csv": "csv",
}

_REFUSED = re.compile(r"\b40[13]\b|forbidden|denied|credentials|unauthorized|permission", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"(?:^|;)\s*\"?[-+]?\d+,\d+\"?\s*(?:;|$)")


@contextmanager
def local_copy(path: str, kind: str | None = None) -> Iterator[Path]:
    """A local file with the content of a path or URL, for as long as the context lasts.

    Args:
        path: A path, ``~`` included, or any URL that fsspec opens.
        kind: The format of a file whose name does not say it; the copy's suffix stands for it then.

    Yields:
        The file itself where it is local, else a temporary copy with the same suffix.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be fetched; the message says why and what to do.
    """
    filesystem, place = _opened(path)
    if "file" in (filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,)):
        _require_file(filesystem, place, path)
        yield Path(place)
        return
    with TemporaryDirectory(prefix="ecoflows-") as folder:
        copy = Path(folder) / (f"file.{kind}" if kind else _name(place))
        try:
            _require_file(filesystem, place, path)
            filesystem.get_file(place, str(copy))
        except FileNotFoundError as error:
            text = str(error) if "the file" in str(error) else f"the file '{path}' does not exist"
            raise FileNotFoundError(text) from error
        except Exception as error:
            raise ValueError(f"it cannot be fetched: {_reason(error)}") from error
        yield copy


def _opened(path: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        # Cached listings would hide what was put there since.
        name = str(Path(path).expanduser()) if path.startswith("~") else path
        filesystem, place = url_to_fs(name, use_listings_cache=False)
    except ImportError as error:
        protocol = path.partition("://")[0]
        raise ValueError(f"{protocol}:// needs {protocol_needs(protocol, error)}") from error
    except Exception as error:
        raise ValueError(f"it cannot be opened: {_reason(error)}") from error
    return filesystem, str(place)


def _require_file(filesystem: Any, place: str, path: str) -> None:
    if "https" in filesystem.protocol:
        return  # to ask first would not tell a refusal from a file that is not there
    if not filesystem.isfile(place):
        what = "is a folder, not a file" if filesystem.isdir(place) else "does not exist"
        raise FileNotFoundError(f"the file '{path}' {what}{_beside(filesystem, place)}")


def _reason(error: Exception) -> str:
    """Why a file cannot be fetched, in one line, and what to do about it."""
    status = getattr(error, "status", None)
    text = f"{status} {getattr(error, 'message', '')}".strip() if status else str(error).partition("\n")[0]
    if _REFUSED.search(f"{type(error).__name__} {text}"):
        return f"{text or type(error).__name__}; check the credentials, and what they may read"
    return f"{text or type(error).__name__}; check the address, and this machine's network"


def _name(path: str) -> str:
    """The last part of a path or URL, without the query of a URL."""
    return PurePosixPath(path.partition("?")[0] if "://" in path else path).name


def _beside(filesystem: Any, place: str) -> str:
    """A hint with the file of nearly that name in the same folder, where there is one."""
    wanted = PurePosixPath(place)
    try:
        names = [PurePosixPath(str(name)).name for name in filesystem.ls(str(wanted.parent), detail=False)]
    except OSError:
        return ""
    hint = did_you_mean(wanted.name, names)
    return f"; {hint}" if hint and hint.startswith("did you mean") else ""


def file_format(path: str) -> str:
    """The format that a file's suffix stands for: ``parquet``, ``gpkg``, ``geojson`` or ``csv``.

    Raises:
        ValueError: If the suffix stands for none of them.
    """
    suffix = PurePosixPath(_name(path)).suffix.lower()
    if suffix not in _FORMATS:
        raise ValueError(
            f"'{path}' has {f'the suffix {suffix}' if suffix else 'no suffix'}, which stands for no format "
            f"that can be read here; known are {', '.join(_FORMATS)}"
        )
    return _FORMATS[suffix]


def read_table(file: Path, layer: str | None, text_columns: Sequence[str], given: str | None = None) -> Any:
    """Read a file as it is, with geometries where it has them.

    Args:
        file: A local file whose suffix names its format.
        layer: The layer of a GeoPackage; ``None`` for its only one.
        text_columns: Columns of a CSV file that stay text even if they look like numbers.
        given: The format of a file whose suffix does not name it.

    Returns:
        A pandas or geopandas frame. Times of GeoPackage and GeoJSON files come as ISO 8601 text,
        so that their offsets are not lost.

    Raises:
        ValueError: If the content does not keep to the format, or the layer is not there.
    """
    kind = given or file_format(file.name)
    if layer is not None and kind != "gpkg":
        raise ValueError(f"layer='{layer}' is given, but only GeoPackage files have layers")
    try:
        if kind == "parquet":
            return _read_parquet(file)
        if kind == "csv":
            return _read_csv(file, text_columns)
        return _read_features(file, _layer(file, layer) if kind == "gpkg" else None)
    except _LayerError:
        raise
    except (ValueError, OSError, RuntimeError) as error:
        raise ValueError(f"it cannot be read as {kind}: {error}") from error


class _LayerError(ValueError):
    """Raised where the layer to read is not clear; the message is complete."""


def _read_parquet(file: Path) -> Any:
    import geopandas as gpd
    import pandas as pd
    import pyarrow.parquet as pq

    with file.open("rb") as opened:
        metadata = pq.read_schema(opened).metadata or {}
    return gpd.read_parquet(file) if b"geo" in metadata else pd.read_parquet(file)


def _read_csv(file: Path, text_columns: Sequence[str]) -> Any:
    import pandas as pd

    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            header, row = opened.readline(), opened.readline()
        separator = _separator(header)
        # Where the comma is the decimal mark, spreadsheets part columns by semicolons.
        decimal = "," if separator == ";" and _DECIMAL_COMMA.search(row) else "."
        return pd.read_csv(
            file, sep=separator, decimal=decimal, dtype=dict.fromkeys(text_columns, str), encoding="utf-8-sig"
        )
    except pd.errors.EmptyDataError as error:
        raise ValueError("the file is empty") from error
    except UnicodeDecodeError as error:
        raise ValueError(
            "it is not UTF-8 text; save it again as 'CSV UTF-8' (a spreadsheet's export dialog offers it)"
        ) from error


def _separator(header: str) -> str:
    """What parts the columns of a CSV file: the mark that its first line has most of, else a comma."""
    return max(",;\t|", key=header.count)


def _read_features(file: Path, layer: str | None) -> Any:
    import geopandas as gpd

    return gpd.read_file(file, layer=layer, engine="pyogrio", datetime_as_string=True)


def _layer(file: Path, layer: str | None) -> str | None:
    import geopandas as gpd

    names = [str(name) for name in gpd.list_layers(file)["name"]]
    if layer is None and len(names) > 1:
        raise _LayerError(f"it has {len(names)} layers, {', '.join(names)}; choose one with layer")
    if layer is not None and layer not in names:
        raise _LayerError(f"it has no layer '{layer}'; {did_you_mean(layer, names, what='the layers are')}")
    return layer
