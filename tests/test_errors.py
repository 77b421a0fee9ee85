"""Problems as text, nearest names, order."""

from __future__ import annotations

import json

from ecoflows.errors import (
    Problem,
    ProblemError,
    Related,
    as_warning,
    did_you_mean,
    errors_only,
    in_order,
    nearest,
)


def test_problem_renders_place_line_caret_and_hint() -> None:
    problem = Problem("bad", "is wrong", "a.yaml", 3, 5, hint="mend it", excerpt="ab: cd")
    assert problem.place == "a.yaml:3:5"
    assert problem.render() == "a.yaml:3:5: error[bad]: is wrong\n  | ab: cd\n  |     ^\n  = mend it"


def test_problem_without_place() -> None:
    assert Problem("bad", "is wrong").render() == "error[bad]: is wrong"
    assert Problem("bad", "is wrong", "a.yaml").render() == "a.yaml: error[bad]: is wrong"


def test_long_lines_are_cut_around_the_caret() -> None:
    text = "x" * 200 + "HERE" + "y" * 200
    lines = Problem("bad", "m", "f", 1, 201, excerpt=text).render().splitlines()
    assert len(lines[1]) < 80
    assert lines[1][lines[2].index("^") :].startswith("HERE")


def test_tabs_do_not_move_the_caret() -> None:
    lines = Problem("bad", "m", "f", 1, 3, excerpt="\t\tx").render().splitlines()
    assert lines[1][lines[2].index("^")] == "x"


def test_problem_as_json_is_json() -> None:
    problem = Problem("bad", "m", "f", 1, 2, hint="h", excerpt="x")
    assert json.loads(json.dumps(problem.as_json())) == {
        "file": "f",
        "line": 1,
        "col": 2,
        "severity": "error",
        "code": "bad",
        "message": "m",
        "hint": "h",
        "related": [],
    }


def test_related_places_stand_below_the_hint() -> None:
    related = (Related("used here as 'a'", "f", 1, 2), Related("goes into it\x1b here", "g", 30, 4))
    problem = Problem("bad", "m", "f", 1, 2, hint="h", related=related)
    assert problem.render().splitlines()[1:] == [
        "  = h",
        "  used here as 'a': f:1:2",
        "  goes into it\\x1b here: g:30:4",
    ]
    assert json.loads(json.dumps(problem.as_json()))["related"] == [
        {"message": "used here as 'a'", "file": "f", "line": 1, "col": 2},
        {"message": "goes into it\x1b here", "file": "g", "line": 30, "col": 4},
    ]


def test_many_related_places_are_counted() -> None:
    related = tuple(Related("used here", "f", line, 1) for line in range(11))
    lines = Problem("bad", "m", related=related).render().splitlines()
    assert lines[-2:] == ["  used here: f:9:1", "  ... (11 places in all)"]
    assert Problem("bad", "m", related=related[:10]).render().endswith("f:9:1")


def test_problem_error_carries_and_shows_all() -> None:
    one, two = Problem("a", "first"), Problem("b", "second")
    error = ProblemError(iter([one, two]))
    assert error.problems == (one, two)
    assert "first" in str(error)
    assert "second" in str(error)


def test_nearest_name() -> None:
    assert nearest("load_observation", ["load_observations", "draw"]) == "load_observations"
    assert nearest("TITLE", ["title"]) == "title"
    assert nearest("zzz", ["title"]) is None
    assert nearest("", []) is None


def test_did_you_mean_lists_at_most_eight_names() -> None:
    assert did_you_mean("titel", ["title", "crs"]) == "did you mean 'title'?"
    assert did_you_mean("zzz", []) is None
    names = [f"name{number}" for number in range(12)]
    hint = did_you_mean("zzz", names, what="tasks")
    assert hint is not None
    assert hint.startswith("tasks: name0, ")
    assert hint.endswith("... (12 in all)")


def test_order_severity_and_uniqueness() -> None:
    late, early = Problem("a", "m", "f", 9, 1), Problem("a", "m", "f", 2, 7)
    warning = as_warning(early)
    assert in_order([late, early, late]) == [early, late]
    assert errors_only([late, warning]) == [late]
    assert warning.severity == "warning"
    assert early.severity == "error"


def test_one_problem_met_in_several_ways_names_them_all() -> None:
    inner, one, two = (Related("used here", "f", line, 1) for line in (1, 2, 3))
    found = [
        Problem("a", "m", "f", 9, 1, related=(inner, one)),
        Problem("a", "other", "f", 9, 1, related=(two,)),
        Problem("a", "m", "f", 9, 1, related=(inner, two)),
    ]
    merged, other = in_order(found)
    assert merged.related == (inner, one, two)
    assert other == found[1]
