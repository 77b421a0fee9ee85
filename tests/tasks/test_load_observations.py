import json

import fsspec
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from ecoflows.frames import validate_frame
from ecoflows.tasks.io import load_observations
from ecoflows.tasks.schemas import SubjectGroupObservationsGDFSchema

SCHEMA_COLUMNS = ["groupby_col", "fixtime", "junk_status", "geometry"]


def as_columns(table):
    """The fixes with longitude and latitude columns, as most programs export them."""
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return plain.assign(longitude=table.geometry.x, latitude=table.geometry.y)


WRITERS = {
    "fixes.parquet": lambda table, path: table.to_parquet(path),
    "fixes.pq": lambda table, path: as_columns(table).to_parquet(path),
    "fixes.gpkg": lambda table, path: table.reset_index().to_file(path),
    "fixes.geojson": lambda table, path: path.write_text(table.reset_index().to_json(default=str)),
    "fixes.csv": lambda table, path: as_columns(table).to_csv(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_frame(observations, tmp_path, name):
    WRITERS[name](observations, tmp_path / name)
    found = load_observations(str(tmp_path / name))
    validate_frame(found, SubjectGroupObservationsGDFSchema)
    expected = observations[[*SCHEMA_COLUMNS, *observations.columns.drop(SCHEMA_COLUMNS)]]
    assert_geodataframe_equal(found, expected)


def test_the_reference_observations(reference_data):
    found = load_observations(str(reference_data / "observations.parquet"))
    validate_frame(found, SubjectGroupObservationsGDFSchema)
    assert found.shape == (1500, 33)
    assert found.index.name == "id"


@pytest.mark.parametrize("name", WRITERS)
def test_other_coordinates_are_reprojected(observations, tmp_path, name):
    near = observations[observations.geometry.x.between(37, 38)]
    WRITERS[name](near.to_crs("EPSG:32637"), tmp_path / name)
    given = {"crs": "EPSG:32637"} if name in ("fixes.csv", "fixes.pq", "fixes.geojson") else {}
    if name == "fixes.geojson":  # which is always in degrees
        WRITERS[name](near, tmp_path / name)
    found = load_observations(str(tmp_path / name), **given)
    assert found.crs == "EPSG:4326"
    np.testing.assert_allclose(found.geometry.x, near.geometry.x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.geometry.y, near.geometry.y, rtol=0, atol=1e-9)


def csv(folder, text):
    path = folder / "fixes.csv"
    path.write_text(text)
    return str(path)


def test_columns_of_any_name(tmp_path):
    path = csv(tmp_path, "collar,when,lon,lat,bad,temp\n007,2024-05-01T06:00:00Z,37.5,0.5,yes,31.5\n")
    names = {"longitude_column": "lon", "latitude_column": "lat", "junk_column": "bad"}
    found = load_observations(path, subject_column="collar", time_column="when", **names)
    (fix,) = found.itertuples()
    assert fix.groupby_col == "007"
    assert fix.fixtime == pd.Timestamp("2024-05-01T06:00:00Z")
    assert fix.junk_status is True
    assert fix.geometry.wkt == "POINT (37.5 0.5)"
    assert found.columns.tolist() == [*SCHEMA_COLUMNS, "temp"]


def test_a_column_named_id_may_be_the_animal(tmp_path):
    lines = ["7,2024-05-01T06:00:00Z,37.5,0.5", "7,2024-05-01T06:15:00Z,37.5,0.5"]
    path = csv(tmp_path, rows(*lines, head="id,fixtime,longitude,latitude"))
    found = load_observations(path, subject_column="id")
    assert found["groupby_col"].tolist() == ["7", "7"]
    assert found.index.tolist() == [0, 1]
    assert found.columns.tolist() == SCHEMA_COLUMNS


def rows(*lines, head="id,groupby_col,fixtime,longitude,latitude"):
    return "\n".join([head, *lines]) + "\n"


TIMES = {
    "2024-05-01T06:00:00Z": "2024-05-01T06:00:00Z",
    "2024-05-01T06:00:00.123456Z": "2024-05-01T06:00:00.123456Z",
    "2024-05-01 09:00:00.5+03:00": "2024-05-01T06:00:00.5Z",
    "2024-05-01T09:00:00+0300": "2024-05-01T06:00:00Z",
    "2024-05-01T09:00:00": "2024-05-01T06:00:00Z",
    "2024-05-01 09:00": "2024-05-01T06:00:00Z",
    "2024-05-01": "2024-04-30T21:00:00Z",
}


def test_times_written_in_many_ways_in_one_file(tmp_path):
    path = csv(tmp_path, rows(*(f"{n},a,{text},37.5,0.5" for n, text in enumerate(TIMES))))
    found = load_observations(path, timezone="Africa/Nairobi")
    assert found["fixtime"].tolist() == [pd.Timestamp(text) for text in TIMES.values()]


def test_times_in_a_format_of_their_own(tmp_path):
    path = csv(tmp_path, rows("1,a,01/05/2024 09:30,37.5,0.5", "2,a,02/05/2024 09:30,37.5,0.5"))
    found = load_observations(path, time_format="%d/%m/%Y %H:%M", timezone="Africa/Nairobi")
    assert found["fixtime"].dt.strftime("%Y-%m-%dT%H:%M%z").tolist() == [
        "2024-05-01T06:30+0000",
        "2024-05-02T06:30+0000",
    ]
    with_offset = csv(tmp_path, rows("1,a,01/05/2024 09:30 +0300,37.5,0.5"))
    found = load_observations(with_offset, time_format="%d/%m/%Y %H:%M %z")
    assert found["fixtime"].tolist() == [pd.Timestamp("2024-05-01T06:30Z")]


def test_times_without_zone_in_a_parquet_file(tmp_path, observations):
    naive = observations.assign(fixtime=observations["fixtime"].dt.tz_localize(None))
    naive.to_parquet(tmp_path / "fixes.parquet")
    found = load_observations(str(tmp_path / "fixes.parquet"), timezone="Africa/Nairobi")
    assert (observations["fixtime"] - found["fixtime"] == pd.Timedelta("3h")).all()


def test_a_url_and_a_home_folder(observations, tmp_path, monkeypatch):
    observations.to_parquet(tmp_path / "fixes.parquet")
    content = (tmp_path / "fixes.parquet").read_bytes()
    with fsspec.open("memory://herd/fixes.parquet", "wb") as file:
        file.write(content)
    found = load_observations("memory://herd/fixes.parquet")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert_geodataframe_equal(load_observations("~/fixes.parquet"), found)


def test_the_query_of_a_url_is_no_suffix():
    with pytest.raises(ValueError, match=r"has the suffix \.shp, which"):
        load_observations("https://herd.invalid/fixes.shp?token=1.csv")


def test_layers_of_a_geopackage(observations, tmp_path):
    path = tmp_path / "herd.gpkg"
    observations[:3].reset_index().to_file(path, layer="2023")
    observations[:5].reset_index().to_file(path, layer="2024")
    assert len(load_observations(str(path), layer="2024")) == 5
    with pytest.raises(ValueError, match="it has 2 layers, 2023, 2024; choose one with layer"):
        load_observations(str(path))
    with pytest.raises(ValueError, match=r"it has no layer '2022'; did you mean '202[34]'"):
        load_observations(str(path), layer="2022")
    with pytest.raises(ValueError, match="only GeoPackage files have layers"):
        load_observations(csv(tmp_path, rows()), layer="2022")


def test_a_missing_file_and_its_neighbour(tmp_path):
    csv(tmp_path, rows())
    with pytest.raises(FileNotFoundError, match=r"'.*/fixs.csv' does not exist; did you mean 'fixes.csv'\?"):
        load_observations(str(tmp_path / "fixs.csv"))
    with pytest.raises(FileNotFoundError, match=r"nowhere.csv' does not exist$"):
        load_observations("memory://herd/nowhere.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileNotFoundError, match="is a folder, not a file"):
        load_observations(str(tmp_path / "folder.csv"))


@pytest.mark.parametrize(("name", "shown"), [("fixes.shp", "the suffix .shp"), ("fixes", "no suffix")])
def test_a_format_that_is_not_known(name, shown):
    with pytest.raises(ValueError, match=f"'{name}' has {shown}, .* known are .parquet, .geoparquet"):
        load_observations(name)


@pytest.mark.parametrize("name", ["fixes.parquet", "fixes.gpkg", "fixes.geojson", "fixes.csv"])
@pytest.mark.parametrize("content", [b"", b'\xff\xfe"\x00,,\n1,2,3,4,5,6'])
def test_a_file_that_is_not_what_it_says(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"observations from '.*{name}': it "):
        load_observations(str(tmp_path / name))


GOOD = "1,a,2024-05-01T06:00:00Z,37.5,0.5"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (rows(), {}, "it has no rows"),
        (
            rows(GOOD, head="id,groupby_cols,fixtime,longitude,latitude"),
            {},
            r"'groupby_col' \(did you mean 'groupby_cols'\?\); name .* subject_column. The columns are id, ",
        ),
        (
            rows(GOOD, head="id,groupby_col,t,longitude,latitude"),
            {},
            "no column 'fixtime'; .* with time_column",
        ),
        (
            rows(GOOD, head="id,groupby_col,fixtime,Longitude,lat"),
            {},
            r"no column 'longitude' \(did you mean 'Longitude'\?\); name the right one with longitude_column",
        ),
        (
            rows(GOOD, head="id,groupby_col,fixtime,longitude,lat"),
            {},
            "no column 'latitude'.*; name the right one with latitude_column",
        ),
        (
            rows(*(f"{n},a,{text},37.5,0.5" for n, text in enumerate(["2024-05-01", "", *"bcdefg"]))),
            {},
            "7 of 8 times in column 'fixtime' cannot be read: .*, b, c, d, e, ...; ISO 8601, such as",
        ),
        (
            rows(GOOD),
            {"time_format": "%d.%m.%Y"},
            "1 of 1 times .* cannot be read: 2024-05-01T06:00:00Z; the format %d.%m.%Y is expected",
        ),
        (
            rows("1,a,2024-03-31T02:30:00,37.5,0.5"),
            {"timezone": "Europe/Rome"},
            "do not exist in Europe/Rome",
        ),
        (rows(GOOD), {"timezone": "Nairobi"}, "timezone='Nairobi' is not an IANA time zone"),
        (rows(GOOD), {"crs": "EPSG:1"}, "crs='EPSG:1' is no coordinate reference system that PROJ knows"),
        (
            rows("1,a,2024-05-01,37.5,91", "2,b,2024-05-01,37.5,0"),
            {},
            r"1 of 2 fixes lie outside .*: \(37.5, 91\). Check",
        ),
        (rows("1,a,2024-05-01,0.5,137.5"), {}, "whether longitude and latitude are swapped"),
        (
            rows("1,a,2024-05-01,,0", "2,a,2024-05-01,1,1"),
            {},
            "1 of 2 fixes have no position: 1. Leave them out",
        ),
        (rows('1,a,2024-05-01,"37,5",0.5'), {}, "1 of 1 values of column 'longitude' are not numbers: 37,5"),
        (rows(GOOD, GOOD), {}, "1 ids of fixes occur more than once in 'id': 1. Keep one row of each"),
        (rows(",a,2024-05-01,37,0", GOOD), {}, "1 of 2 fixes have no id in column 'id'"),
        (
            rows("1,,2024-05-01,37,0", GOOD.replace("1,", "2,", 1)),
            {},
            "1 of 2 fixes have no subject in column",
        ),
        (
            rows(f"{GOOD},maybe", head="id,groupby_col,fixtime,longitude,latitude,junk_status"),
            {},
            "1 of 1 values of column 'junk_status' say neither true nor false: maybe",
        ),
    ],
)
def test_bad_input_is_explained(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message):
        load_observations(csv(tmp_path, text), **options)


def test_times_that_are_numbers(observations, tmp_path):
    numbers = observations.assign(fixtime=range(len(observations)))
    numbers.to_parquet(tmp_path / "fixes.parquet")
    with pytest.raises(ValueError, match=r"column 'fixtime' holds numbers \(0, 1\), not times"):
        load_observations(str(tmp_path / "fixes.parquet"))


def test_geometries_without_crs(observations, tmp_path):
    path = tmp_path / "fixes.parquet"
    observations.set_crs(None, allow_override=True).to_parquet(path)
    with pytest.raises(
        ValueError, match=r"does not say in which coordinate reference system .* give it with crs"
    ):
        load_observations(str(path))
    assert load_observations(str(path), crs="EPSG:4326").crs == "EPSG:4326"


def test_geometries_that_are_no_points(observations, tmp_path):
    path = tmp_path / "fixes.geojson"
    lines = observations[:3].reset_index()
    lines.loc[:1, "geometry"] = shapely.buffer(lines.geometry[:2].to_numpy(), 1)
    path.write_text(lines.to_json(default=str))
    with pytest.raises(ValueError, match="fixes are points, but of its 3 geometries there are 2 Polygon"):
        load_observations(str(path))


def test_missing_positions_can_be_left_out(tmp_path):
    path = csv(tmp_path, rows("1,a,2024-05-01,,", "2,a,2024-05-02,37.5,0.5"))
    assert load_observations(path, drop_missing_positions=True).index.tolist() == ["2"]
    feature = {
        "type": "Feature",
        "geometry": None,
        "properties": {"groupby_col": "a", "fixtime": "2024-05-01"},
    }
    there = feature | {"geometry": {"type": "Point", "coordinates": [37.5, 0.5]}}
    path = tmp_path / "fixes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, there]}))
    assert len(load_observations(str(path), drop_missing_positions=True)) == 1
    with pytest.raises(ValueError, match="1 of 2 fixes have no position"):
        load_observations(str(path))


def test_a_fix_marked_as_junk_may_be_anywhere(tmp_path):
    head = "id,groupby_col,fixtime,longitude,latitude,junk_status"
    path = csv(tmp_path, rows("1,a,2024-05-01,999,999,1", "2,a,2024-05-01,37.5,0.5,", head=head))
    assert load_observations(path)["junk_status"].tolist() == [True, False]


def test_crs84_is_taken_as_degrees(observations, tmp_path):
    path = tmp_path / "fixes.parquet"
    observations.set_crs("OGC:CRS84", allow_override=True).to_parquet(path)
    found = load_observations(str(path))
    assert found.crs == "EPSG:4326"
    assert found.geometry.geom_equals(observations.geometry).all()


def test_a_geometry_column_of_another_name(observations, tmp_path):
    observations.rename_geometry("position").to_parquet(tmp_path / "fixes.parquet")
    found = load_observations(str(tmp_path / "fixes.parquet"))
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.geometry.name == "geometry"
    assert "position" not in found


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators(tmp_path, separator):
    text = rows("1,Ada,2024-05-01T06:00:00Z,36.5,-1.5", "2,Bo,2024-05-01T07:00:00Z,36.25,-1.75")
    plain = load_observations(csv(tmp_path, text))
    other = load_observations(csv(tmp_path, text.replace(",", separator)))
    pd.testing.assert_frame_equal(plain, other)


def test_decimal_commas(tmp_path):
    text = rows("1,Ada,2024-05-01T06:00:00Z,36.5,-1.5", "2,Bo,2024-05-01T07:00:00Z,36.25,-1.75")
    plain = load_observations(csv(tmp_path, text))
    other = load_observations(csv(tmp_path, text.replace(",", ";").replace(".", ",")))
    pd.testing.assert_frame_equal(plain, other)


def test_text_that_is_not_utf8(tmp_path):
    file = tmp_path / "fixes.csv"
    file.write_bytes(rows("1,Séra,2024-05-01T06:00:00Z,36.5,-1.5").encode("latin-1"))
    with pytest.raises(ValueError, match="it is not UTF-8 text; save it again as 'CSV UTF-8'"):
        load_observations(str(file))
