import hashlib
import subprocess
import sys

import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal

from ecoflows.frames import validate_frame
from ecoflows.simulate import simulate_observations, write_observations
from ecoflows.tasks.analysis import calculate_time_density
from ecoflows.tasks.analysis._weibull import fit_weibull
from ecoflows.tasks.io import load_observations
from ecoflows.tasks.preprocessing import process_relocations, relocations_to_trajectory
from ecoflows.tasks.schemas import SubjectGroupObservationsGDFSchema

SEEDS = [2024, 1, 2, 3]


def test_the_fixes_keep_to_the_schema():
    found = validate_frame(simulate_observations(), SubjectGroupObservationsGDFSchema)
    assert len(found) == 3 * 1500
    assert found["groupby_col"].unique().tolist() == ["Salama", "Tumaini", "Zawadi"]
    assert found.index.is_unique
    assert found.groupby("groupby_col")["fixtime"].is_monotonic_increasing.all()


def test_fixes_come_about_every_quarter_of_an_hour():
    times = simulate_observations(subjects=1)["fixtime"]
    gaps = times.diff().dropna().dt.total_seconds()
    assert gaps.median() == pytest.approx(900, abs=5)
    assert 0 < gaps.std() < 60


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tracks_are_plausible(seed):
    relocations = process_relocations(simulate_observations(seed=seed))
    segments = relocations_to_trajectory(relocations)
    for _, track in segments.groupby("groupby_col"):
        assert 0.8 <= fit_weibull(track["speed_kmhr"].to_numpy()).shape <= 1.0
        assert 2.8 <= track["speed_kmhr"].max() <= 5
        area = calculate_time_density(track, pixel_size=250, percentiles=[95])["area_sqkm"].item()
        assert 15 <= area <= 40


def test_there_are_faulty_fixes_for_the_cleaning_to_find():
    found = simulate_observations(subjects=1)
    x, y = found.geometry.x, found.geometry.y
    lost = ((x == 0) & (y == 0)) | ((x == 180) & (y == 90))
    assert lost.sum() == found["junk_status"].sum() == 6
    assert not (lost & found["junk_status"]).any()
    cleaned = process_relocations(found)
    assert len(cleaned) == 1500 - 12
    assert np.ptp(cleaned.geometry.x) < 0.5


def test_animals_do_not_depend_on_each_other():
    three, two = simulate_observations(subjects=3, fixes=50), simulate_observations(subjects=2, fixes=50)
    assert_geodataframe_equal(three[: len(two)], two)
    names = simulate_observations(subjects=17, fixes=2)["groupby_col"].unique()
    assert names[[0, 8, 16]].tolist() == ["Salama", "Salama 2", "Salama 3"]


def test_another_seed_gives_other_fixes():
    one, other = (simulate_observations(subjects=1, fixes=50, seed=seed) for seed in (1, 2))
    assert not one.geometry.geom_equals(other.geometry, align=False).any()
    assert not one.index.isin(other.index).any()


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    here = write_observations(tmp_path / "here.parquet", subjects=2, fixes=300, seed=5)
    there = tmp_path / "there.parquet"
    call = f"write_observations({str(there)!r}, subjects=2, fixes=300, seed=5)"
    code = f"from ecoflows.simulate import write_observations; {call}"
    subprocess.run([sys.executable, "-c", code], check=True)
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (here, there)}
    assert len(digests) == 1


def test_the_file_reads_back(tmp_path):
    path = write_observations(tmp_path / "new" / "fixes.parquet", subjects=1, fixes=300)
    found = load_observations(str(path))
    expected = simulate_observations(subjects=1, fixes=300)
    assert_geodataframe_equal(found, expected, check_like=True)


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = write_observations(tmp_path / "fixes.parquet", subjects=1, fixes=5)
    before = path.read_bytes()

    def fail(frame, target):
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("geopandas.GeoDataFrame.to_parquet", fail)
    with pytest.raises(OSError, match="disk full"):
        write_observations(path, subjects=1, fixes=10)
    assert [file.name for file in tmp_path.iterdir()] == ["fixes.parquet"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(("name", "value"), [("subjects", 0), ("fixes", 0), ("seed", -1)])
def test_arguments_too_small(name, value):
    with pytest.raises(ValueError, match=f"{name} is at least"):
        simulate_observations(**{name: value})


def test_a_single_fix_is_enough():
    assert len(simulate_observations(subjects=1, fixes=1)) == 1
