"""Parameters of scripts: what wins, what is refused, and where that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecoflows import source
from ecoflows.errors import ProblemError, UsageError
from ecoflows.scripting import DEFAULT, REQUIRED, Parameters, Run
from ecoflows.scripting.parameters import checked
from ecoflows.scripting.places import place_of
from map_tasks import power, square, table, total

SECTIONS = {"p": Parameters(power, x=REQUIRED, exponent=2), "t": Parameters(table, rows=DEFAULT)}


def problems(*arguments: object, **options: object) -> list[tuple[str, str]]:
    with pytest.raises(ProblemError) as caught:
        checked(*arguments, **options)  # type: ignore[arg-type]
    return [(problem.place, problem.code) for problem in caught.value.problems]


def test_a_file_wins_over_the_script_and_an_option_over_both() -> None:
    file = source.loads("p: {x: 3, exponent: 4}", "params.yaml")
    assert checked(SECTIONS, None, ["p.x=1"]) == {"p": {"x": 1, "exponent": 2}, "t": {}}
    assert checked(SECTIONS, file, ["p.exponent=5", "t.rows=1"]) == {
        "p": {"x": 3, "exponent": 5},
        "t": {"rows": 1},
    }


def test_everything_is_told_at_once() -> None:
    file = source.loads("q: {}\np: {exponent: a, y: 1}\nt: {rows: 1.5}", "params.yaml")
    assert problems(SECTIONS, file, ["t.rows", "u.x=3"]) == [
        ("--set t.rows", "bad-override"),
        ("--set u.x=3", "unknown-instance"),
        ("params.yaml:1:1", "unknown-instance"),
        ("params.yaml:2:1", "missing-parameter"),
        ("params.yaml:2:15", "wrong-type"),
        ("params.yaml:2:18", "unknown-parameter"),
        ("params.yaml:3:11", "wrong-type"),
    ]


def test_what_the_script_gives_at_the_call_is_not_given_again() -> None:
    assert problems({"t": Parameters(total, factor=2)}, None, ["t.df=3"]) == [("--set t.df=3", "given-twice")]


def test_what_a_mocked_step_needs_is_not_asked_for() -> None:
    assert checked({"s": Parameters(square, x=DEFAULT)}) == {"s": {}}


def test_places_in_a_script_are_told_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(
        "from ecoflows.scripting import REQUIRED, Parameters\n"
        "from map_tasks import power, square\n"
        "OTHER = {'s': Parameters(square, x=1)}\n"
        "PARAMS = {\n"
        "    's': Parameters(square, x=REQUIRED),\n"
        "    'é': Parameters(power, exponent='a', x=1, y=REQUIRED),\n"
        "    **{},\n"
        "}\n"
    )
    names: dict[str, object] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    place = place_of(str(file), names, names["PARAMS"])
    assert problems(names["PARAMS"], None, [], place) == [
        (f"{file}:5:29", "missing-parameter"),
        (f"{file}:6:37", "wrong-type"),
        (f"{file}:6:47", "unknown-parameter"),
    ]
    # Of what a params file does not give it is the file that is incomplete.
    assert problems(names["PARAMS"], source.loads("s: {}", "params.yaml"), [], place)[-1] == (
        "params.yaml:1:1",
        "missing-parameter",
    )


@pytest.mark.parametrize("content", [None, "x = (", "PARAMS: dict = {}"])
def test_a_script_that_cannot_be_read_has_no_lines(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "script.py"
    if content is not None:
        file.write_text(content)
    assert problems(SECTIONS, None, [], place_of(str(file), {}, SECTIONS))[0][0].startswith(str(file))


def test_a_notebook_checks_all_parameters_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("x", cache_root=str(tmp_path))
    monkeypatch.setitem(globals(), "p_params", {"x": REQUIRED})
    p_params = globals()["p_params"]
    with pytest.raises(ProblemError) as caught:
        run.check({"p": (power, p_params), "s": (square, {"x": "a"})})
    assert [problem.code for problem in caught.value.problems] == ["missing-parameter", "wrong-type"]
    assert [problem.file for problem in caught.value.problems] == ["p_params", "parameters"]


def test_what_papermill_gives_wins_over_the_cells(tmp_path: Path) -> None:
    run = Run("x", cache_root=str(tmp_path))
    mine, other = {"x": REQUIRED, "exponent": 2}, {"x": 1}
    sections = {"p": (power, mine), "s": (square, other)}
    with pytest.raises(ProblemError) as caught:
        run.check(sections, {"p": {"exponnt": 3}, "q": {}})
    text = str(caught.value)
    assert "did you mean 'exponent'?" in text
    assert "'q'" in text
    assert "params: error[" in text
    assert (mine, other) == ({"x": REQUIRED, "exponent": 2}, {"x": 1})
    run.check(sections, {"p": {"x": 3}})
    assert (mine, other) == ({"x": 3, "exponent": 2}, {"x": 1})


def test_a_name_that_is_none_is_told_once_with_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("p: {exponent: 3}\n")
    sections = {"p": Parameters(power, x=1, exponnt=2)}
    with pytest.raises(ProblemError) as caught:
        checked(sections, source.load(tmp_path / "params.yaml"))
    (problem,) = caught.value.problems
    assert problem.hint == "did you mean 'exponent'?"
    assert "exponnt" in problem.message


def test_arguments_that_are_not_there_are_told() -> None:
    found = checked({"power": Parameters(power, x=1)})
    with pytest.raises(UsageError, match=r"there are no parameters for 'pwoer'; did you mean 'power'?"):
        found["pwoer"]
    assert found.taken == set()
    assert found["power"] == {"x": 1}
    assert found.taken == {"power"}


def test_parameters_are_a_mapping() -> None:
    section = SECTIONS["p"]
    assert dict(section) == {"x": REQUIRED, "exponent": 2}
    assert repr(section) == "Parameters(power, x=REQUIRED, exponent=2)"
    assert len(section) == 2
