"""Both spellings of a spec give equal workflows, as does a fragment and what it stands for."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import sample_tasks
from ecoflows.source import flow_text, loads
from ecoflows.spec.conversion import converted
from support import ROOT, registry_of, workflow_of

REGISTRY = registry_of(sample_tasks)
CHAIN = {
    "load_observations": None,
    "process_relocations": ("observations", "load_observations"),
    "calculate_time_density": ("trajectory_gdf", "process_relocations"),
    "draw_ecomap": ("geodataframe", "calculate_time_density"),
    "compare": ("frame", "process_relocations"),
}
OPTIONS = {
    "retries": st.integers(0, 5),
    "timeout_seconds": st.floats(1, 100),
    "cache": st.sampled_from(["always", "never", {"ttl": "1d"}]),
    "skipif": st.just({"conditions": ["any_is_empty_df", "never"]}),
}
ARGUMENTS: dict[str, Any] = {
    "load_observations": {"path": st.text("abc/.", min_size=1), "limit": st.integers(0, 9)},
    "process_relocations": {"filter_point_coords": st.just([[0, 0], {"x": 1.5, "y": 2}])},
    "calculate_time_density": {"pixel_size": st.integers(1, 500), "percentiles": st.just([50, 95.0])},
    "draw_ecomap": {"title": st.text(max_size=12), "static": st.booleans()},
    "compare": {},
}


@st.composite
def mapping_forms(draw: st.DrawFn) -> str:
    """A spec in the mapping form, its instances in any order."""
    lines = ["name: any"]
    if draw(st.booleans()):
        lines.append("task-instance-defaults: {retries: 3, skipif: {conditions: [never]}}")
    lines.append("tasks:")
    for name in draw(st.permutations(list(CHAIN))):
        entry: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=ARGUMENTS[name]))
        if source := CHAIN[name]:
            entry[source[0]] = source[1]
        entry |= draw(st.fixed_dictionaries({}, optional=OPTIONS))
        lines.append(f"  {name}: {flow_text(entry)}")
    return "\n".join(lines) + "\n"


@settings(max_examples=60, deadline=None)
@given(mapping_forms())
def test_both_spellings_give_equal_workflows(text: str) -> None:
    instance_form = converted(loads(text))
    assert "workflow:" in instance_form
    assert workflow_of(instance_form, REGISTRY) == workflow_of(text, REGISTRY)


def test_the_shipped_spec_converts_to_an_equal_one() -> None:
    from ecoflows import registry

    text = (ROOT / "specs" / "time_density.yaml").read_text()
    found = registry.installed()
    assert workflow_of(converted(loads(text)), found) == workflow_of(text, found)


def test_workflows_that_differ_are_not_equal() -> None:
    text = "name: x\ntasks:\n  load_observations: {path: a}\n"
    for change in (text.replace("path: a", "path: b"), text.replace("path: a", "path: a, retries: 1")):
        assert workflow_of(text, REGISTRY) != workflow_of(change, REGISTRY)
