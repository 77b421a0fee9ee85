"""Tables from files on disk, in an S3 bucket and on the web."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from ecoflows.tasks.io import load_dataframe, load_geodataframe, load_observations

CAMPS = gpd.GeoDataFrame(
    {
        "name": ["Mara", "Tsavo", None],
        "tents": [3, 12, 7],
        "opened": ["2024-05-01T06:00:00Z", "2024-05-02T09:30:00+03:00", None],
    },
    geometry=gpd.points_from_xy([35.1, 38.2, 36.0], [-1.4, -3.0, 0.5]),
    crs="EPSG:4326",
)
OPENED = pd.Series(pd.to_datetime(["2024-05-01T06:00Z", "2024-05-02T06:30Z", None]), name="opened")


def as_text() -> str:
    plain = pd.DataFrame(CAMPS.drop(columns="geometry"))
    return plain.assign(longitude=CAMPS.geometry.x, latitude=CAMPS.geometry.y).to_csv(index=False)


WRITERS = {
    "camps.parquet": lambda path: CAMPS.to_parquet(path),
    "camps.gpkg": lambda path: CAMPS.to_file(path, layer="camps"),
    "camps.geojson": lambda path: path.write_text(CAMPS.to_json(drop_id=True)),
    "camps.csv": lambda path: path.write_text(as_text()),
}


@pytest.fixture(params=WRITERS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The camps in one of the formats."""
    WRITERS[request.param](tmp_path / request.param)
    return tmp_path / request.param


def test_every_format_gives_the_same_tables(file: Path) -> None:
    places = ["longitude", "latitude"] if file.suffix == ".csv" else []
    table = load_geodataframe(str(file), time_columns=["opened"])
    expected = CAMPS.assign(opened=OPENED)
    assert table.crs == "EPSG:4326"
    assert str(table["opened"].dt.tz) == "UTC"
    assert_geodataframe_equal(
        table.drop(columns=places), expected, check_dtype=False, check_like=True, check_geom_type=True
    )
    plain = load_dataframe(str(file), columns=["tents", "name"])
    assert not isinstance(plain, gpd.GeoDataFrame)
    assert list(plain.columns) == ["tents", "name"]
    assert_frame_equal(plain, pd.DataFrame(CAMPS[["tents", "name"]]), check_dtype=False)


def test_chosen_columns_keep_the_geometry(file: Path) -> None:
    table = load_geodataframe(str(file), columns=["name"])
    assert list(table.columns) == ["name", "geometry"]
    assert list(table.geometry.x) == [35.1, 38.2, 36.0]


def test_coordinates_keep_their_system(tmp_path: Path) -> None:
    near = CAMPS[:1].to_crs("EPSG:32736")
    near.to_parquet(tmp_path / "camps.parquet")
    assert load_geodataframe(str(tmp_path / "camps.parquet")).crs == "EPSG:32736"
    pd.DataFrame({"x": near.geometry.x, "y": near.geometry.y}).to_csv(tmp_path / "camps.csv", index=False)
    given = {"crs": "EPSG:32736", "longitude_column": "x", "latitude_column": "y"}
    table = load_geodataframe(str(tmp_path / "camps.csv"), **given)
    assert table.crs == "EPSG:32736"
    assert table.geometry.iloc[0].distance(near.geometry.iloc[0]) < 1e-6
    CAMPS.set_crs(None, allow_override=True).to_parquet(tmp_path / "bare.parquet")
    with pytest.raises(ValueError, match="coordinate reference system its geometries are; give crs"):
        load_geodataframe(str(tmp_path / "bare.parquet"))
    assert load_geodataframe(str(tmp_path / "bare.parquet"), crs="EPSG:4326").crs == "EPSG:4326"


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    WRITERS["camps.csv"](tmp_path / "camps.csv")
    path = str(tmp_path / "camps.csv")
    with pytest.raises(
        ValueError, match=r"it has no column 'tent' \(did you mean 'tents'\?\); .* with columns"
    ):
        load_dataframe(path, columns=["tent"])
    with pytest.raises(ValueError, match="'name' cannot be read: Mara, Tsavo"):
        load_dataframe(path, time_columns=["name"])
    with pytest.raises(ValueError, match="'lon'; name the right one with longitude_column"):
        load_geodataframe(path, longitude_column="lon")
    with pytest.raises(FileNotFoundError, match=r"did you mean 'camps\.csv'"):
        load_dataframe(str(tmp_path / "camp.csv"))


def test_an_s3_bucket(file: Path, s3_bucket: str) -> None:
    import boto3

    boto3.client("s3").upload_file(str(file), s3_bucket, f"tables/{file.name}")
    here = load_geodataframe(str(file))
    assert_geodataframe_equal(load_geodataframe(f"s3://{s3_bucket}/tables/{file.name}"), here)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_dataframe(f"s3://{s3_bucket}/tables/nothing-{file.name}")


@pytest.mark.parametrize("task", [load_dataframe, load_geodataframe, load_observations])
@pytest.mark.parametrize(("protocol", "module", "extra"), [("s3", "s3fs", "s3"), ("gs", "gcsfs", "gcs")])
def test_a_missing_package_is_told_with_the_command(
    task, protocol: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsspec.registry import _registry

    for name in (protocol, "gcs", "s3a"):
        monkeypatch.delitem(_registry, name, raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValueError, match=rf'install it with: pip install "ecoflows\[{extra}\]"'):
        task(f"{protocol}://bucket/camps.parquet")


class _Web(BaseHTTPRequestHandler):
    content = b""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status = {"/forbidden.csv": 403, "/moved.csv": 302, "/broken.csv": 500}.get(path)
        if status is None and path not in ("/camps.csv", "/export"):
            status = 404
        self.send_response(status or 200)
        if status == 302:
            self.send_header("Location", "/camps.csv")
        body = self.content if status is None else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815  # the library's name

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def web(content: bytes) -> Iterator[str]:
    """A site with a file."""
    handler = type("Handler", (_Web,), {"content": content})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with web(as_text().encode()) as url:
        for path in ("/camps.csv", "/camps.csv?token=abc", "/moved.csv"):
            assert list(load_geodataframe(f"{url}{path}")["tents"]) == [3, 12, 7]
        assert list(load_dataframe(f"{url}/export?table=camps", file_format="csv")["tents"]) == [3, 12, 7]
        with pytest.raises(ValueError, match="has no suffix, which stands for no format"):
            load_dataframe(f"{url}/export?table=camps")
        with pytest.raises(FileNotFoundError):
            load_dataframe(f"{url}/nothing.csv")
        with pytest.raises(ValueError, match="403 Forbidden; check the credentials"):
            load_dataframe(f"{url}/forbidden.csv")
        with pytest.raises(ValueError, match="500 Internal Server Error; check the address"):
            load_dataframe(f"{url}/broken.csv")
    with pytest.raises(ValueError, match="check the address, and this machine's network"):
        load_dataframe(f"{url}/camps.csv")
    assert list(tmp_path.iterdir()) == []
