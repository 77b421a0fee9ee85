"""The command line of a script: options, what is printed, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import map_tasks
from ecoflows.errors import StoreError, UsageError
from ecoflows.scripting import REQUIRED, Parameters, start
from map_tasks import any_is_odd, power, square

PARAMS = {"p": Parameters(power, x=REQUIRED, exponent=2)}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    map_tasks.reset()
    yield
    map_tasks.reset()


def script(run: Any, params: Any) -> Any:
    p = run.step("p", power)(**params["p"])
    s = run.step("s", square)(x=p)
    return {"s": s, "t": run.step("t", square, skipif=[any_is_odd])(x=s)}


def code(*argv: str, main: Any = script, parameters: Any = PARAMS) -> int:
    with pytest.raises(SystemExit) as ended:
        start(main, "numbers", parameters, cache_root="cache", argv=argv)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_run_prints_where_results_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert code("--set", "p.x=3") == 0
    out, err = capsys.readouterr()
    found, skipped = out.splitlines()
    assert Path(found.removeprefix("s: ")).read_text() == "81"
    assert skipped == "t: skipped: any_is_odd holds"
    assert [line.partition(",")[0] for line in err.splitlines()] == [
        "p: completed",
        "s: completed",
        "t: skipped",
    ]


def test_a_quiet_run_tells_results_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert code("--set", "p.x=3", "-q", main=lambda run, params: params["p"] and None) == 0
    assert code("--set", "p.x=3", "--quiet") == 0
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (2, "")


def mapped(run: Any, params: Any) -> Any:
    step = run.mapped("m", square, argnames=["x"])
    count = params["p"]["x"]
    return {"m": step.collect([step(x=x) for x in step.over(list(range(count)))]), "p": one(run, params)}


def one(run: Any, params: Any) -> Any:
    return run.step("p", power)(**params["p"])


def test_results_are_copied_under_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code("--set", "p.x=3", "--outputs", "made/out", main=mapped) == 0
    assert capsys.readouterr().out.splitlines() == ["m: made/out/m", "p: made/out/p.json"]
    found = sorted(path.relative_to("made/out").as_posix() for path in Path("made/out").rglob("[a-z0-9]*"))
    assert found == ["m", "m/0.json", "m/1.json", "m/2.json", "p.json"]
    assert Path("made/out/m/2.json").read_text() == "4"


def test_of_a_map_the_files_of_its_elements_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert code("--set", "p.x=7", main=mapped) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [*(f"m[{n}]" for n in range(5)), "m", "p"]
    assert Path(lines[3].partition(": ")[2]).read_text() == "9"
    assert lines[5] == "m: 2 more; --outputs FOLDER copies all"


def test_two_steps_of_one_name_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    def main(run: Any, params: Any) -> None:
        one(run, params)
        one(run, params)

    assert code("--set", "p.x=3", main=main) == 1
    err = capsys.readouterr().err
    assert f"error[duplicate-step]: two steps are called 'p'; the first is at {__file__}:" in err


def test_parameters_of_no_step_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    parameters = {**PARAMS, "q": Parameters(power, x=1)}
    assert code("--set", "p.x=3", main=script, parameters=parameters) == 0
    assert "warning: the parameters for 'q' were used by no step\n" in capsys.readouterr().err
    assert code(main=script, parameters={"pp": Parameters(power, x=1)}) == 2
    assert "there are no parameters for 'p'; did you mean 'pp'?" in capsys.readouterr().err


def test_a_handle_taken_for_its_value_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    def main(run: Any, params: Any) -> None:
        one(run, params)["x"]

    assert code("--set", "p.x=3", main=main) == 1
    err = capsys.readouterr().err
    assert f"{__file__}:" in err
    assert "error[not-the-value]: 'p' is what a step returned" in err
    assert "Traceback" not in err


def test_the_cache_root_may_be_chosen(tmp_path: Path) -> None:
    assert code("--set", "p.x=3", "--cache-root", "other") == 0
    assert (tmp_path / "other" / "results").is_dir()
    assert not (tmp_path / "cache").exists()


def test_problems_end_with_1_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "params.yaml").write_text("p: {x: a}\nq: {}\n")
    assert code("--config", "params.yaml") == 1
    err = capsys.readouterr().err
    assert "params.yaml:1:8: error[wrong-type]" in err
    assert "params.yaml:2:1: error[unknown-instance]" in err
    assert code("--params", "nothing.yaml") == 1
    assert "no such file" in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()


def test_what_the_script_leaves_open_is_shown_in_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert code() == 1
    err = capsys.readouterr().err
    assert f"{__file__}:15:" in err
    assert "'x' of 'p' is missing" in err


@pytest.mark.parametrize(
    "argv", [("--nope",), ("extra",), ("--cache-root", "", "--set", "p.x=1"), ("--conf", "x")]
)
def test_wrong_usage_ends_with_2(argv: tuple[str, ...]) -> None:
    assert code(*argv) == 2


def test_a_failing_step_ends_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    map_tasks.FAILING.add(9)
    assert code("--set", "p.x=3") == 3
    err = capsys.readouterr().err
    assert "failed: 's': ValueError: no square of 9 today (--verbose shows the traceback)\n" in err
    assert "Traceback" not in err
    assert code("--set", "p.x=3", "--verbose") == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (UsageError("so not"), 2, "Error: so not\n"),
        (StoreError("no \u202e room"), 1, "error: no \\u202e room\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_other_errors_are_told_without_a_traceback(
    error: BaseException, expected: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def main(run: Any, params: Any) -> None:
        raise error

    assert code("--set", "p.x=3", main=main) == expected
    assert capsys.readouterr().err == text


def test_a_mistake_in_the_scripts_own_code_keeps_its_traceback() -> None:
    def main(run: Any, params: Any) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        start(main, "numbers", PARAMS, argv=["--set", "p.x=3"])


def test_help_lists_the_parameters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "__doc__", "100 % and %(prog)s and %(x)d.")
    assert code("--help") == 0
    out = capsys.readouterr().out
    assert "100 % and %(prog)s and %(x)d." in out
    assert "  p.x: whole number; REQUIRED\n  p.exponent: whole number; 2\n" in out
    assert "exit codes: 0 done" in out
