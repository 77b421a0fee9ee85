"""What is wrong with fragments and their uses; the exact texts are in ``bad_specs``."""

from __future__ import annotations

from pathlib import Path

import pytest

import sample_tasks
from ecoflows.errors import ProblemError
from ecoflows.source import load, loads, splicing
from ecoflows.spec import from_source, references
from ecoflows.spec.fragments import expanded
from ecoflows.workflow.resolve import resolve
from fragment_specs import FragmentSpecs
from support import registry_of

ONE = "workflow: [{id: x, task: now}]"
TWO = "workflow: [{id: x, task: now}, {id: y, task: now}]"
TEXT = "workflow: [{id: x, task: now, partial: {a: '${{ with.v }}!'}}]"
MIXED = "workflow: [{id: x, task: now, partial: {a: '${{ with.v }}${{ workflow.x.return }}'}}]"


@pytest.fixture
def specs(tmp_path: Path) -> FragmentSpecs:
    return FragmentSpecs(tmp_path)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{use: {fragment: one}}", "missing-key"),
        ("{id: 5, use: {fragment: one}}", "wrong-shape"),
        ("{id: a, use: one}", "wrong-shape"),
        ("{id: a, use: }", "wrong-shape"),
        ("{id: a, use: {}}", "missing-key"),
        ("{id: a, use: {fragment: }}", "wrong-shape"),
        ("{id: a, use: {fragment: one, wth: {}}}", "unknown-key"),
        ("{id: a, use: {fragment: one, with: 5}}", "wrong-shape"),
        ("{id: a, use: {fragment: one, with: {1: 2}}}", "wrong-shape"),
        ("{id: a, use: {fragment: one, 1: 2}}", "bad-key"),
        ("{id: a, use: {fragment: one}, retries: 1}", "unknown-key"),
        ("{id: a, use: {fragment: one}, name: 5}", "wrong-shape"),
        ("{id: a, use: {fragment: one}, 1: 5}", "bad-key"),
        ("{id: 'a${{ env.X }}', use: {fragment: one}}", "bad-id"),
        ("{id: a, use: {fragment: '${{ env.X }}'}}", "unknown-fragment"),
        ("{id: a, use: {fragment: one, with: {x: 1}}}", "unknown-parameter"),
        ("{id: a, use: {fragment: need}}", "missing-parameter"),
        ("{id: a, use: {fragment: need, with: {table: 1}}}", "unknown-parameter"),
    ],
)
def test_what_is_wrong_with_a_use(specs: FragmentSpecs, entry: str, code: str) -> None:
    specs.fragment("one", ONE)
    specs.fragment("need", f"parameters: {{tables: }}\n{ONE}")
    (problem,) = specs.problems(f"- {entry}\n- {{id: z, task: now}}")
    assert problem.code == code
    assert specs.at(problem).startswith("spec.yaml:3 ")
    assert problem.related == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["empty-fragment"]),
        ("[1]", ["not-a-mapping"]),
        (f"name: f\n{ONE}", ["not-a-fragment"]),
        ("name: f\ntasks: {now: }", ["not-a-fragment"]),
        (ONE, ["missing-key"]),
        ("fragment: f", ["missing-key"]),
        ("fragment: [", ["yaml-syntax"]),
        ("fragment: f\nworkflow: []", ["wrong-shape"]),
        ("fragment: f\nworkflow: {x: now}", ["wrong-shape"]),
        (f"fragment: f\n{ONE}\nretrun: x", ["unknown-key"]),
        (f"fragment: f\n{ONE}\nreturn: y", ["unknown-reference"]),
        (f"fragment: f\n{ONE}\nreturn: 5", ["wrong-shape"]),
        (f"fragment: g\n{ONE}", ["wrong-name"]),
        (f"fragment: f\n{ONE}\n1: 2", ["bad-key"]),
        (f"fragment: f\n{ONE}\nparameters: [a]", ["wrong-shape"]),
        (f"fragment: f\n{ONE}\nparameters: {{a: 5}}", ["wrong-shape"]),
        (f"fragment: f\n{ONE}\nparameters: {{map: {{defalt: 5}}}}", ["unknown-key"]),
        (f"fragment: f\n{ONE}\nparameters: {{a-b: , 1: }}", ["bad-key", "bad-key"]),
        (f"fragment: f\n{ONE}\nparameters: {{v: {{default: '${{{{ with.w }}}}'}}}}", ["bad-reference"]),
        (
            f"fragment: f\n{ONE}\nparameters: {{v: {{default: '${{{{ workflow.y.return }}}}'}}}}",
            ["unknown-reference"],
        ),
        (
            "fragment: f\nworkflow: [{id: 'x${{ with.v }}', task: now}]\nparameters: {v: {default: 1}}",
            ["bad-id"],
        ),
        ("fragment: f\nworkflow: [{id: x, task: now, p: {'${{ with.v }}': 1}}]", ["bad-reference"]),
        ("fragment: f\nworkflow: [{id: x, task: '${{ with.v }}'}]", ["unknown-parameter"]),
        (
            f"fragment: f\nparameters: {{v: {{default: ''}}}}\n{MIXED}",
            ["bad-reference"],
        ),
        ("fragment: f\nworkflow: [{id: x, task: now}, {id: x, task: now}]", ["duplicate-id"]),
    ],
)
def test_what_is_wrong_with_a_fragment(specs: FragmentSpecs, text: str, codes: list[str]) -> None:
    specs.write("fragments/f.yaml", text)
    found = specs.problems("- {id: a, use: {fragment: f}}\n- {id: z, task: now}")
    assert [problem.code for problem in found] == codes
    for problem in found:
        assert problem.file == str(specs.folder / "fragments" / "f.yaml")
        assert specs.related(problem) == ["used here as 'a' spec.yaml:3 use"]


@pytest.mark.parametrize(
    "value",
    [
        "[1]",
        "{a: 1}",
        "null",
        "'${{ workflow.o.return }}'",
        "'${{ x'",
        "'a ${{ workflow.o.return }}'",
    ],
)
def test_what_is_no_text_cannot_be_put_into_one(specs: FragmentSpecs, value: str) -> None:
    specs.fragment("text", f"parameters: {{v: }}\n{TEXT}")
    source, (problem,) = specs.expand(f"- {{id: u, use: {{fragment: text, with: {{v: {value}}}}}}}")
    assert problem.code == "wrong-type"
    assert specs.at(problem).startswith(f"spec.yaml:3 {value[:2]}")
    assert specs.related(problem) == ["goes into the fragment here fragments/text.yaml:3 '${{"]
    assert from_source(source).problems == ()  # what was told is not told again


def test_fragments_are_closed(specs: FragmentSpecs) -> None:
    specs.fragment(
        "open",
        """
        parameters: {v: }
        workflow:
          - {id: x, task: now, partial: {a: "${{ workflow.outside.return }}", b: "${{ with.v }}"}}
          - {id: y, task: now, partial: {a: "${{ workflow.u.x.return }}", b: "${{ workflow.xx.return }}"}}
        """,
    )
    source, problems = specs.expand(
        """
        - {id: outside, task: now}
        - {id: u.outside, task: now}
        - {id: u, use: {fragment: open, with: {v: "${{ workflow.outside.return }}"}}}
        """
    )
    outside = "what comes from outside of a fragment comes in through its parameters"
    assert [(problem.code, specs.at(problem), problem.hint) for problem in problems] == [
        ("unknown-reference", 'fragments/open.yaml:4 "${{', outside),
        ("unknown-reference", 'fragments/open.yaml:5 "${{', outside),
        ("unknown-reference", 'fragments/open.yaml:5 "${{', "did you mean 'x'?"),
    ]
    spec = from_source(source)
    assert spec.problems == ()  # what was told is not told again
    found = [[one.instance for one in references(dict(entry.arguments))] for entry in spec.instances]
    assert found == [[], [], ["outside"], []]


def test_one_problem_for_all_uses_of_a_fragment(specs: FragmentSpecs) -> None:
    specs.fragment("bad", "workflow: [{id: x, task: now, partial: {a: '${{ with.v }}'}}]")
    names = [f"u{index}" for index in range(12)]
    (problem,) = specs.problems("\n".join(f"- {{id: {name}, use: {{fragment: bad}}}}" for name in names))
    assert problem.code == "unknown-parameter"
    assert [one.message for one in problem.related] == [f"used here as '{name}'" for name in names]
    assert problem.render().endswith("spec.yaml:12:14\n  ... (12 places in all)")


def test_references_to_what_could_not_be_used_are_no_further_problems(specs: FragmentSpecs) -> None:
    specs.fragment("broken", "workflow: 5")
    specs.fragment("half", "workflow: [{id: x, task: now}, {id: y, use: {fragment: broken}}]")
    source, problems = specs.expand(
        """
        - {id: a, use: {fragment: nothing}}
        - {id: b, use: {fragment: broken}}
        - {id: c, use: {fragment: half}}
        - {id: d, task: compare, partial: {frame: "${{ workflow.a.return }}"}}
        - {id: e, task: compare, partial: {frame: "${{ workflow.a.x.return }}"}}
        - {id: f, task: merge_tables, partial: {tables: ["${{ workflow.b.return }}"]}}
        - {id: g, task: compare, partial: {frame: "${{ workflow.c.return }}"}}
        - {id: h, task: compare, partial: {frame: "${{ workflow.c.y.z.return }}"}}
        - {type: task-group, title: Empty, tasks: [{id: i, use: {fragment: broken}}]}
        """
    )
    assert [problem.code for problem in problems] == ["wrong-shape", "unknown-fragment"]
    spec = from_source(source)
    assert spec.problems == ()
    assert [instance.id for instance in spec.instances] == ["c.x", "d", "e", "f", "g", "h"]
    resolve(spec, registry_of(sample_tasks))


def test_nothing_left_is_no_further_problem(specs: FragmentSpecs) -> None:
    with pytest.raises(ProblemError) as raised:
        specs.expand("- {id: a, use: {fragment: nothing}}")
    assert [problem.code for problem in raised.value.problems] == ["unknown-fragment"]


def test_what_was_told_of_a_text_is_not_told_again(specs: FragmentSpecs) -> None:
    specs.fragment("mixed", f"parameters: {{v: }}\n{MIXED}")
    specs.fragment("text", f"parameters: {{v: }}\n{TEXT}")
    specs.fragment("outer", "workflow: [{id: i, use: {fragment: text, with: {v: '${{ with.z }}'}}}]")
    source, problems = specs.expand(
        "- {id: a, use: {fragment: mixed, with: {v: ''}}}\n- {id: b, use: {fragment: outer}}"
    )
    assert [problem.code for problem in problems] == ["bad-reference", "unknown-parameter"]
    spec = from_source(source)
    assert spec.problems == ()
    assert not any(list(references(dict(entry.arguments))) for entry in spec.instances)


def test_the_name_of_a_use_is_text(specs: FragmentSpecs) -> None:
    specs.fragment("one", ONE)
    specs.fragment(
        "outer", "parameters: {n: }\nworkflow: [{id: i, name: '${{ with.n }}', use: {fragment: one}}]"
    )
    (problem,) = specs.problems("- {id: a, use: {fragment: outer, with: {n: [1]}}}")
    assert (problem.code, specs.at(problem)) == ("wrong-shape", "spec.yaml:3 [1")


def test_a_fragment_is_no_spec(specs: FragmentSpecs) -> None:
    file = specs.write("fragments/one.yaml", f"fragment: one\n{ONE}\n")
    with pytest.raises(ProblemError) as raised:
        expanded(load(file))
    (problem,) = raised.value.problems
    assert (problem.code, problem.line, problem.col) == ("is-a-fragment", 1, 1)


def test_uses_are_not_for_the_mapping_form() -> None:
    source = loads("name: x\ntasks:\n  a: {use: {fragment: f}}\n  b: {use: {x: 1}}\n")
    found, (problem,) = expanded(source)
    assert found is source
    assert (problem.code, problem.line, problem.col) == ("use-in-mapping-form", 3, 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${{ with.x }}", "stands for what a fragment is given, and this is no fragment"),
        ("${{ with.x.y }}", "is not what a fragment is given"),
    ],
)
def test_parameters_are_for_fragments(text: str, message: str) -> None:
    spec = from_source(loads(f"name: x\nworkflow: [{{id: a, task: now, partial: {{v: '{text}'}}}}]\n"))
    assert [problem.code for problem in spec.problems] == ["bad-reference"]
    assert spec.problems[0].message == f"{text} {message}"


@pytest.mark.parametrize(
    ("workflow", "places"),
    [
        ("- {id: a, use: {fragment: two}}\n- {id: a, task: now}", ["spec.yaml:4 a"]),
        ("- {id: a, task: now}\n- {id: a, use: {fragment: two}}", ["spec.yaml:4 a"]),
        ("- {id: a, use: {fragment: two}}\n- {id: a, use: {fragment: two}}", ["spec.yaml:4 a"]),
        ("- {id: a, use: {fragment: two}}\n- {id: a.x, task: now}", ["spec.yaml:4 a.x"]),
        ("- {id: a.x, task: now}\n- {id: a, use: {fragment: two}}", ["fragments/two.yaml:2 x"]),
        ("- {id: a.x, task: now}\n- {id: a.x, task: now}\n- {id: b, use: {fragment: two}}", []),
        (
            "- {id: b.i, use: {fragment: two}}\n- {id: b, use: {fragment: outer}}",
            ["fragments/two.yaml:2 x", "fragments/two.yaml:2 y"],
        ),
    ],
)
def test_one_id_for_two_things(specs: FragmentSpecs, workflow: str, places: list[str]) -> None:
    specs.fragment("two", TWO)
    specs.fragment("outer", "workflow: [{id: i, use: {fragment: two}}]")
    source, problems = specs.expand(workflow)
    assert [problem.code for problem in problems] == ["duplicate-id"] * len(places)
    assert [specs.at(problem) for problem in problems] == places
    # What the expansion tells, the reader does not; what it leaves, the reader tells.
    assert [problem.code for problem in from_source(source).problems] == ([] if places else ["duplicate-id"])


def test_the_first_of_two_ids_is_shown(specs: FragmentSpecs) -> None:
    specs.fragment("one", ONE)
    (problem,) = specs.problems("- {id: a.x, task: now}\n- {id: a, use: {fragment: one}}")
    assert problem.message == "the id 'a.x' stands twice"
    assert specs.related(problem) == ["the first is here spec.yaml:3 a.x", "used here as 'a' spec.yaml:4 use"]


def test_fragments_that_use_themselves(specs: FragmentSpecs) -> None:
    specs.fragment("a", "workflow: [{id: x, task: now}, {id: u, use: {fragment: b}}]")
    specs.fragment("b", "workflow: [{id: x, task: now}, {id: v, use: {fragment: ./a.yaml}}]")
    specs.fragment("c", "workflow: [{id: x, task: now}, {id: u, use: {fragment: ../fragments/c.yaml}}]")
    (problem,) = specs.problems("- {id: w, use: {fragment: a}}")
    assert (problem.code, specs.at(problem)) == ("fragment-cycle", "fragments/b.yaml:2 ./a.yaml")
    assert problem.message == "the fragment uses itself: a -> b -> a"
    assert specs.related(problem) == [
        "used here as 'u' fragments/a.yaml:2 use",
        "used here as 'w' spec.yaml:3 use",
    ]
    (problem,) = specs.problems("- {id: u, use: {fragment: c}}")
    assert problem.message == "the fragment uses itself: c -> c"


@pytest.mark.parametrize("count", [20, 21, 25])
def test_how_deep_fragments_may_use_each_other(specs: FragmentSpecs, count: int) -> None:
    for index in range(count - 1):
        specs.fragment(f"f{index}", f"workflow: [{{id: u, use: {{fragment: f{index + 1}}}}}]")
    specs.fragment(f"f{count - 1}", ONE)
    if count == 20:
        assert specs.entries("- {id: u, use: {fragment: f0}}") == [{"id": "u." * 20 + "x", "task": "now"}]
    else:
        (problem,) = specs.problems("- {id: u, use: {fragment: f0}}")
        assert (problem.code, specs.at(problem)) == ("too-deep", "fragments/f19.yaml:2 f20")
        assert problem.message == "fragments use each other more than 20 deep"
        assert problem.hint == f"the way here: {' -> '.join(f'f{index}' for index in range(21))}"
        # It does not matter that f10 was read already when f0 gets to it.
        (problem,) = specs.problems("- {id: v, use: {fragment: f10}}\n- {id: u, use: {fragment: f0}}")
        assert (problem.code, specs.at(problem)) == ("too-deep", "fragments/f9.yaml:2 f10")
        assert (problem.hint or "").endswith(f" -> f10, and {count - 11} more below")


def test_ten_fragments_that_use_ten_others(specs: FragmentSpecs) -> None:
    for index in range(12):
        uses = ", ".join(f"{{id: u{number}, use: {{fragment: f{index + 1}}}}}" for number in range(10))
        specs.fragment(f"f{index}", f"workflow: [{uses}]")
    specs.fragment("f12", ONE)
    (problem,) = specs.problems("- {id: u, use: {fragment: f0}}")
    assert (problem.code, specs.at(problem)) == ("too-many-instances", "spec.yaml:3 use")
    uses = [f"- {{id: {name}, use: {{fragment: {name}}}}}" for name in ("f9", "f0", "f10")]
    source, problems = specs.expand("\n".join(uses))
    assert [specs.at(problem) for problem in problems] == ["spec.yaml:4 use"]
    assert len(source.data["workflow"]) == 1100


def test_values_that_double_with_every_use(specs: FragmentSpecs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splicing, "MAX_SPLICED", 10_000)
    for index in range(15):
        doubled = "{v: ['${{ with.v }}', '${{ with.v }}']}"
        use = f"{{fragment: f{index + 1}, with: {doubled}}}"
        specs.fragment(f"f{index}", f"parameters: {{v: }}\nworkflow: [{{id: u, use: {use}}}]")
    specs.fragment("f15", "parameters: {v: }\nworkflow: [{id: x, task: now, partial: {v: '${{ with.v }}'}}]")
    (problem,) = specs.problems("- {id: u, use: {fragment: f0, with: {v: 1}}}")
    assert (problem.code, specs.at(problem)) == ("too-large", "spec.yaml:3 use")
    assert problem.message == "with this fragment, the spec is too large: it has more than 10,000 values"


def test_values_that_grow_deeper_with_every_use(specs: FragmentSpecs) -> None:
    for index in range(5):
        deeper = f"{{v: {'[' * 12}'${{{{ with.v }}}}'{']' * 12}}}"
        use = f"{{fragment: f{index + 1}, with: {deeper}}}"
        specs.fragment(f"f{index}", f"parameters: {{v: }}\nworkflow: [{{id: u, use: {use}}}]")
    specs.fragment("f5", "parameters: {v: }\nworkflow: [{id: x, task: now, partial: {v: '${{ with.v }}'}}]")
    assert specs.codes("- {id: u, use: {fragment: f0, with: {v: 1}}}") == ["too-large"]
    assert len(specs.entries("- {id: u, use: {fragment: f3, with: {v: 1}}}")) == 1
