"""What came of each instance of a run, noted under the cache root for the processes of the others."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from ecoflows.errors import NodeError, StoreError
from ecoflows.invocation.model import Elements
from ecoflows.store import Artifact, Store
from ecoflows.store.canonical import canonical_json
from ecoflows.store.layout import element_index, elements_folder, run_path
from ecoflows.store.serializers.composite import parse_json
from ecoflows.workflow.elements import Unit
from ecoflows.workflow.outcome import Outcome, State


class Note(BaseModel):
    """What came of an instance, or of an element of it.

    Attributes:
        id: What people call it.
        state: Its state.
        artifact: What others take from it.
        key: The cache key of its result.
        seconds: How long it took.
        error: Why it failed or was skipped.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    state: State
    artifact: Artifact | None = None
    key: str | None = None
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class Notes:
    """The notes of one run.

    Attributes:
        store: The cache root.
        workflow: The workflow's name.
        run: The run's id, any text.
    """

    store: Store
    workflow: str
    run: str

    def write(self, instance: str, outcome: Outcome, index: int | None = None) -> None:
        """Note what came of an instance.

        Args:
            instance: Its id.
            outcome: What came of it.
            index: Which element, where this is about one.

        Raises:
            StoreError: If the cache root cannot be written.
        """
        note = Note(
            id=outcome.id,
            state=outcome.state,
            artifact=outcome.artifact,
            key=outcome.result.key if outcome.result else None,
            seconds=outcome.seconds,
            error=outcome.error,
        )
        data = canonical_json(note.model_dump(mode="json"))
        self.store.files.write(run_path(self.workflow, self.run, instance, index), data)

    def forget(self, instance: str, index: int | None = None) -> None:
        """Remove what an earlier attempt noted.

        Args:
            instance: The instance's id.
            index: Which element, where this is about one.
        """
        self.store.files.delete(run_path(self.workflow, self.run, instance, index))

    def forget_elements(self, instance: str, elements: Elements) -> None:
        """Remove what an earlier attempt noted of some elements.

        Args:
            instance: The instance's id.
            elements: Which elements.
        """
        folder = elements_folder(self.workflow, self.run, instance)
        for entry in list(self.store.files.walk(folder)):
            index = element_index(entry.path)
            if index is not None and elements.first <= index <= elements.last:
                self.store.files.delete(entry.path)

    def read(self, instance: str, index: int | None = None) -> Note | None:
        """What was noted of an instance, or ``None`` where nothing usable was.

        Args:
            instance: Its id.
            index: Which element, where this is about one.
        """
        data = self.store.files.read(run_path(self.workflow, self.run, instance, index))
        try:
            return None if data is None else Note.model_validate(parse_json(data))
        except (ValidationError, StoreError):
            return None

    def artifact(self, instance: str) -> Artifact:
        """What an instance returned in this run.

        Args:
            instance: Its id.

        Raises:
            NodeError: If it did not complete.
        """
        note = self.read(instance)
        if note is None or note.artifact is None:
            why = f": {note.error}" if note and note.error else ""
            raise NodeError(f"needs '{instance}', which did not complete in the run '{self.run}'{why}")
        return note.artifact

    def outcome(self, unit: Unit) -> Outcome:
        """What came of an element.

        A note counts only where it is about this very call: one of an earlier attempt, which was
        given something else, says nothing about the element.

        Args:
            unit: The element.

        Returns:
            The outcome; where nothing is noted, its process ended before it could tell.
        """
        note = self.read(unit.node.id, unit.index)
        label = unit.label
        if note is None:
            return _ended(label)
        if note.state is State.SKIPPED:
            if unit.skip_reason() is None:
                return _ended(label)
            return Outcome(label, State.SKIPPED, None, note.seconds, note.error, skipped=note.artifact)
        if note.key is None or note.artifact is None:
            return Outcome(label, State.FAILED, None, note.seconds, note.error or f"'{label}' failed")
        if note.key != unit.call.key.key:
            return _ended(label)
        result = self.store.find_result(note.key)
        if result is None:
            return Outcome(label, State.FAILED, None, note.seconds, f"'{label}': its result is gone")
        # Another run may have written under the same key since.
        result = result.model_copy(update={"artifact": note.artifact})
        return Outcome(label, note.state, result, note.seconds)


def _ended(label: str) -> Outcome:
    return Outcome(label, State.FAILED, error=f"'{label}': its process ended without a result")
