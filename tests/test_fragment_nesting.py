"""Random fragments: what uses each other expands to the same as writing it out, what is wrong is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sample_tasks
from ecoflows.errors import ProblemError
from ecoflows.source import DataPath, flow_text, load, loads
from ecoflows.spec import from_source
from ecoflows.spec.fragments import expanded
from ecoflows.workflow.resolve import resolve
from support import registry_of

Value = tuple[str, Any]
"""A kind (literal, reference, given, text, list) with the literal, the name or the items."""


@dataclass(frozen=True)
class Entry:
    """An instance, or a use of the fragment with a number."""

    id: str
    title: str | None
    grouped: bool
    value: Value = ("literal", None)
    target: int | None = None
    gives: Mapping[str, Value] | None = None


@dataclass(frozen=True)
class Body:
    """A fragment: its defaults (``None`` is required), its entries, the id that it returns."""

    defaults: Mapping[str, Any]
    entries: list[Entry]
    returns: str


_LITERALS = st.sampled_from([1, 2.5, True, "text", ""])


_TEXTS = ["p", "q"]
"""The parameters that may stand in a text, and so are given no references and no lists."""


def _one(kind: str, names: list[str]) -> st.SearchStrategy[Value]:
    return st.tuples(st.just(kind), st.sampled_from(names)) if names else st.nothing()


def _plain(names: list[str]) -> st.SearchStrategy[Value]:
    texts = [name for name in names if name in _TEXTS]
    return st.tuples(st.just("literal"), _LITERALS) | _one("given", texts) | _one("text", texts)


def _values(ids: list[str], names: list[str]) -> st.SearchStrategy[Value]:
    single = _plain(names) | _one("reference", ids) | _one("given", names)
    return single | st.tuples(st.just("list"), st.lists(single, max_size=2))


@st.composite
def _bodies(draw: st.DrawFn, number: int, later: list[Body]) -> Body:
    names = draw(st.lists(st.sampled_from(["p", "q", "r"]), unique=True))
    defaults = {name: draw(st.none() | _LITERALS) for name in names}
    entries: list[Entry] = []
    for index in range(draw(st.integers(1, 3))):
        ids = [entry.id for entry in entries]
        title, grouped = draw(st.none() | st.sampled_from(["A", "B"])), draw(st.booleans())
        if not later or draw(st.booleans()):
            entries.append(Entry(f"e{index}", title, grouped, draw(_values(ids, names))))
            continue
        target = draw(st.integers(0, len(later) - 1))
        gives = {
            name: draw(_plain(names) if name in _TEXTS else _values(ids, names))
            for name, default in later[target].defaults.items()
            if default is None or draw(st.booleans())
        }
        entries.append(Entry(f"e{index}", title, grouped, target=number + 1 + target, gives=gives))
    return Body(defaults, entries, draw(st.sampled_from([entry.id for entry in entries])))


@st.composite
def _programs(draw: st.DrawFn) -> list[Body]:
    bodies: list[Body] = []
    for number in reversed(range(draw(st.integers(1, 4)))):
        bodies.insert(0, draw(_bodies(number, bodies)))
    return bodies


def _reference(name: str) -> str:
    return f"${{{{ workflow.{name}.return }}}}"


def _listed(entry: Entry, content: list[Any]) -> list[Any]:
    if not entry.grouped:
        return content
    return [{"type": "task-group", "title": f"of {entry.id}", "tasks": content}]


def _spelt(value: Value) -> Any:
    kind, what = value
    match kind:
        case "reference":
            return _reference(what)
        case "given":
            return f"${{{{ with.{what} }}}}"
        case "text":
            return f"<${{{{with.{what}}}}}>"
        case "list":
            return [_spelt(item) for item in what]
    return what


def _file(body: Body, number: int) -> dict[str, Any]:
    """The text of a fragment, as data."""
    entries: list[Any] = []
    for entry in body.entries:
        written: dict[str, Any] = {"id": entry.id, "name": entry.title}
        if entry.target is None:
            written |= {"task": "t", "partial": {"v": _spelt(entry.value)}}
        else:
            values = {name: _spelt(value) for name, value in (entry.gives or {}).items()}
            written["use"] = {"fragment": f"f{entry.target}.yaml", "with": values}
        entries += _listed(entry, [written])
    parameters = {
        name: None if value is None else {"default": value} for name, value in body.defaults.items()
    }
    return {"fragment": f"f{number}", "parameters": parameters, "workflow": entries, "return": body.returns}


def _written_out(
    bodies: list[Body], number: int, prefix: str, title: str, given: Mapping[str, Any]
) -> tuple[list[Any], str]:
    """The entries of a fragment without uses, and the id that it returns."""
    body = bodies[number]
    known = {**body.defaults, **given}
    meant: dict[str, str] = {}

    def valued(value: Value) -> Any:
        kind, what = value
        match kind:
            case "reference":
                return _reference(meant[what])
            case "given":
                return known[what]
            case "text":
                return f"<{'true' if known[what] is True else known[what]}>"
            case "list":
                return [valued(item) for item in what]
        return what

    entries: list[Any] = []
    for entry in body.entries:
        name = f"{prefix}{entry.id}"
        if entry.target is None:
            meant[entry.id] = name
            shown = entry.title and f"{title}{entry.title}"
            content = [{"id": name, "name": shown, "task": "t", "partial": {"v": valued(entry.value)}}]
        else:
            values = {key: valued(value) for key, value in (entry.gives or {}).items()}
            inner = f"{title}{entry.title}: " if entry.title else title
            content, meant[entry.id] = _written_out(bodies, entry.target, f"{name}.", inner, values)
        listed = _listed(entry, content)
        if entry.grouped:
            listed[0]["title"] = f"{title}{listed[0]['title']}"
        entries += listed
    return entries, meant[body.returns]


@settings(max_examples=150, deadline=None)
@given(_programs(), st.data())
def test_any_nesting_is_the_same_as_writing_it_out(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[Body], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("program")
    for number, body in enumerate(bodies):
        (folder / f"f{number}.yaml").write_text(flow_text(_file(body, number)))
    values = {name: data.draw(_LITERALS) for name, default in bodies[0].defaults.items() if default is None}
    use = {"id": "u", "name": "U", "use": {"fragment": "./f0.yaml", "with": values}}
    end = {"id": "end", "task": "t", "partial": {"v": ["${{workflow.u.return}}"]}}
    (folder / "spec.yaml").write_text(flow_text({"name": "x", "workflow": [use, end]}))
    found, problems = expanded(load(folder / "spec.yaml"), {})

    entries, returned = _written_out(bodies, 0, "u.", "U: ", values)
    end["partial"] = {"v": [_reference(returned)]}
    by_hand = loads(flow_text({"name": "x", "workflow": [*entries, end]}))
    assert problems == []
    assert found.data == by_hand.data
    assert set(found.values) == set(by_hand.values)
    assert set(found.keys) == set(by_hand.keys)
    assert from_source(found).instances == from_source(by_hand).instances


_WORDS = st.sampled_from(
    [
        *[
            "a",
            "b",
            "p",
            "now",
            "f.yaml",
            "g.yaml",
            "${{with.p}}",
            "${{with.z}}",
            "${{workflow.a.return}}",
            "${{workflow.z.return}}",
        ],
        *["<${{with.p}}>", "${{with.p}}${{workflow.a.return}}", "${{with}", "task-group"],
        "",
    ]
)
_SCALARS = _WORDS | st.none() | st.integers(0, 2)
_DATA = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_WORDS | st.just(1), inner, max_size=2),
    max_leaves=4,
)
_USES = st.fixed_dictionaries(
    {}, optional={"fragment": _WORDS, "with": st.dictionaries(_WORDS, _DATA, max_size=2) | _DATA}
)
_ENTRIES = st.fixed_dictionaries({"id": _WORDS, "use": _USES | _DATA}, optional={"name": _DATA}) | (
    st.fixed_dictionaries({"id": _WORDS, "task": _WORDS}, optional={"partial": _DATA, "name": _DATA})
)
_GROUPS = st.fixed_dictionaries(
    {"type": _WORDS, "tasks": st.lists(_ENTRIES, max_size=2) | _DATA}, optional={"title": _WORDS}
)
_WORKFLOWS = st.lists(_ENTRIES | _GROUPS | _DATA, max_size=4) | _DATA
_FRAGMENTS = _DATA | st.fixed_dictionaries(
    {"fragment": st.sampled_from("fg"), "workflow": _WORKFLOWS},
    optional={
        "parameters": st.dictionaries(_WORDS, st.fixed_dictionaries({}, optional={"default": _DATA}) | _DATA),
        "return": _WORDS | _DATA,
    },
)
_SPECS = st.fixed_dictionaries({"name": st.just("x"), "workflow": _WORKFLOWS})
_REGISTRY = registry_of(sample_tasks)


def _paths(data: Any, path: DataPath = ()) -> set[DataPath]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {path}.union(*(_paths(item, (*path, key)) for key, item in items))


@settings(max_examples=300, deadline=None)
@given(_SPECS, _FRAGMENTS, _FRAGMENTS)
def test_any_fragments_give_a_spec_or_located_problems(
    tmp_path_factory: pytest.TempPathFactory, spec: Any, one: Any, other: Any
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name, data in (("spec", spec), ("f", one), ("g", other)):
        (folder / f"{name}.yaml").write_text(flow_text(data))
    problems = []
    try:
        source, problems = expanded(load(folder / "spec.yaml"), {})
        assert set(source.values) >= _paths(source.data)
        resolve(from_source(source), _REGISTRY)
    except ProblemError as error:
        problems += error.problems
        assert problems
    for problem in problems:
        assert problem.render()
        assert problem.file is not None
        assert problem.file.endswith(("/spec.yaml", "/f.yaml", "/g.yaml"))
