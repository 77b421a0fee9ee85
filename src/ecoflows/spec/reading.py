"""Read the shape of a spec, in either spelling, collecting every problem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ecoflows.errors import ProblemError, in_order, nearest
from ecoflows.source import DataPath, Source
from ecoflows.source import load as load_source
from ecoflows.spec.airflow import Airflow
from ecoflows.spec.collecting import text
from ecoflows.spec.entries import Entries, fitting_options
from ecoflows.spec.expressions import Reference, reference_in, references
from ecoflows.spec.fragments import expanded
from ecoflows.spec.model import Instance, Spec
from ecoflows.spec.options import Options
from ecoflows.spec.shapes import KEPT, InstanceTop, MappingTop
from ecoflows.validation import shown


def load(path: str | Path) -> Spec:
    """Read a spec file.

    Args:
        path: A YAML file in the mapping form or the instance form.

    Returns:
        Its shape, and what is wrong with it.

    Raises:
        ProblemError: If it is no YAML, or nothing like a spec.
    """
    return from_source(load_source(path))


def from_source(source: Source) -> Spec:
    """The shape of a spec that was read already.

    Args:
        source: What was read.

    Raises:
        ProblemError: If it is nothing like a spec.
    """
    if source.data is None:
        hint = "a spec has a name and tasks; see 'ecoflows tasks' for what there is"
        raise ProblemError([source.problem((), "empty-spec", "the spec is empty", hint=hint)])
    if not isinstance(source.data, dict):
        message = f"a spec is a mapping with the keys 'name' and 'tasks', not {shown(source.data)}"
        lacks_space = isinstance(source.data, str) and ":" in source.data
        advice = "in YAML a space follows the ':' of a key" if lacks_space else None
        raise ProblemError([source.problem((), "not-a-mapping", message, hint=advice)])
    source, problems = expanded(source)
    reader = _Reader(source)
    reader.problems += problems
    return reader.read(source.data)


class _Reader(Entries):
    """Reads one document, collecting problems."""

    def read(self, data: dict[Any, Any]) -> Spec:
        data = self.text_keys(data, ())
        form = "workflow" if "workflow" in data else "tasks"
        if "tasks" in data and "workflow" in data:
            message = "'tasks' and 'workflow' are two spellings of one thing"
            self.add(("workflow",), "two-spellings", message, "keep one of them", side="key")
            data = {key: value for key, value in data.items() if key != "tasks"}
        entries = data.get(form)
        if form in data and entries in (None, [], {}):
            self.add((form,), "empty-spec", "the spec has no task instances")
            data[form] = {} if form == "tasks" else []
        if isinstance(entries, dict):
            entries = data[form] = self.text_keys(entries, (form,))
        if "airflow" in data:
            data["airflow"] = self._airflow_block(data["airflow"])
        self._check_top(data, form)
        self.defaults = self._defaults(data)
        instances: list[Instance] = []
        if form == "workflow" and isinstance(entries, list):
            instances = self.of_list(entries, (form,))
        elif form == "tasks" and isinstance(entries, dict):
            instances = self.of_mapping(entries)
        root = text(data.get("cache_root"))
        return Spec(
            name=text(data.get("name")) or text(data.get("id")),
            cache_root=self._root(root) if root else None,
            instances=tuple(instances),
            source=self.source,
            problems=tuple(in_order(self.problems)),
            kept={key: data[key] for key in KEPT if key in data},
            airflow=_airflow(data.get("airflow")),
            from_environment=self.from_environment,
            written=self.written,
        )

    def _check_top(self, data: dict[str, Any], form: str) -> None:
        entries = data.get(form)
        if form == "tasks" and isinstance(entries, list):
            hint = "a list of task instances stands under 'workflow:'"
            self.add((form,), "wrong-shape", "a mapping is expected, not a list", hint)
            data = {**data, form: {}}
        elif form == "workflow" and isinstance(entries, dict):
            hint = "a mapping of tasks to their arguments stands under 'tasks:'"
            self.add((form,), "wrong-shape", "a list is expected, not a mapping", hint)
            data = {**data, form: []}
        if data.get("name") is None and text(data.get("id")):
            data = {**data, "name": "named by its id"}
        self.shape(InstanceTop if form == "workflow" else MappingTop, data, ())

    def _defaults(self, data: dict[str, Any]) -> Options:
        """The defaults of all instances, as far as they fit; what does not was noted with the top."""
        return Options.model_validate(fitting_options(data.get("task-instance-defaults")))

    def _airflow_block(self, block: Any) -> Any:
        """The block of the Airflow DAG with its environment filled in."""
        if not isinstance(block, dict):
            return block
        path: DataPath = ("airflow",)
        found = {}
        for key, item in self.text_keys(block, path).items():
            value = self.value(item, (*path, key), bare_words=False)
            taken = [reference for reference in references(value) if isinstance(reference, Reference)]
            for reference in taken:
                message = "what a task instance returns is known only in a run, which this starts"
                self.add(reference.path, "bad-reference", message, "write the value itself")
            if not taken:
                found[key] = value
        return found

    def _root(self, root: str) -> str:
        """The cache root with its environment filled in."""
        path: DataPath = ("cache_root",)
        if reference_in(root, path):
            self.add(path, "bad-reference", "cache_root cannot be what a task instance returns")
            return root
        root = self.filled(root, path)
        if not root.strip():
            self.add(path, "wrong-shape", "cache_root is empty once the environment is filled in")
        if "://" in root:
            self._check_protocol(root.partition("://")[0].rpartition("::")[2], path)
        return root

    def _check_protocol(self, protocol: str, path: DataPath) -> None:
        from fsspec import available_protocols

        known = available_protocols()
        if protocol not in known:
            near = nearest(protocol, known)
            hint = f"did you mean '{near}://'?" if near else "some that exist: file, s3, gs, az, memory"
            self.add(path, "unknown-protocol", f"there is no file system '{protocol}://'", hint)


def _airflow(block: Any) -> Airflow:
    """What a block says, if it fits; what does not was noted with the top."""
    try:
        return Airflow.model_validate(block or {})
    except ValidationError:
        return Airflow()
