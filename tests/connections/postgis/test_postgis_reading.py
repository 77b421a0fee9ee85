"""Tables equal what was put into a real PostgreSQL with PostGIS, row for row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from postgis_camps import CAMPS

from ecoflows.connections.postgis import PostGISConnection, client
from ecoflows.connections.sources.file import ConnectionsFile
from ecoflows.progress import Advance, told_to
from ecoflows.runtime import Call, run_node
from ecoflows.store import Store
from ecoflows.tasks.io import read_postgis, read_sql
from postgis_server import Server


def read(server: Server, sql: str, task: Any = read_postgis, **more: Any) -> Any:
    with PostGISConnection(**server.settings()).connect() as found:
        return task.function(client=found, sql=sql, **more)


def test_all_rows_with_their_types(camps: Server) -> None:
    table = read(camps, "SELECT * FROM camps ORDER BY id")
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == "EPSG:4326"
    assert table.geometry.name == "place"
    assert [str(kind) for kind in table.dtypes] == [
        *("int64", "str", "datetime64[us, UTC]", "float64", "boolean", "geometry")
    ]
    for row, (number, name, seen, size, is_open, place) in zip(table.itertuples(), CAMPS, strict=True):
        assert (row.id, row.name, row.seen) == (number, name, seen)
        assert (None if pd.isna(row.size) else row.size) == size
        assert (None if pd.isna(row.open) else row.open) == is_open
        assert row.place == (place and shapely.from_wkt(place.partition(";")[2]))


def test_values_of_all_kinds(camps: Server) -> None:
    (row,) = read(camps, "SELECT * FROM kinds", geometry_column="area").to_dict("records")
    assert row["whole"] == 7
    assert row["small"] == 1.5
    assert row["day"] == "2024-05-01"
    assert row["local"] == pd.Timestamp("2024-05-01T06:00Z")
    assert row["span"] == 5400.0
    assert json.loads(row["doc"]) == {"a": [1, None]}
    assert row["code"] == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert json.loads(row["words"]) == ["x", "y"]
    assert row["raw"] == "cafe"
    table = read(camps, "SELECT * FROM kinds", geometry_column="area")
    assert table.crs == "EPSG:32636"
    assert table["spot"].crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("where", "parameters", "ids"),
    [
        ("name = :name", {"name": CAMPS[1][1]}, [2]),
        ("name = ANY(:names)", {"names": ["Mara Bridge", "Ngutuni 🐘"]}, [1, 3]),
        ("id >= :least AND id < :most", {"least": 2, "most": 3}, [2]),
        ("seen >= CAST(:since AS timestamptz)", {"since": "2024-01-02T09:00:00+03:00"}, [2, 3]),
        ("seen >= :since", {"since": datetime(2024, 1, 3, tzinfo=UTC)}, [3]),
        ("open = :open", {"open": True}, [1]),
        ("name = :name", {"name": "' OR 1 = 1 --"}, []),
        ("place && ST_MakeEnvelope(35.15, -2, 36, 0, 4326)::geometry", {}, [2]),
    ],
)
def test_bound_parameters(camps: Server, where: str, parameters: dict[str, Any], ids: list[int]) -> None:
    table = read(camps, f"SELECT * FROM camps WHERE {where} ORDER BY id", parameters=parameters)
    assert list(table["id"]) == ids
    assert len(read(camps, "SELECT * FROM camps")) == 3


def test_nothing_gives_an_empty_table_of_the_same_types(camps: Server) -> None:
    full = read(camps, "SELECT * FROM camps WHERE id < 3")
    empty = read(camps, "SELECT * FROM camps WHERE id < 0", crs="EPSG:4326")
    assert len(empty) == 0
    assert isinstance(empty, gpd.GeoDataFrame)
    assert empty.crs == "EPSG:4326"
    assert list(empty.columns) == list(full.columns)
    different = {name for name in full if str(full[name].dtype) != str(empty[name].dtype)}
    assert not different


def test_rows_come_in_pieces(camps: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CHUNK", 1000)
    told: list[Advance] = []
    sql = "SELECT n, ST_SetSRID(ST_Point(n / 1000.0, 1), 4326) AS place FROM generate_series(1, 3500) AS n"
    with told_to(told.append):
        table = read(camps, sql)
    assert [advance.done for advance in told] == [1000, 2000, 3000, 3500]
    assert list(table["n"]) == list(range(1, 3501))
    assert table.geometry.x.iloc[-1] == 3.5


def test_tables_without_geometries(camps: Server) -> None:
    table = read(camps, "SELECT count(*) AS camps, avg(size) AS size FROM camps", read_sql)
    assert table.to_dict("records") == [{"camps": 3, "size": 9.875}]
    with pytest.raises(ValueError, match=r"the result has geometries \(place\); use read_postgis"):
        read(camps, "SELECT * FROM camps", read_sql)


@pytest.mark.parametrize(
    ("sql", "more", "message"),
    [
        (
            "SELECT id, name FROM camps",
            {},
            "has no geometry column, only id, name; select one, or use read_sql",
        ),
        ("SELECT * FROM kinds", {}, "has geometry columns spot, area; choose one with geometry_column"),
        (
            "SELECT * FROM camps",
            {"geometry_column": "plce"},
            "no geometry column 'plce'; did you mean 'place'",
        ),
        (
            "SELECT * FROM mixed",
            {},
            r"several coordinate reference systems \(SRID 4326, 32636\); make them one",
        ),
        ("SELECT * FROM bare", {}, "do not say in which coordinate reference system they are; give crs"),
        ("SELECT id, id, place FROM camps", {}, "several columns 'id'; name them apart with AS"),
        ("SELECT * FROM camps WHERE id = :id", {}, "parameters: ':id' has no value"),
        (
            "SELECT * FROM camps WHERE id = :id",
            {"parameters": {"ids": 1, "id": 1}},
            r"'ids' is not in the statement \(did you mean 'id'\?\)",
        ),
    ],
)
def test_what_does_not_fit_is_told(camps: Server, sql: str, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(camps, sql, **more)


def test_a_given_crs_stands_in_for_a_missing_srid(camps: Server) -> None:
    assert read(camps, "SELECT * FROM bare", crs="EPSG:4326").crs == "EPSG:4326"


def test_as_a_node_of_a_workflow(camps: Server, tmp_path: Path) -> None:
    ConnectionsFile().put("postgis", "park-db", camps.settings())
    store = Store(str(tmp_path / "cache"))
    call = Call(read_postgis, {"client": "park-db", "sql": "SELECT * FROM camps WHERE place IS NOT NULL"})
    table = store.load(run_node(call, store).artifact)
    assert set(table["id"]) == {1, 2}
