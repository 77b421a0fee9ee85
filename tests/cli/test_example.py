"""``ecoflows example``, as an author of tasks sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

from answer import Answer
from ecoflows import registry
from ecoflows.simulate import simulate_observations
from support import command_environment, ecoflows, write_package

TASKS = """
    from typing import Annotated, Any

    import pandas as pd
    import pandera.pandas as pa
    from pandera.typing import Index, Series
    from pydantic import Field

    from ecoflows.annotations import AnyDataFrame, DataFrame, Geometry, Html, Text, UtcTime
    from ecoflows.decorators import distributed


    class PatrolsSchema(pa.DataFrameModel):
        '''Patrols.'''

        patrol: Index[str] = pa.Field(unique=True, check_name=True)
        ranger: Series[Text] = pa.Field(description="Who.")
        start: Series[UtcTime] = pa.Field(description="When.")
        km: Series[float] = pa.Field(gt=0, description="How far (km).", nullable=True)
        kind: Series[Text] = pa.Field(isin=["foot", "car"], description="How.")
        place: Series[Geometry["Point", "EPSG:32637"]] = pa.Field(description="Where it began.")


    class SummarySchema(pa.DataFrameModel):
        '''Patrols by kind.'''

        kind: Series[Text] = pa.Field(description="How.")
        count: Series[int] = pa.Field(ge=0, description="How many.")


    class AreasSchema(pa.DataFrameModel):
        '''Areas.'''

        name: Series[object] = pa.Field(description="Which.")
        shape: Series[Geometry["Polygon"]] = pa.Field(description="Where.")


    @distributed(tags=["io"])
    def load_patrols(path: Annotated[str, Field(description="The file.")]) -> DataFrame[PatrolsSchema]:
        '''Read patrols.

        Args:
            path: The file.

        Returns:
            The patrols.
        '''
        raise AssertionError("it is not to be run")


    @distributed(tags=["io"])
    def load_areas(path: str) -> DataFrame[AreasSchema]:
        '''Read areas.'''
        raise AssertionError("it is not to be run")


    @distributed(tags=["io"])
    def fetch(url: str) -> str:
        '''Fetch a text.'''
        raise AssertionError("it is not to be run")


    @distributed
    def summarise(
        patrols: Annotated[DataFrame[PatrolsSchema], Field(description="The patrols.")],
        least: Annotated[int, Field(ge=0, description="How many are enough.")],
        kinds: Annotated[list[str], Field(description="Which kinds.")],
    ) -> DataFrame[SummarySchema]:
        '''Count patrols by kind.

        Args:
            patrols: The patrols.
            least: How many are enough.
            kinds: Which kinds.

        Returns:
            A row per kind.
        '''
        found = patrols.groupby("kind").size().rename("count").reset_index()
        return found[(found["count"] >= least) & found["kind"].isin(kinds)]


    @distributed
    def report(
        groups: list[tuple[str, DataFrame[SummarySchema]]], extra: AnyDataFrame | None = None
    ) -> Html:
        '''Report.'''
        return "".join(f"<h1>{key}</h1>{table.to_html()}" for key, table in groups)


    @distributed
    def outline(areas: DataFrame[AreasSchema], width: int) -> float:
        '''Outline areas.'''
        return 1.0


    @distributed
    def break_down(table: AnyDataFrame) -> int:
        '''Fail.'''
        return int(table["ranger"].iloc[0])


    @distributed
    def split(table: AnyDataFrame) -> list[tuple[str, AnyDataFrame]]:
        '''Split.'''
        return [("all", table)]
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package(tmp_path_factory.mktemp("packages"), "wild", {"tasks.py": TASKS})


@pytest.fixture
def example(
    command: Callable[..., Answer], packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Answer]]:
    """Runs the command in this process and an empty folder, over the built-in tasks and ``wild``."""
    monkeypatch.syspath_prepend(packages)
    points = [EntryPoint("tasks", name, registry.GROUP) for name in ("ecoflows.tasks", "wild.tasks")]
    found = registry.discover(points)
    assert found.broken == ()
    monkeypatch.setattr(registry, "installed", lambda: found)
    monkeypatch.chdir(tmp_path)
    yield lambda *arguments: command("example", *arguments)
    for module in {"wild", "wild.tasks"} & set(sys.modules):
        del sys.modules[module]


def test_of_a_built_in_task(tmp_path: Path) -> None:
    name = "load_observations.example-return.parquet"
    done = ecoflows("example", "load_observations", "--rows", "20", "--seed", "3", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, f"wrote {name}\n")
    first, second = done.stdout.splitlines()
    assert first == "made of: simulated observations"
    place = second.removeprefix("it belongs beside the task: ")
    assert Path(place).is_file()
    assert Path(place).name == name
    found = gpd.read_parquet(tmp_path / name)
    expected = simulate_observations(subjects=3, fixes=7, seed=3).iloc[:20]
    assert_geodataframe_equal(found, expected, check_dtype=False)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, packages: Path) -> None:
    def made(file: str, *more: str) -> bytes:
        done = ecoflows("example", "load_patrols", "--outpath", file, *more, cwd=tmp_path, path=packages)
        assert done.returncode == 0, done.stderr
        return (tmp_path / file).read_bytes()

    one = made("one.parquet")
    assert made("two.parquet") == one
    assert made("three.parquet", "--seed", "8") != one
    assert len(pd.read_parquet(tmp_path / "one.parquet")) == 120


def test_an_example_is_packaged_and_passes_the_check(tmp_path: Path) -> None:
    packages = write_package(tmp_path / "packages", "wild", {"tasks.py": TASKS})
    place = packages / "wild" / "load_patrols.example-return.parquet"
    done = ecoflows(
        "example", "load_patrols", "--outpath", place.parent, "--rows", "30", cwd=tmp_path, path=packages
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "made of: a table made up from PatrolsSchema\n"
    table = gpd.read_parquet(place)
    assert table.crs == "EPSG:32637"
    assert table.index.is_unique
    assert set(table["kind"]) == {"foot", "car"}
    assert 0 < table["km"].isna().sum() < 10

    given = ("--set", "least=0", "--set", "kinds=[foot, car]")
    done = ecoflows("example", "summarise", *given, cwd=tmp_path, path=packages)
    assert done.returncode == 0, done.stderr
    assert "made of: summarise(load_patrols.example-return.parquet)\n" in done.stdout
    counts = pd.read_parquet(tmp_path / "summarise.example-return.parquet")
    assert counts["count"].sum() == 30


def test_tables_among_others_come_from_tasks_that_give_them(
    tmp_path: Path, example: Callable[..., Answer]
) -> None:
    given = ("--set", "summarise.least=1", "--set", "summarise.kinds=[foot]")
    done = example("report", *given)
    assert done.code == 0, done.err
    assert done.out.startswith("made of: report(summarise(a table made up from PatrolsSchema))\n")
    text = json.loads((tmp_path / "report.example-return.json").read_text())
    assert text.startswith("<h1>all</h1><table")
    assert "foot" in text


def test_a_task_may_be_named_for_a_table(tmp_path: Path, example: Callable[..., Answer]) -> None:
    done = example("break_down", "--set", "table=load_patrols")
    assert done.code == 1
    assert "break_down(a table made up from PatrolsSchema) fails: 'break_down': ValueError" in done.err
    done = example("break_down")
    assert "break_down(simulated observations) fails: 'break_down': KeyError: 'ranger'" in done.err
    assert not list(tmp_path.iterdir())


def test_everything_that_is_missing_is_told_at_once(tmp_path: Path, example: Callable[..., Answer]) -> None:
    done = example("report")
    assert done.code == 1
    assert done.err == (
        "error[missing-parameter]: the parameter 'least' of task 'summarise' is missing\n"
        "  = whole number at least 0: How many are enough. (give it with --set summarise.least=VALUE)\n"
        "error[missing-parameter]: the parameter 'kinds' of task 'summarise' is missing\n"
        "  = list of texts: Which kinds. (give it with --set summarise.kinds=VALUE)\n"
    )
    done = example("outline")
    assert done.code == 1
    first, second = done.err.split("error[")[1:]
    assert first.startswith(
        "no-table]: nothing gives the table for 'areas' of task 'outline': no task does for sure, and no "
        "table can be made up from the schema AreasSchema: column 'name' is of the type object, of which no "
        "values are made up; column 'shape' holds Polygon geometries, and only points are made up\n"
        "  = name a task that gives it: --set outline.areas=TASK\n"
    )
    assert second.startswith("missing-parameter]: the parameter 'width' of task 'outline' is missing\n")


def test_bad_values_are_told_at_once_with_the_option(tmp_path: Path, example: Callable[..., Answer]) -> None:
    given = [
        "least=-1",
        "kinds=[1]",
        "patrols=load_patrol",
        "patrols=[]",
        "leest=1",
        "summarize.least=1",
        "least",
        "kinds=[",
    ]
    options = [part for one in given for part in ("--set", one)]
    done = example("summarise", *options)
    assert done.code == 1
    heads = [line for line in done.err.splitlines() if "error[" in line]
    wrong = "error[wrong-type]: the parameter"
    subject = "of task 'summarise'"
    assert heads == [
        f"--set least=-1: {wrong} 'least' {subject}: a number of at least 0 is expected, not -1",
        f"--set kinds=[1]: {wrong} 'kinds' {subject}: text is expected, not 1",
        "--set patrols=load_patrol: error[unknown-task]: there is no task 'load_patrol'",
        f"--set patrols=[]: {wrong} 'patrols' {subject} takes a table, which cannot be written here",
        "--set leest=1: error[unknown-parameter]: task 'summarise' has no parameter 'leest'",
        "--set summarize.least=1: error[unknown-task]: there is no task 'summarize'",
        "--set least: error[bad-override]: this is not of the form ARG=VALUE",
        next(
            line
            for line in heads
            if line.startswith("--set kinds=[: error[bad-override]: the value is not YAML:")
        ),
    ]
    for hint in ("did you mean 'load_patrols'?", "did you mean 'least'?", "did you mean 'summarise'?"):
        assert hint in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["draw_ecomap", "--set", "geodataframe=draw_ecomap"], "would be run on what comes of itself"),
        (
            ["break_down", "--set", "table=fetch"],
            "it reads from outside, and returns no table that could be made up",
        ),
        (["break_down", "--set", "summarise.least=1"], "task 'summarise' is not run for this example"),
        (["load_patrols", "--set", "path=x"], "task 'load_patrols' reads from outside, and is not run"),
        (["fetch"], "no example can be made of what task 'fetch' returns: it reads from outside"),
        (["load_areas"], "column 'shape' holds Polygon geometries"),
        (["split"], "it has several tables, and an example holds one"),
        (["load_patrol"], "did you mean 'load_patrols'?"),
    ],
)
def test_what_cannot_be_made(
    tmp_path: Path, example: Callable[..., Answer], arguments: list[str], message: str
) -> None:
    done = example(*arguments)
    assert done.code == 1
    assert message in done.err
    assert not list(tmp_path.iterdir())


def test_the_way_out_is_a_file_of_ones_own(packages: Path, example: Callable[..., Answer]) -> None:
    done = example("load_areas")
    line = TASKS[: TASKS.index("def load_areas")].count("\n")
    assert done.err.startswith(f"{packages / 'wild' / 'tasks.py'}:{line}: error[task-example]: ")
    assert done.err.endswith(
        "  = if you have one, put it beside wild.tasks as load_areas.example-return.parquet or "
        "load_areas.example-return.json\n"
    )


def test_a_file_is_not_overwritten_unless_forced(tmp_path: Path, example: Callable[..., Answer]) -> None:
    file = tmp_path / "load_observations.example-return.parquet"
    file.write_text("mine")
    refused = f"error: {file.name} exists; --force overwrites it\n"
    for outpath in ([], ["--outpath", file.name]):
        done = example("load_observations", *outpath)
        assert (done.code, done.err) == (1, refused)
        assert file.read_text() == "mine"
    assert example("load_observations", "--force").code == 0
    assert len(gpd.read_parquet(file)) == 120
    assert [found.name for found in tmp_path.iterdir()] == [file.name]


def test_a_chain_of_built_in_tasks(tmp_path: Path, example: Callable[..., Answer]) -> None:
    given = (
        "--set",
        "geodataframe=calculate_time_density",
        "--set",
        "calculate_time_density.pixel_size=500",
    )
    done = example("draw_ecomap", *given)
    assert done.code == 0, done.err
    chain = "calculate_time_density(relocations_to_trajectory(process_relocations(simulated observations)))"
    assert done.out.startswith(f"made of: draw_ecomap({chain})\n")
    assert "<html" in json.loads((tmp_path / "draw_ecomap.example-return.json").read_text())[:200].lower()


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], {"prefect", "geopandas", "pandas", "pydantic"}),
        (["draw_ecomat"], {"prefect", "geopandas", "shapely"}),
        (["draw_ecomap", "--rows", "3"], {"prefect"}),
    ],
)
def test_no_more_is_imported_than_needed(tmp_path: Path, arguments: list[str], forbidden: set[str]) -> None:
    script = (
        "import sys\nsys.argv = ['ecoflows', 'example', *sys.argv[1:]]\nfrom ecoflows.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('MODULES', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=command_environment(),
        cwd=tmp_path,
    )
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "ecoflows" in loaded
    assert not loaded & forbidden


def test_a_folder_is_made_and_a_wrong_suffix_refused(tmp_path: Path) -> None:
    words = ("example", "load_observations", "--rows", "20", "--outpath")
    done = ecoflows(*words, "new/examples", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "examples" / "load_observations.example-return.parquet").is_file()
    done = ecoflows(*words, "x.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "--outpath x.csv: the example is a .parquet file; write x.parquet" in done.stderr
    assert not (tmp_path / "x.csv").exists()
