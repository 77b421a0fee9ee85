"""One invocation: what it refuses, what it notes, how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import map_tasks
from ecoflows.errors import CorruptArtifactError, EcoflowsError, NodeError, ProblemError, StoreError
from ecoflows.invocation import Answer, Elements, Invocation, is_retryable, perform
from ecoflows.invocation.notes import Notes
from ecoflows.skipped import SKIPPED
from ecoflows.store import Store
from ecoflows.store.locating import artifact_at
from ecoflows.workflow.outcome import State


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    map_tasks.reset()


def done(task: str, how: dict[str, Any] | None = None, **call: Any) -> Answer:
    invocation = Invocation.model_validate({"cache_root": "cache", **call})
    reference = task if ":" in task else f"map_tasks:{task}"
    return perform(reference, invocation, Store("cache"), where="CALL", **(how or {}))


def refused(task: str, **call: Any) -> str:
    with pytest.raises(ProblemError) as raised:
        done(task, **call)
    return str(raised.value)


def test_a_plain_call() -> None:
    answer = done("numbers", arguments={"count": 2})
    assert (answer.state, answer.length, answer.instance) == (State.COMPLETED, 2, "numbers")
    assert answer.artifact is not None
    assert Store("cache").load(answer.artifact) == [0, 1]
    assert done("numbers", arguments={"count": 2}).state is State.CACHED
    assert done("numbers", arguments={"count": 2}, cache="never").state is State.COMPLETED
    told = answer.as_json(Store("cache"))
    assert told["artifact"]["uri"] == str(Path("cache", answer.artifact.path).resolve())
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize("absolute", [True, False])
def test_an_artifact_is_named_by_its_uri(absolute: bool) -> None:
    store = Store("cache")
    source = done("table", arguments={"rows": 3}).artifact
    assert source is not None
    uri = store.uri(source) if absolute else source.path
    direct = done("total", arguments={"df": {"$artifact": uri}})
    named = done("total", arguments={"df": {"$artifact": "mine"}}, inputs={"mine": uri})
    assert direct.key == named.key
    assert direct.artifact is not None
    assert store.load(direct.artifact) == 3
    found = artifact_at(store, uri)
    assert (found.type, found.rows, found.sha256) == (source.type, source.rows, source.sha256)


@pytest.mark.parametrize("task", ["numbers", "table", "keys_and_tables", "mapping"], ids=lambda name: name)
def test_a_located_artifact_is_the_stored_one(task: str) -> None:
    arguments = {"numbers": {"count": 3}, "mapping": {"keys": ["a"]}}.get(task, {})
    store, artifact = Store("cache"), done(task, arguments=arguments).artifact
    assert artifact is not None
    assert artifact_at(store, store.uri(artifact)) == artifact


def test_an_artifact_elsewhere_is_refused(tmp_path: Path) -> None:
    source = done("table").artifact
    assert source is not None
    with pytest.raises(StoreError, match="not under the cache root"):
        done("total", arguments={"df": {"$artifact": str(tmp_path / "other" / source.path)}})
    gone = source.path.replace(source.sha256, "0" * 64)
    with pytest.raises(StoreError, match="not under the cache root"):
        done("total", arguments={"df": {"$artifact": f"s3://cache/{source.path}"}})
    with pytest.raises(CorruptArtifactError, match="missing"):
        done("total", arguments={"df": {"$artifact": gone}})
    Path("cache", source.path).write_bytes(b"other")
    with pytest.raises(CorruptArtifactError, match="altered"):
        done("total", arguments={"df": {"$artifact": source.path}})
    with pytest.raises(NodeError, match=r"'\.\./\.\./etc/passwd' is no stored value.*artifacts/<sha256>"):
        done("total", arguments={"df": {"$artifact": "../../etc/passwd"}})


def test_a_relative_path_from_here_is_under_a_relative_cache_root() -> None:
    source = done("table", arguments={"rows": 3}).artifact
    assert source is not None
    for uri in (f"cache/{source.path}", f"./cache/{source.path}"):
        assert done("total", arguments={"df": {"$artifact": uri}}).state in (State.COMPLETED, State.CACHED)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = refused(
        "square",
        arguments={"y": 1},
        parameters={"x": "many"},
        skipif=["nver"],
        given=["a__x", "b__z"],
        known=["a__x", "b__y"],
    )
    assert "the run has no parameter 'b__z'" in text
    assert "did you mean 'b__y'?" in text
    assert "'nver' names no condition" in text
    assert "has no argument 'y'" in text
    assert "the argument 'x': a whole number is expected" in text
    assert "CALL: error[" in text


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("no_such_module:x", "cannot be imported: ModuleNotFoundError"),
        ("map_tasks:sqare", "did you mean 'square'?"),
        ("map_tasks:Counter", "is no task"),
        (":", "names no task"),
        ("json:dumps", "is no task"),
    ],
)
def test_a_task_that_is_none(task: str, text: str) -> None:
    assert text in refused(task)


def test_missing_and_doubled_arguments() -> None:
    assert "the argument 'x' of 'square' is missing" in refused("square")
    text = refused("power", arguments={"x": 1}, parameters={"x": 2})
    assert "'x' is among the arguments and the parameters" in text
    text = refused("square", arguments={"x": 1}, map={"argnames": ["x"], "values": [1]})
    assert "'x' is mapped and given, too" in text
    assert "the unknown tag '$nonsense'" in refused("square", arguments={"x": {"$nonsense": 1}})


def test_what_cannot_be_read_is_told_once() -> None:
    text = refused("square", arguments={"x": {"$tuple": 5}})
    assert text.count("error[") == 1, text
    assert "arguments.x cannot be read" in text
    text = refused("square", map={"argnames": ["x"], "values": {"$tuple": 5}})
    assert text.count("error[") == 1, text


def test_an_argument_is_mapped_once() -> None:
    text = refused("power", map={"argnames": ["x", "x"], "values": [[1, 2]]})
    assert "'x' stands twice in argnames" in text


def test_parameters_are_plain_json() -> None:
    value = {"$tuple": [1], "$artifact": "x", "n": 10**30}
    answer = done("anything", parameters={"value": value})
    assert answer.artifact is not None
    assert Store("cache").load(answer.artifact) == value


def test_a_condition_of_a_package() -> None:
    source = done("numbers", arguments={"count": 2}, run="r", workflow="w", instance="a")
    assert source.length == 2
    call = {"run": "r", "workflow": "w", "arguments": {"value": {"$artifact": "a"}}}
    assert done("anything", **call, skipif=["map_tasks:any_is_odd"]).state is State.COMPLETED
    odd = done("anything", run="r", workflow="w", instance="odd", arguments={"value": 3})
    assert odd.state is State.COMPLETED
    call = {"run": "r", "workflow": "w", "arguments": {"value": {"$artifact": "odd"}}}
    skipped = done("anything", **call, skipif=["map_tasks:any_is_odd"])
    assert (skipped.state, skipped.error) == (State.SKIPPED, "any_is_odd holds")
    failed = done("anything", **call, skipif=["map_tasks:breaks"])
    assert failed.state is State.FAILED
    assert "its skip condition 'breaks'" in str(failed.error)
    assert "is no skip condition" in refused("anything", **call, skipif=["map_tasks:square"])


def test_what_others_return_is_found_in_the_same_run_only() -> None:
    done("numbers", run="r/../x", workflow="w", instance="a/b", arguments={"count": 2})
    call = {"workflow": "w", "arguments": {"values": {"$artifact": "a/b"}}}
    assert done("add_up", run="r/../x", **call).state is State.COMPLETED
    with pytest.raises(NodeError, match="needs 'a/b', which did not complete in the run 'other'"):
        done("add_up", run="other", **call)
    with pytest.raises(NodeError, match="'a/b' is no stored value"):
        done("add_up", **call)
    files = [path for path in Path("cache").rglob("*") if path.is_file()]
    assert all(path.resolve().is_relative_to(Path("cache").resolve()) for path in files)


def test_a_failure_is_noted_and_replaces_an_earlier_note() -> None:
    map_tasks.FAILING.add(5)
    failed = done("square", run="r", workflow="w", arguments={"x": 5})
    assert (failed.state, failed.retryable) == (State.FAILED, False)
    with pytest.raises(NodeError, match="no square of 5 today"):
        done("anything", run="r", workflow="w", arguments={"value": {"$artifact": "square"}})
    map_tasks.FAILING.clear()
    done("square", run="r", workflow="w", arguments={"x": 5})
    map_tasks.FAILING.add(5)
    done("square", run="r", workflow="w", arguments={"x": 5}, cache="never")
    note = Notes(Store("cache"), "w", "r").read("square")
    assert note is not None
    assert note.state is State.FAILED


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionError("x"), True),
        (TimeoutError("x"), True),
        (OSError(28, "No space left on device"), True),
        (FileNotFoundError("x"), False),
        (PermissionError("x"), False),
        (ValueError("x"), False),
        (None, False),
    ],
)
def test_what_may_go_away_by_itself(error: BaseException | None, expected: bool) -> None:
    assert is_retryable(error) is expected
    wrapped = NodeError("y")
    wrapped.__cause__ = error
    assert is_retryable(wrapped) is expected


def test_what_an_error_hides_does_not_count() -> None:
    error = ValueError("not a number")
    error.__context__ = ConnectionError("gone")
    assert is_retryable(error)
    error.__cause__ = None  # as ``raise ... from None`` does
    assert not is_retryable(error)


def test_an_error_of_httpx_may_go_away() -> None:
    import httpx

    assert is_retryable(httpx.ConnectError("x"))
    assert not is_retryable(httpx.InvalidURL("x"))


def test_a_flaky_task_is_told_as_one() -> None:
    first = done("fail_at_first", arguments={"x": 1})
    assert (first.state, first.retryable) == (State.FAILED, True)
    assert done("fail_at_first", arguments={"x": 1}).state is State.COMPLETED


def test_the_time_limit_is_kept() -> None:
    answer = done("slow", arguments={"x": 1, "seconds": 30}, timeout_seconds=0.2)
    assert (answer.state, answer.retryable) == (State.FAILED, True)
    assert "gave up after 0.2 s" in str(answer.error)


def test_elements_beyond_the_last_are_skipped() -> None:
    over = {"argnames": ["x"], "values": [1, 2]}
    answer = done("square", {"elements": Elements(2, 3)}, map=over, run="r")
    assert (answer.state, answer.error) == (State.SKIPPED, "there is no such element")


def test_all_elements_in_one_process() -> None:
    answer = done("square", map={"argnames": ["x"], "values": [1, 2, 3]})
    assert answer.artifact is not None
    assert Store("cache").load(answer.artifact) == [1, 4, 9]


def test_a_killed_element_counts_as_failed() -> None:
    over = {"argnames": ["x"], "values": [1, 2], "on_error": "skip"}
    done("square", {"elements": Elements(0, 0)}, map=over, run="r", workflow="w")
    whole = done("square", {"whole": True}, map=over, run="r", workflow="w")
    assert whole.state is State.COMPLETED
    over["on_error"] = "fail"
    whole = done("square", {"whole": True}, map=over, run="r", workflow="w")
    assert whole.state is State.FAILED
    assert "'square[1]': its process ended without a result" in str(whole.error)


def test_elements_of_an_earlier_attempt_do_not_count() -> None:
    how = {"run": "r", "workflow": "w", "instance": "s"}
    over = {"argnames": ["x"], "values": [1, 2, 3], "on_error": "skip"}
    done("square", {"elements": Elements(0, 2)}, map=over, **how)
    # The scheduler runs all again: the source has other values now, and only one process gets so far.
    over["values"] = [11, 12, 3]
    done("square", {"elements": Elements(0, 0)}, map=over, **how)
    whole = done("square", {"whole": True}, map=over, **how)
    assert whole.artifact is not None
    values = Store("cache").outline(whole.artifact)
    assert [value is SKIPPED for value in values] == [False, True, False]
    over["on_error"] = "fail"
    whole = done("square", {"whole": True}, map=over, **how)
    assert "'s[1]': its process ended without a result" in str(whole.error)


def test_a_skip_of_an_earlier_attempt_does_not_count() -> None:
    how = {"run": "r", "workflow": "w", "instance": "s", "skipif": ["map_tasks:any_is_odd"]}
    over = {"argnames": ["x"], "values": [1]}
    assert done("square", {"elements": Elements(0, 0)}, map=over, **how).state is State.SKIPPED
    whole = done("square", {"whole": True}, map=over, **how)
    assert whole.state is not State.FAILED
    over["values"] = [2]
    whole = done("square", {"whole": True}, map=over, **how)
    assert "its process ended without a result" in str(whole.error)


def test_a_process_that_cannot_start_leaves_no_earlier_note() -> None:
    how = {"run": "r", "workflow": "w", "instance": "s"}
    over = {"argnames": ["x"], "values": [1, 2]}
    notes = Notes(Store("cache"), "w", "r")
    done("square", {"elements": Elements(0, 1)}, map=over, **how)
    done("square", {"whole": True}, map=over, **how)
    assert None not in (notes.read("s"), notes.read("s", 0), notes.read("s", 1))
    with pytest.raises(ProblemError):
        done("no_such_module:square", {"elements": Elements(1, 1)}, map=over, **how)
    assert None not in (notes.read("s"), notes.read("s", 0))
    assert notes.read("s", 1) is None
    with pytest.raises(ProblemError):
        done("no_such_module:square", **how)
    assert notes.read("s") is None
    assert notes.read("s", 0)


def test_many_elements_are_forgotten_by_what_there_is() -> None:
    over = {"argnames": ["x"], "values": [1]}
    answer = done("square", {"elements": Elements(0, 999_999_999)}, map=over, run="r")
    assert answer.state is State.COMPLETED


def test_elements_without_a_map_are_refused() -> None:
    with pytest.raises(EcoflowsError, match="is not mapped"):
        done("square", {"elements": Elements(0, 0)}, arguments={"x": 1})
    with pytest.raises(EcoflowsError, match="name the run"):
        done("square", {"whole": True}, map={"argnames": ["x"], "values": [1]})


@pytest.mark.parametrize(("text", "expected"), [("7", (7, 7)), ("0-99", (0, 99))])
def test_elements_as_text(text: str, expected: tuple[int, int]) -> None:
    found = Elements.parse(text)
    assert (found.first, found.last) == expected


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "1-", "1-2-3", "\u0663"])
def test_no_elements(text: str) -> None:
    with pytest.raises(ValueError, match="names no elements"):
        Elements.parse(text)
