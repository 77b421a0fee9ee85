"""The shape of a spec in both spellings; what is wrong with shapes is in ``bad_specs``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sample_tasks
from ecoflows.errors import ProblemError
from ecoflows.source import flow_text, loads
from ecoflows.spec import (
    CacheTtl,
    Instance,
    Options,
    Reference,
    Spec,
    Word,
    from_source,
    parse_duration,
    references,
)
from ecoflows.workflow.resolve import resolve
from support import registry_of


def spec_of(text: str) -> Spec:
    return from_source(loads(text, "spec.yaml"))


def only(spec: Spec) -> Instance:
    (instance,) = spec.instances
    assert spec.problems == ()
    return instance


def test_mapping_form() -> None:
    spec = spec_of(
        """
name: density
cache_root: here
tasks:
  draw:
    frame: load
    titles: [load, {x: load}]
    number: 5
    nothing: null
    retries: 2
"""
    )
    instance = only(spec)
    assert (spec.name, spec.cache_root) == ("density", "here")
    assert (instance.id, instance.task, instance.title) == ("draw", "draw", "draw")
    at = ("tasks", "draw")
    assert instance.arguments == {
        "frame": Word("load", (*at, "frame")),
        "titles": [Word("load", (*at, "titles", 0)), {"x": Word("load", (*at, "titles", 1, "x"))}],
        "number": 5,
        "nothing": None,
    }
    assert instance.options == Options(retries=2)
    assert (instance.path, instance.task_path, instance.is_mapping_entry) == (at, at, True)


def test_instance_form() -> None:
    spec = spec_of(
        """
name: density
workflow:
  - id: my map
    task: draw
    name: The map
    partial:
      frame: ${{ workflow.load.return }}
      nested: ["${{workflow.a b.c.return}}", word]
    cache: {ttl: 1d}
    timeout_seconds: 2.5
    retry_delay_seconds: [1, 2]
"""
    )
    instance = only(spec)
    assert spec.cache_root is None
    assert (instance.id, instance.task, instance.title) == ("my map", "draw", "The map")
    at = ("workflow", 0, "partial")
    assert instance.arguments == {
        "frame": Reference("load", (*at, "frame")),
        "nested": [Reference("a b.c", (*at, "nested", 0)), "word"],
    }
    assert instance.options == Options(
        cache=CacheTtl(ttl=timedelta(days=1)), timeout_seconds=2.5, retry_delay_seconds=(1.0, 2.0)
    )
    assert (instance.task_path, instance.is_mapping_entry) == (("workflow", 0, "task"), False)


@pytest.mark.parametrize("entry", ["", "{}", "null", "{retries: 1}"])
def test_tasks_without_arguments(entry: str) -> None:
    assert only(spec_of(f"name: x\ntasks:\n  now: {entry}\n")).arguments == {}


@pytest.mark.parametrize("extra", ["name: null", "partial: null", "partial: {}"])
def test_instances_without_name_and_arguments(extra: str) -> None:
    instance = only(spec_of(f"name: x\nworkflow:\n  - id: a\n    task: now\n    {extra}\n"))
    assert (instance.title, instance.arguments) == ("a", {})


def test_environment_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET", "s3://data")
    monkeypatch.setenv("YEAR", "2024")
    spec = spec_of(
        """
name: x
cache_root: ${{ env.BUCKET }}/cache
tasks:
  load: {path: "${{env.BUCKET}}/${{ env.YEAR }}.csv", words: ["${{ env.YEAR }}"]}
"""
    )
    assert spec.cache_root == "s3://data/cache"
    assert only(spec).arguments == {"path": "s3://data/2024.csv", "words": ["2024"]}


def test_an_empty_variable_is_no_cache_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    spec = spec_of("name: x\ncache_root: ${{ env.EMPTY }}\ntasks: {now: }\n")
    assert [problem.code for problem in spec.problems] == ["wrong-shape"]


@pytest.mark.parametrize(
    "root", ["here", "/abs", "s3://b/p", "memory://x", "gs://b", "file:///x", "C:\\data"]
)
def test_cache_roots(root: str) -> None:
    spec = spec_of(f"name: x\ncache_root: '{root}'\ntasks: {{now: }}\n")
    assert (spec.cache_root, spec.problems) == (root, ())


@pytest.mark.parametrize(
    "text", ["${{ workflow.a.return }}${{ workflow.b.return }}", "${{", "${{ a", "${{}}"]
)
def test_what_is_not_one_reference_is_a_problem(text: str) -> None:
    spec = spec_of(f"name: x\nworkflow:\n  - {{id: a, task: now, partial: {{x: '{text}'}}}}\n")
    assert [problem.code for problem in spec.problems] == ["bad-reference"]


def test_references_are_found_at_any_depth() -> None:
    word, reference = Word("a", ()), Reference("b", ())
    assert list(references({"x": [1, (word, {"y": reference})], "z": "text"})) == [word, reference]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("12h", 43200),
        ("1d", 86400),
        ("2w", 1209600),
        ("1.5h", 5400),
        (" 1 d ", 86400),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "d", "1y", "-1d", "1d1h", "P1D", "inf d", "1e9s", "999999999999w"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)


def test_durations_that_are_no_text_are_left_alone() -> None:
    assert parse_duration(5) == 5


_NAMES = """
    name tasks workflow cache_root id task partial cache ttl retries now a load_observations path limit
    compare frame merge_tables tables draw_ecomap title_kws height geodataframe 1d no s4://x ${{
"""
_EXPRESSIONS = ["${{ workflow.a.return }}", "${{ env.HOME }}", "", "\x07"]
_WORDS = st.sampled_from([*_NAMES.split(), *_EXPRESSIONS])
_SCALARS = _WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_DATA = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.integers() | st.none(), inner, max_size=5)
    ),
    max_leaves=20,
)
_MAPPINGS = st.dictionaries(_WORDS, _DATA, max_size=4)
_SPECS = (
    _DATA
    | st.fixed_dictionaries(
        {"name": _SCALARS, "tasks": st.dictionaries(_WORDS, _MAPPINGS | _DATA, max_size=4)}
    )
    | st.fixed_dictionaries(
        {
            "name": st.just("x"),
            "workflow": st.lists(
                st.fixed_dictionaries(
                    {"id": _WORDS, "task": _WORDS},
                    optional={"partial": _MAPPINGS, "cache": _DATA, "retries": _DATA, "name": _DATA},
                )
                | _DATA,
                max_size=4,
            ),
        }
    )
)
_REGISTRY = registry_of(sample_tasks)


@settings(max_examples=300, deadline=None)
@given(_SPECS)
@example({"name": "x", "tasks": {"compare": {"frame": [[[{}]]], "reference": {"a": None}}}})
@example({"name": "x", "workflow": [{"id": "a", "task": "now", "cache": {"ttl": 1e300}}]})
@example({"name": "x", "tasks": {"set_time_range": {"since": 1e300, "until": float("nan")}}})
def test_any_data_gives_a_workflow_or_located_problems(data: Any) -> None:
    try:
        source = loads(flow_text(data), "spec.yaml")
    except ProblemError:
        return  # characters that YAML does not allow
    try:
        workflow, warnings = resolve(from_source(source), _REGISTRY)
    except ProblemError as error:
        found = error.problems
        assert any(problem.severity == "error" for problem in found)
    else:
        found = tuple(warnings)
        assert all(problem.severity == "warning" for problem in found)
        assert set(workflow.nodes) == {instance.id for instance in from_source(source).instances}
    for problem in found:
        assert problem.file == "spec.yaml"
        assert problem.line is not None
        assert problem.render()
