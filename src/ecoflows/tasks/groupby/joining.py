"""Join what came of the same groups in several places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from ecoflows.decorators import distributed
from ecoflows.skipped import SKIPPED, Skipped

_KEYS_SHOWN = 5


@distributed
def groupbykey(
    iterables: Annotated[
        list[list[tuple[Any, Any | Skipped]] | Skipped],
        Field(
            description=(
                "The lists to join, each of pairs of a key and a value, as split_groups gives them and "
                "maps over its groups pass them on."
            ),
        ),
    ],
    how: Annotated[
        Literal["exact", "outer"],
        Field(
            description=(
                "What to do where the lists have different keys: 'exact' is an error, 'outer' joins what "
                "is there."
            ),
        ),
    ] = "exact",
) -> list[tuple[Any, list[Any] | Skipped]]:
    """Join lists of keyed values: for each key, the list of its values.

    The values of a key are in the order of the lists. A value that was skipped counts as there,
    so that its key is not missing, and is left out of the key's list; a key whose values were all
    skipped is itself skipped. A list that was skipped as a whole has every key, and no value.

    Args:
        iterables: Lists of ``(key, value)`` pairs. A key is anything that Python can use as one; a
            list, which is what JSON makes of a tuple, is taken for the tuple.
        how: ``exact`` requires all lists to have the same keys, in any order; with ``outer`` a key
            has as many values as there are lists that have it.

    Returns:
        One ``(key, values)`` pair per key, in the order of the first list; with ``outer`` the keys
        that only later lists have follow in the order in which they are first met. No pairs
        if all lists were skipped.

    Raises:
        ValueError: If a list has a key twice, if a key cannot be one, or if the keys differ and
            ``how`` is ``exact``.
    """
    keyed = _by_key(iterables)
    keys = dict.fromkeys(key for values in keyed.values() for key in values)
    if how == "exact":
        _require_equal(keyed, keys)
    return [(key, _joined(values[key] for values in keyed.values() if key in values)) for key in keys]


def _joined(values: Iterable[Any]) -> list[Any] | Skipped:
    return [value for value in values if value is not SKIPPED] or SKIPPED


def _by_key(iterables: Sequence[Sequence[tuple[Any, Any]] | Skipped]) -> dict[int, dict[Hashable, Any]]:
    """The values by key of each list that is there, by its position."""
    problems: list[str] = []
    found: dict[int, dict[Hashable, Any]] = {}
    for position, pairs in enumerate(iterables):
        if isinstance(pairs, Skipped):
            continue
        values: dict[Hashable, Any] = {}
        repeated: list[Hashable] = []
        for given, value in pairs:
            key = _as_tuple(given)
            try:
                repeated += [key] if key in values else []
            except TypeError as error:
                raise ValueError(
                    f"iterables[{position}] has the key {key!r:.80}, which is no key: {error}"
                ) from error
            values[key] = value
        if repeated:
            problems.append(f"iterables[{position}] has more than once: {_listed(dict.fromkeys(repeated))}")
        found[position] = values
    if problems:
        raise ValueError(_report("a list may have one value for each key:", problems))
    return found


def _require_equal(keyed: Mapping[int, dict[Hashable, Any]], keys: Iterable[Hashable]) -> None:
    missing = {position: [key for key in keys if key not in values] for position, values in keyed.items()}
    problems = [f"iterables[{position}] lacks {_listed(lost)}" for position, lost in missing.items() if lost]
    if problems:
        title = "the lists have different keys, which 'how: outer' would join as far as they are there:"
        raise ValueError(_report(title, problems))


def _report(title: str, problems: Sequence[str]) -> str:
    return "\n".join([title, *(f"  - {problem}" for problem in problems)])


def _as_tuple(key: Any) -> Any:
    """A key in which lists are the tuples that they were before they were JSON."""
    return tuple(map(_as_tuple, key)) if type(key) in (list, tuple) else key


def _listed(keys: Iterable[Hashable]) -> str:
    found = list(keys)
    shown = [_readable(key) for key in found[:_KEYS_SHOWN]]
    more = len(found) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def _readable(key: Hashable) -> str:
    """A key as people write it: ``groupby_col = Salama, month = May``."""
    if isinstance(key, tuple) and key and all(isinstance(part, tuple) and len(part) == 3 for part in key):
        return ", ".join(" ".join(map(str, part)) for part in key)
    return repr(key)
