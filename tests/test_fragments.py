"""What uses of fragments expand to, and the places of what is wrong with it later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sample_tasks
from ecoflows.source import flow_text, loads
from ecoflows.spec import load
from ecoflows.spec.fragments import expanded
from ecoflows.workflow.resolve import resolve
from fragment_specs import FragmentSpecs
from support import registry_of

TWO = "workflow: [{id: x, task: now}, {id: y, task: now}]"
GIVE = """
    parameters: {v: , w: {default: 2}}
    workflow:
      - id: x
        task: now
        retries: ${{with.v}}
        partial: {a: ["${{ with.v }}"], b: " ${{ with.v }} "}
"""
GROUPED = """
    description: A density and a map of it.
    parameters:
      fixes: {description: The fixes.}
      size: {description: The side of a cell.}
      title: {default: Density}
      shares: {default: [50.0, 95.0]}
    workflow:
      - id: density
        task: calculate_time_density
        partial:
          trajectory_gdf: ${{ with.fixes }}
          pixel_size: ${{ with.size }}
          percentiles: ${{ with.shares }}
      - id: map
        name: A map
        task: draw_ecomap
        partial:
          geodataframe: ${{ workflow.density.return }}
          title: ${{ with.title }} in cells of ${{ with.size }} m
"""


@pytest.fixture
def specs(tmp_path: Path) -> FragmentSpecs:
    return FragmentSpecs(tmp_path)


def reference(name: str) -> str:
    return f"${{{{ workflow.{name}.return }}}}"


def test_a_use_is_the_same_as_writing_it_out(specs: FragmentSpecs) -> None:
    specs.fragment("grouped", GROUPED)
    found = specs.entries(
        """
        - {id: fixes, task: load_observations, partial: {path: a.csv}}
        - id: coarse
          name: Coarse
          use:
            fragment: grouped
            with: {fixes: "${{ workflow.fixes.return }}", size: 1000, shares: [{x: 1}, null]}
        - {id: count, task: compare, partial: {frame: "${{ workflow.coarse.return }}"}}
        """
    )
    written = loads(
        """
        - {id: fixes, task: load_observations, partial: {path: a.csv}}
        - id: coarse.density
          task: calculate_time_density
          partial:
            trajectory_gdf: ${{ workflow.fixes.return }}
            pixel_size: 1000
            percentiles: [{x: 1}, null]
        - id: coarse.map
          name: "Coarse: A map"
          task: draw_ecomap
          partial:
            geodataframe: ${{ workflow.coarse.density.return }}
            title: Density in cells of 1000 m
        - {id: count, task: compare, partial: {frame: "${{ workflow.coarse.map.return }}"}}
        """
    )
    assert found == written.data
    assert [list(entry) for entry in found] == [list(entry) for entry in written.data]


def test_a_spec_with_uses_resolves(specs: FragmentSpecs) -> None:
    specs.fragment("grouped", GROUPED)
    file = specs.write(
        "mine.yaml",
        """
        name: mine
        workflow:
          - {id: fixes, task: load_observations, partial: {path: a.csv}}
          - {id: fine, use: {fragment: grouped, with: {fixes: "${{workflow.fixes.return}}", size: 10}}}
        """,
    )
    workflow, warnings = resolve(load(file), registry_of(sample_tasks))
    assert warnings == []
    assert list(workflow.nodes) == ["fixes", "fine.density", "fine.map"]
    density, drawn = workflow.nodes["fine.density"], workflow.nodes["fine.map"]
    assert drawn.arguments["title"] == "Density in cells of 10 m"
    assert density.arguments["percentiles"] == [50.0, 95.0]
    assert drawn.origins["title"] == f"{specs.folder}/fragments/grouped.yaml:20:14"
    assert density.origins["pixel_size"] == f"{specs.folder}/mine.yaml:4:91"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just text",
        "[1]",
        "name: x\ntasks: {now: }\n",
        "name: x\ntasks: {now: {use: 5}}\n",
        "name: x\nworkflow: {now: }\n",
        "name: x\nworkflow: [{id: a, task: now}, {type: task-group, title: t, tasks: [{id: b}]}, 5]\n",
        "name: x\nworkflow: [{type: task-group, title: t, tasks: {use: 1}}]\n",
    ],
)
def test_what_has_no_uses_comes_back_as_it_is(text: str) -> None:
    source = loads(text)
    found, problems = expanded(source)
    assert found is source
    assert problems == []


@pytest.mark.parametrize(
    "text", ["${{ workflow.a.return }}", "${{workflow.a.return}}", " ${{  workflow.a.return\n}} "]
)
@pytest.mark.parametrize(("returns", "meant"), [("", "y"), ("\nreturn: x", "x")])
def test_references_to_a_use(specs: FragmentSpecs, text: str, returns: str, meant: str) -> None:
    specs.fragment("two", f"{TWO}{returns}")
    entry = {"id": "b", "task": "now", "partial": {"v": [text, {"k": text}]}}
    *_, found = specs.entries(f"- {{id: a, use: {{fragment: two}}}}\n- {flow_text(entry)}")
    assert found["partial"]["v"] == [reference(f"a.{meant}"), {"k": reference(f"a.{meant}")}]


def test_references_before_the_use_and_to_inner_instances(specs: FragmentSpecs) -> None:
    specs.fragment("inner", "workflow: [{id: x, task: now}]")
    specs.fragment("outer", "workflow: [{id: i, use: {fragment: inner}}, {id: y, task: now}]")
    names = ["u", "u.y", "u.i", "u.i.x", "u.unknown", "other"]
    entry = {"id": "a", "task": "now", "partial": {"v": [reference(name) for name in names]}}
    first, *_ = specs.entries(f"- {flow_text(entry)}\n- {{id: u, use: {{fragment: outer}}}}")
    meant = ["u.y", "u.y", "u.i.x", "u.i.x", "u.unknown", "other"]
    assert first["partial"]["v"] == [reference(name) for name in meant]


def test_the_return_of_a_fragment_may_be_a_use_or_be_deeper(specs: FragmentSpecs) -> None:
    specs.fragment("inner", TWO)
    specs.fragment("use", "workflow: [{id: i, use: {fragment: inner}}]")
    specs.fragment("deep", "workflow: [{id: i, use: {fragment: inner}}]\nreturn: i.x")
    specs.fragment("group", "workflow: [{type: task-group, title: T, tasks: [{id: z, task: now}]}]")
    for name, meant in (("use", "u.i.y"), ("deep", "u.i.x"), ("group", "u.z")):
        *_, found = specs.entries(
            f"- {{id: u, use: {{fragment: {name}}}}}\n"
            f"- {{id: a, task: now, partial: {{v: '{reference('u')}'}}}}"
        )
        assert found["partial"]["v"] == reference(meant)


@pytest.mark.parametrize(
    "value", [5, 0.5, True, None, "text", [], {}, [1, {"a": [None]}], reference("o"), "${{ env.X }}"]
)
def test_values_are_put_in_whatever_they_are(specs: FragmentSpecs, value: Any) -> None:
    specs.fragment("give", GIVE)
    assert specs.given("give", v=value) == [
        {"id": "u.x", "task": "now", "retries": value, "partial": {"a": [value], "b": value}}
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        ("", ""),
        ("yes", "yes"),
        ("${{ env.X }}", "${{ env.X }}"),
        (5, "5"),
        (-0.5, "-0.5"),
        (1e20, "1.0e+20"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_values_in_longer_texts(specs: FragmentSpecs, value: Any, text: str) -> None:
    long = "<${{ with.v }}|${{with.w}}|${{ env.HOME }}|${{ with.v}}>"
    specs.fragment(
        "give",
        f"parameters: {{v: , w: {{default: 2}}}}\nworkflow: [{{id: x, task: now, partial: {{a: '{long}'}}}}]",
    )
    (found,) = specs.given("give", v=value)
    assert found["partial"]["a"] == f"<{text}|2|${{{{ env.HOME }}}}|{text}>"


def test_a_task_may_be_given(specs: FragmentSpecs) -> None:
    specs.fragment("any", "parameters: {task: }\nworkflow: [{id: x, task: '${{ with.task }}'}]")
    assert specs.given("any", task="now") == [{"id": "u.x", "task": "now"}]


def test_a_default_may_refer_to_the_fragment(specs: FragmentSpecs) -> None:
    specs.fragment(
        "own",
        """
        parameters: {v: {default: ["${{ workflow.x.return }}"]}}
        workflow: [{id: x, task: now}, {id: y, task: now, partial: {v: "${{ with.v }}"}}]
        """,
    )
    assert specs.given("own")[1]["partial"] == {"v": [reference("u.x")]}


def titles(entries: list[Any]) -> list[str]:
    """All names and titles, in their order."""
    found = []
    for entry in entries:
        found += [entry[key] for key in ("name", "title") if key in entry]
        found += titles(entry.get("tasks", []))
    return found


def test_titles_have_the_name_of_the_use(specs: FragmentSpecs) -> None:
    specs.fragment(
        "inner",
        """
        parameters: {t: }
        workflow:
          - {id: x, name: X, task: now}
          - {id: y, task: now, partial: {name: N}}
          - type: task-group
            title: T ${{ with.t }}
            description: About ${{ with.t }}
            tasks: [{id: z, name: "Z ${{ with.t }}", task: now}]
        """,
    )
    specs.fragment(
        "outer",
        """
        parameters: {t: {default: 5}}
        workflow:
          - {id: a, name: "In ${{ with.t }}", use: {fragment: inner, with: {t: "${{ with.t }}"}}}
          - {id: b, use: {fragment: inner, with: {t: w}}}
        """,
    )
    named = specs.entries("- {id: u, name: U, use: {fragment: outer}}")
    assert titles(named) == ["U: In 5: X", "U: In 5: T 5", "U: In 5: Z 5", "U: X", "U: T w", "U: Z w"]
    assert named[1] == {"id": "u.a.y", "task": "now", "partial": {"name": "N"}}
    assert named[2]["description"] == "About 5"
    unnamed = specs.entries("- {id: u, use: {fragment: outer}}")
    assert titles(unnamed) == ["In 5: X", "In 5: T 5", "In 5: Z 5", "X", "u.b: T w", "Z w"]


def test_uses_in_task_groups(specs: FragmentSpecs) -> None:
    group = {"type": "task-group", "title": "In", "tasks": [{"id": "y", "task": "now"}]}
    specs.fragment("two", f"workflow: [{{id: x, task: now}}, {flow_text(group)}]")
    found = specs.entries(
        """
        - type: task-group
          title: Out
          tasks:
            - {id: a, task: now}
            - type: task-group
              title: Middle
              tasks:
                - {id: u, use: {fragment: two}}
                - {id: b, task: now, partial: {v: "${{ workflow.u.return }}"}}
        """
    )
    assert found[0]["tasks"][1]["tasks"] == [
        {"id": "u.x", "task": "now"},
        {**group, "title": "u: In", "tasks": [{"id": "u.y", "task": "now"}]},
        {"id": "b", "task": "now", "partial": {"v": reference("u.y")}},
    ]


def test_places_are_those_of_where_things_were_written(specs: FragmentSpecs) -> None:
    specs.fragment("grouped", GROUPED)
    specs.fragment(
        "outer",
        """
        parameters: {fixes: , shares: }
        workflow:
          - id: g
            use:
              fragment: grouped
              with: {fixes: "${{ with.fixes }}", size: 0, shares: "${{ with.shares }}"}
        """,
    )
    found = specs.resolved(
        """
        - {id: fixes, task: load_observations, partial: {path: a.csv}}
        - id: o
          use:
            fragment: outer
            with: {fixes: "${{ workflow.fixe.return }}", shares: [50, 200, x]}
        """
    )
    into = "goes into the fragment here"
    assert [(problem.code, specs.at(problem), specs.related(problem)) for problem in found] == [
        (
            "wrong-type",
            "fragments/outer.yaml:7 0",
            [f"{into} fragments/grouped.yaml:13 ${{{{", "used here as 'o' spec.yaml:5 use"],
        ),
        (
            "unknown-reference",
            'spec.yaml:7 "${{',
            [f"{into} fragments/grouped.yaml:12 ${{{{", f'{into} fragments/outer.yaml:7 "${{{{'],
        ),
        *[
            (
                "wrong-type",
                f"spec.yaml:7 {value}",
                [f"{into} fragments/grouped.yaml:14 ${{{{", f'{into} fragments/outer.yaml:7 "${{{{'],
            )
            for value in ("200", "x")
        ],
    ]


def test_places_inside_a_fragment(specs: FragmentSpecs) -> None:
    specs.fragment(
        "deep",
        """
        workflow:
          - id: clean
            task: process_relocations
            partial:
              filter_point_coords: [[0, 0], {x: 1, y: many}]
              obs: 5
              observations: ${{ workflow.other }}
        """,
    )
    specs.fragment("outer", "workflow: [{id: d, use: {fragment: deep}}]")
    found = specs.resolved("- {id: a, use: {fragment: outer}}\n- {id: b, use: {fragment: deep}}")
    assert [(problem.code, specs.at(problem)) for problem in found] == [
        ("wrong-type", "fragments/deep.yaml:6 many"),
        ("unknown-argument", "fragments/deep.yaml:7 obs"),
        ("bad-reference", "fragments/deep.yaml:8 ${{"),
    ]
    for problem in found:
        assert specs.related(problem) == [
            "used here as 'd' fragments/outer.yaml:2 use",
            "used here as 'a' spec.yaml:3 use",
            "used here as 'b' spec.yaml:4 use",
        ]


def test_defaults_have_their_place_in_the_fragment(specs: FragmentSpecs) -> None:
    specs.fragment(
        "bad",
        """
        parameters: {path: {default: 5}}
        workflow: [{id: load, task: load_observations, partial: {path: "${{ with.path }}"}}]
        """,
    )
    (problem,) = specs.resolved("- {id: a, use: {fragment: bad}}")
    assert specs.at(problem) == "fragments/bad.yaml:2 5"
    assert specs.related(problem) == [
        'goes into the fragment here fragments/bad.yaml:3 "${{',
        "used here as 'a' spec.yaml:3 use",
    ]


def test_a_source_tells_the_place_of_what_it_has_from_elsewhere(specs: FragmentSpecs) -> None:
    specs.fragment("two", TWO)
    source, _ = specs.expand("- {id: a, use: {fragment: two}}")
    assert source.place(("workflow", 1, "id")) == f"{specs.folder}/fragments/two.yaml:2:37"
    assert source.place(("name",)) == f"{specs.folder}/spec.yaml:1:7"
