"""YAML with positions: the dialect, the places, everything hostile."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecoflows.errors import ProblemError, Related
from ecoflows.source import Mark, Source, flow_text, load, loads
from ecoflows.source.model import Origin
from ecoflows.source.reading import MAX_BYTES, MAX_DEPTH
from ecoflows.source.splicing import Part, Splicing, TooLargeError, by_way_of, out_of


def problem_codes(text: str) -> list[str]:
    with pytest.raises(ProblemError) as raised:
        loads(text)
    return [problem.code for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("NO", "NO"),
        ("~", None),
        ("null", None),
        ("", None),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("+12", 12),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("0b1", "0b1"),
        ("1.2.3", "1.2.3"),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("!!float 12", 12.0),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    read = loads(f"key: {text}").data["key"]
    assert read == value
    assert type(read) is type(value)


def test_nan_is_read() -> None:
    assert math.isnan(loads("[.nan]").data[0])


def test_positions_of_keys_and_values() -> None:
    source = loads("name: x\ntasks:\n  load:   # why\n    path: a.csv\n    cols: [a, {b: c}]\n")
    assert source.mark(("name",)) == Mark(1, 7)
    assert source.mark(("name",), "key") == Mark(1, 1)
    assert source.mark(("tasks", "load", "path")) == Mark(4, 11)
    assert source.mark(("tasks", "load", "cols", 1, "b")) == Mark(5, 19)
    assert source.mark(("tasks", "load", "cols", 1, "b"), "key") == Mark(5, 16)
    assert source.mark(()) == Mark(1, 1)


def test_position_of_what_does_not_exist_is_that_of_its_parent() -> None:
    source = loads("a:\n  b: 1\n")
    assert source.mark(("a", "nope", 3, "x")) == Mark(1, 1)
    assert source.mark(("nope",)) == Mark(1, 1)
    assert Source("f").mark(("a",)) == Mark(1, 1)


def test_marks_of_another_file_give_problems_there() -> None:
    other = loads("x:\n  y: [1, 2]\n", "other.yaml")
    place = Related("used here", "main.yaml", 1, 4)
    main = Source("main.yaml", "a: 5\n", {"a": 5}, {}, {("a",): Mark(2, 6, Origin(other, (place,)))})
    found = main.problem(("a",), "code", "message")
    assert (found.place, found.excerpt, found.related) == ("other.yaml:2:6", "  y: [1, 2]", (place,))
    assert main.place(("a",)) == "other.yaml:2:6"
    assert main.related(("a",), "is") == Related("is", "other.yaml", 2, 6)
    assert main.related((), "is") == Related("is", "main.yaml", 1, 1)


def test_parts_keep_their_places_in_a_spliced_document() -> None:
    other = loads("x:\n  y: [1, text]\n", "other.yaml")
    place, way = Related("used here", "main.yaml", 1, 4), Related("goes in here", "third.yaml", 9, 9)
    main = loads("a: 5\n", "main.yaml")
    aside, spliced = Splicing(main), Splicing(main)
    part = Part(other, ("x",), other.data["x"], out_of(Origin(other, (place,))))
    data = aside.put(part, (0,), lambda text, to: f"{text.data} at {to}")
    assert data == {"y": [1, "text at (0, 'y', 1)"]}
    again = spliced.put_entry(Part(aside.source, (0,), data, by_way_of(way)), ("k",))
    own = spliced.put(Part(main, (), main.data, out_of(None)), ())
    found = spliced.finished({"k": again, **own})
    assert found.data == {"k": data, "a": 5}
    assert (found.name, found.text) == (main.name, main.text)
    assert [found.place(("k", "y", index)) for index in (0, 1)] == ["other.yaml:2:7", "other.yaml:2:10"]
    assert found.problem(("k", "y"), "c", "m", side="key").related == (way, place)
    assert found.mark(("a",)) == Mark(1, 4)


def test_spliced_documents_stay_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    source = loads("[[1, 2]]", "main.yaml")
    part = Part(source, (), source.data, out_of(None))
    deep = tuple(range(MAX_DEPTH - 2))
    assert Splicing(source).put(part, deep) == [[1, 2]]
    with pytest.raises(TooLargeError, match="deeper than 50"):
        Splicing(source).put(part, (*deep, 0))
    monkeypatch.setattr("ecoflows.source.splicing.MAX_SPLICED", 3)
    with pytest.raises(TooLargeError, match="more than 3 values"):
        Splicing(source).put(part, ())


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_counted_as_yaml_does(newline: str) -> None:
    source = loads(newline.join(["a: 1", "é🐘: [x, 2]", "c: 3"]))
    found = source.problem(("é🐘", 1), "code", "message")
    assert (found.line, found.col, found.excerpt) == (2, 9, "é🐘: [x, 2]")


def test_problem_shows_no_control_characters() -> None:
    with pytest.raises(ProblemError) as raised:
        loads("a: 1\nb: \x1b[31mred\n")
    found = raised.value.problems[0]
    assert (found.line, found.col) == (2, 4)
    assert "\x1b" not in found.render()


def test_merge_keys_keep_the_places_of_what_wins() -> None:
    source = loads("x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\nz:\n  <<: [*x, *y]\n  b: 3\n")
    assert source.data["z"] == {"a": 1, "b": 3, "c": 2}
    assert source.mark(("z", "a")) == Mark(1, 11)
    assert source.mark(("z", "b")) == Mark(5, 6)
    assert source.mark(("z", "c")) == Mark(2, 17)


def test_all_duplicates_and_unusable_values_come_together() -> None:
    text = "a: 1\na: 2\nb: !x 1\nc: !!int many\n[d]: 1\ne: {<<: 5}\nf: &f {g: 1, g: 2}\nh: *f\n"
    assert problem_codes(text) == [
        "duplicate-key",
        "bad-tag",
        "bad-value",
        "bad-key",
        "bad-merge",
        "duplicate-key",
    ]


def test_tagged_collections_are_refused() -> None:
    assert problem_codes("a: !!set {b}\nc: !x [d]\ne: !!omap [f: 1]\n") == ["bad-tag"] * 3


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeff"])
def test_empty_documents_have_no_data(text: str) -> None:
    assert loads(text).data is None


def test_depth_is_limited_also_where_aliases_make_it() -> None:
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH).data
    assert problem_codes("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == ["too-deep"]
    chain = "".join(f"- &a{i} [*a{i - 1}]\n" for i in range(1, 600))
    assert problem_codes(f"- &a0 [x]\n{chain}") == ["too-deep"]


def test_a_million_brackets_do_not_exhaust_the_stack() -> None:
    assert problem_codes("[" * 1_000_000) == ["too-deep"]


def test_billion_laughs_is_refused_before_it_is_built() -> None:
    lines = ["a: &x0 [lol]"] + [f"b{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert problem_codes("\n".join(lines)) == ["too-many-values"]


def test_lone_surrogates_are_refused() -> None:
    assert problem_codes("a: \ud800") == ["yaml-syntax"]


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="ab:- \n\t[]{}&*!|>'\"%@`#,?<.0e1~$\\\r\u2028"))
@example("a: &a [*a]")
@example("? - a\n: b")
@example("a: \x00")
@example("%YAML 9.9\n---\na")
@example("!<x> y")
@example("'")
@example('"\\')
@example("a: 'b' c")
@example("&")
@example("- a\nb: 1")
def test_any_text_gives_data_or_located_problems(text: str) -> None:
    try:
        source = loads(text, "f.yaml")
    except ProblemError as error:
        found = error.problems
    else:
        assert source.mark(()).line >= 1
        return
    assert found
    for problem in found:
        assert problem.file == "f.yaml"
        assert problem.render()
        assert problem.line is not None
        assert 1 <= problem.line <= len(text.splitlines()) + 1


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(
        ["no", "1e3", "0o17", "12:30", "2024-01-01", "null", "<<", "=", "", " x", "a: b", "1_0"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc:-'\" 1", max_size=4), inner),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(_PLAIN)
@example("a\x85b")
@example("a\nb\u2028")
def test_flow_text_is_read_back_as_it_was(value: object) -> None:
    text = flow_text(value)
    assert text.splitlines() == [text]
    assert loads(f"key: {text}").data == {"key": value}
    if isinstance(value, str):
        assert yaml.safe_load(text) == value  # nor does any other reader take it for something else


def test_load_reads_utf8_with_and_without_bom(tmp_path: Path) -> None:
    for content in ("é: 1\n".encode(), "é: 1\n".encode("utf-8-sig")):
        (tmp_path / "a.yaml").write_bytes(content)
        assert load(tmp_path / "a.yaml").data == {"é": 1}


def file_problem(path: Path | str) -> tuple[str, str | None]:
    with pytest.raises(ProblemError) as raised:
        load(path)
    (found,) = raised.value.problems
    return found.code, found.hint


def test_load_tells_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "density.yaml").write_text("a: 1")
    assert file_problem(tmp_path / "densty.yaml") == (
        "no-such-file",
        f"did you mean '{tmp_path / 'density.yaml'}'?",
    )
    assert file_problem(tmp_path / "no" / "x.yaml")[0] == "no-such-file"
    assert "does not exist either" in (file_problem(tmp_path / "no" / "x.yaml")[1] or "")
    assert file_problem(tmp_path)[0] == "not-a-file"
    assert file_problem("a\0b")[0] == "unreadable-file"
    assert file_problem("~nobody-of-this-name/a.yaml")[0] == "unreadable-file"
    assert file_problem(tmp_path / ("x" * 300))[0] == "unreadable-file"
    assert file_problem(tmp_path / "density.yaml" / "x.yaml")[0] == "unreadable-file"


def test_load_reads_no_more_than_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: " + b"x" * (MAX_BYTES - 3))
    assert len(load(file).data["a"]) == MAX_BYTES - 3
    file.write_bytes(b"a: " + b"x" * (MAX_BYTES - 2))
    assert file_problem(file)[0] == "file-too-large"
    assert file_problem("/dev/zero")[0] == "file-too-large"


def test_not_utf8_points_at_the_byte(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("a: 1\nb: é é\n".encode() + "c: é\n".encode("latin-1"))
    with pytest.raises(ProblemError) as raised:
        load(tmp_path / "a.yaml")
    (found,) = raised.value.problems
    assert (found.code, found.line, found.col) == ("not-utf8", 3, 4)
