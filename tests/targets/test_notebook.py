"""The notebook target: golden files, Jupytext's way there and back, notebooks that run in Jupyter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from compiling import HOSTILE, SPECS, check_golden, compiled, lint, workflow_in
from ecoflows import source
from ecoflows.errors import UsageError
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.targets.installed import find_target
from ecoflows.targets.notebook import NOTEBOOK
from ecoflows.targets.provenance import is_sealed, sealed
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.params import bind
from support import ROOT, command_environment, ecoflows


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.stem)
def test_golden(file: Path) -> None:
    text = compiled(NOTEBOOK, workflow_in(file))
    check_golden(text, f"{file.stem}.notebook.py")
    assert compiled(NOTEBOOK, workflow_in(file)) == text
    assert lint(text) == ""
    assert is_sealed(sealed(text, "x"))


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.stem)
def test_both_forms_have_the_same_cells(file: Path) -> None:
    workflow = workflow_in(file)
    percent = jupytext.reads(compiled(NOTEBOOK, workflow), fmt="py:percent")
    text = compiled(NOTEBOOK, workflow, to="ipynb")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in percent.cells
    ]
    assert notebook.metadata.kernelspec.name == "python3"
    assert compiled(NOTEBOOK, workflow, to="ipynb") == text
    assert is_sealed(sealed(text, "x"))
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_it_has_a_cell_per_task_and_one_per_parameters() -> None:
    workflow = workflow_in(HOSTILE)
    cells = jupytext.reads(compiled(NOTEBOOK, workflow), fmt="py:percent").cells
    tagged = [cell for cell in cells if cell.metadata.get("tags") == ["parameters"]]
    assert [cell.source.splitlines()[1] for cell in tagged] == [
        "params = {}",  # the first one, behind which Papermill puts its own
        "square_params = {",
        "t_params = {",
    ]
    tasks = [cell for cell in cells if "run.step(" in cell.source or "run.mapped(" in cell.source]
    assert len(tasks) == len(workflow.nodes)
    assert [cell.source.splitlines()[-1] for cell in tasks][:2] == ["class_return", "step_2nd_id"]
    (check,) = (cell for cell in cells if "run.check(" in cell.source)
    assert max(map(cells.index, tagged)) < cells.index(check) < min(map(cells.index, tasks))


def test_cells_keep_their_ids_when_others_come_and_go() -> None:
    whole = workflow_in(ROOT / "specs" / "time_density.yaml")
    from dataclasses import replace

    part = replace(whole, nodes=dict(list(whole.nodes.items())[:2]))
    ids = [
        {cell.id for cell in nbformat.reads(compiled(NOTEBOOK, one, to="ipynb"), as_version=4).cells}
        for one in (whole, part)
    ]
    assert ids[1] < ids[0]


def test_it_is_found_by_its_names() -> None:
    assert find_target("notebook") is NOTEBOOK
    assert find_target("jupytext.jinja2") is NOTEBOOK
    assert set(NOTEBOOK.accepts) == {"to"}


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no form 'ipnb' of notebooks; did you mean 'ipynb'"):
        compiled(NOTEBOOK, workflow_in(HOSTILE), to="ipnb")


EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    NotebookClient(notebook, timeout=200).execute(cwd=".")
finally:
    nbformat.write(notebook, sys.argv[1])
"""


def executed(folder: Path, text: str, **variables: str) -> nbformat.NotebookNode:
    """A notebook with what it shows once it has run in Jupyter, as far as it goes."""
    file = folder / "notebook.ipynb"
    file.write_text(text)
    subprocess.run(
        [sys.executable, "-c", EXECUTE, str(file)],
        cwd=folder,
        env=command_environment(path=ROOT / "tests", IPYTHONDIR=str(folder / "ipython"), **variables),
        capture_output=True,
        timeout=280,
        check=False,
    )
    return nbformat.read(file, as_version=4)


def test_a_notebook_runs_in_jupyter_and_gives_what_the_sequential_engine_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ecoflows("simulate", "demo/observations.parquet", "--fixes", "60", cwd=tmp_path).returncode == 0
    workflow = workflow_in(ROOT / "specs" / "time_density.yaml")
    params = source.load(ROOT / "specs" / "time_density.params.yaml")
    bound = bind(workflow, params)
    report = run_sequential(Run(bound, Store("sequential"), select(bound)))

    text = compiled(NOTEBOOK, workflow, params.data, to="ipynb")
    notebook = executed(tmp_path, text, ECOFLOWS_REPORT=str(tmp_path / "lines"))
    found = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    assert {line["id"]: (line["sha256"], line["key"]) for line in found} == {
        name: (outcome.result.artifact.sha256, outcome.result.key)
        for name, outcome in report.outcomes.items()
        if outcome.result is not None
    }
    shown = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "execute_result"
    ]
    assert [text.partition(" ")[0] for text in shown][-2:] == ["<iframe", "<img"]
    assert len(shown) == len(workflow.nodes)


def test_missing_parameters_stop_a_notebook_before_the_first_task(tmp_path: Path) -> None:
    notebook = executed(tmp_path, compiled(NOTEBOOK, workflow_in(HOSTILE), to="ipynb"))
    errors = [
        (cell, output)
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    ]
    ((cell, error),) = errors
    assert "run.check(" in cell.source
    assert error.ename == "ProblemError"
    assert "the parameter 'x' of 'square' is missing" in error.evalue
    # What is shown is the message alone, at the name of the cell's variable.
    (shown,) = error.traceback
    assert shown == f"ProblemError: {error.evalue}"
    assert shown.startswith("ProblemError: square_params: error[missing-parameter]")


def test_papermill_sets_any_parameter_of_any_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Papermill does it: a cell of its own right behind the first one that is tagged ``parameters``."""
    assert ecoflows("simulate", "demo/observations.parquet", "--fixes", "60", cwd=tmp_path).returncode == 0
    workflow = workflow_in(ROOT / "specs" / "time_density.yaml")
    values = {
        "load_observations": {"path": "demo/observations.parquet"},
        "calculate_time_density": {"pixel_size": 700},
    }
    notebook = nbformat.reads(compiled(NOTEBOOK, workflow, to="ipynb"), as_version=4)
    first = next(
        index for index, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())
    )
    injected = nbformat.v4.new_code_cell(f"# Parameters\nparams = {values!r}\n")
    injected.metadata["tags"] = ["injected-parameters"]
    notebook.cells.insert(first + 1, injected)
    monkeypatch.chdir(tmp_path)
    done = executed(tmp_path, nbformat.writes(notebook), ECOFLOWS_REPORT=str(tmp_path / "lines"))
    errors = [out for cell in done.cells for out in cell.get("outputs", ()) if out.output_type == "error"]
    assert errors == []
    found = {
        line["id"]: line["key"] for line in map(json.loads, (tmp_path / "lines").read_text().splitlines())
    }
    bound = workflow.with_arguments(values, {})
    report = run_sequential(Run(bound, Store(tmp_path / ".ecoflows" / "cache"), select(bound)))
    assert found["calculate_time_density"] == report.outcomes["calculate_time_density"].result.key
    assert found["load_observations"] == report.outcomes["load_observations"].result.key


def test_a_map_shows_its_first_element_in_the_page(tmp_path: Path) -> None:
    assert ecoflows("simulate", "demo/observations.parquet", "--fixes", "60", cwd=tmp_path).returncode == 0
    workflow = workflow_in(ROOT / "specs" / "density_by_subject.yaml")
    params = source.load(ROOT / "specs" / "density_by_subject.params.yaml")
    done = executed(tmp_path, compiled(NOTEBOOK, workflow, params.data, to="ipynb"))
    pages = [
        output.data["text/html"]
        for cell in done.cells
        for output in cell.get("outputs", ())
        if output.output_type == "execute_result"
    ]
    assert any("<table>" in page and "<iframe srcdoc=" in page and ".elements[KEY]" in page for page in pages)
