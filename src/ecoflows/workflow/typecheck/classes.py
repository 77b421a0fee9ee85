"""Which classes pydantic's lax mode takes as which: numbers, texts, times, and people's own."""

from __future__ import annotations

import dataclasses
import enum
from abc import ABCMeta
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NotRequired, Required, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, RootModel, TypeAdapter
from typing_extensions import ReadOnly, is_typeddict

from ecoflows.workflow.typecheck.verdict import Verdict

PLAIN = (bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, Path)
"""Classes of values without parts; one that derives from another comes before it."""
NUMBERS = (bool, int, float, Decimal)

_PROVED = {
    (bool, int),
    (bool, float),
    (bool, timedelta),
    (int, float),
    (int, Decimal),
    (str, Path),
    (date, datetime),
    (Decimal, float),
}
_READ = (int, float, Decimal, str, bytes)
_UNKNOWN = {
    *((float, int), (float, Decimal), (Decimal, int), (datetime, date), (bytes, str), (str, bytes)),
    *((one, bool) for one in _READ),
    *((one, other) for one in (str, bytes) for other in (int, float, Decimal)),
    *((one, other) for one in _READ for other in (datetime, date, time, timedelta)),
}
"""What becomes of a plain value depends on the value; what stands in neither table is refused."""


def is_record(annotation: Any) -> bool:
    """Whether an annotation is a typed dictionary."""
    return is_typeddict(get_origin(annotation) or annotation)


def is_named_tuple(kind: type) -> bool:
    """Whether a class is a named tuple."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def fields_of(kind: Any) -> Mapping[str, Any]:
    """The annotations of a named tuple's or a typed dictionary's fields."""
    hints = get_type_hints(get_origin(kind) or kind, include_extras=True)
    names = getattr(kind, "_fields", tuple(hints))
    return {name: _bare(hints.get(name, Any)) for name in names}


def required_of(record: Any) -> frozenset[str]:
    """The keys that a typed dictionary has for sure."""
    kind = get_origin(record) or record
    found = set(kind.__required_keys__)
    for name, annotation in get_type_hints(kind, include_extras=True).items():
        # Where annotations are texts, Python does not see what they say of a key.
        if get_origin(annotation) is NotRequired:
            found.discard(name)
        elif get_origin(annotation) is Required:
            found.add(name)
    return frozenset(found)


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) in (NotRequired, Required, ReadOnly):
        annotation = get_args(annotation)[0]
    return annotation


def compare_classes(source: Any, target: Any) -> Verdict:
    """Whether values of a class are taken as another class.

    Args:
        source: The class of what is given, which is no container.
        target: The class that is taken, which is no container either.
    """
    one, other = get_origin(source) or source, get_origin(target) or target
    own = next((kind for kind in PLAIN if one is kind), None)
    kind = next((kind for kind in PLAIN if issubclass(one, kind)), None)
    if other in PLAIN and kind is not None:
        found = _compare_plain(kind, other)
        return found if own is not None or found is Verdict.PROVED else Verdict.UNKNOWN
    if _is_a(one, other):
        # A frozen instance is not looked at again; of a generic class the parts are.
        return Verdict.PROVED if source == one and target == other else Verdict.UNKNOWN
    if _is_a(other, one) or _of_one_generic(one, other):
        return Verdict.UNKNOWN
    if other in PLAIN:
        numeric = any(hasattr(one, name) for name in ("__float__", "__index__", "__int__"))
        return Verdict.UNKNOWN if numeric and other in NUMBERS else Verdict.REFUTED
    if issubclass(other, enum.Enum):
        return _into_enum(one, other)
    return Verdict.REFUTED if _refuses_all_but_its_own(other, mapping=False) else Verdict.UNKNOWN


def _of_one_generic(one: Any, other: Any) -> bool:
    """Whether two pydantic models are the same generic one, whose values are read anew."""
    origins = [getattr(kind, "__pydantic_generic_metadata__", {}).get("origin") for kind in (one, other)]
    return origins[0] is not None and origins[0] is origins[1]


def _compare_plain(source: type, target: type) -> Verdict:
    if source is target or (source, target) in _PROVED:
        return Verdict.PROVED
    return Verdict.UNKNOWN if (source, target) in _UNKNOWN else Verdict.REFUTED


def _is_a(one: type, other: type) -> bool:
    try:
        return issubclass(one, other)
    except TypeError:  # a protocol with attributes
        return False


def _into_enum(source: type, target: type[enum.Enum]) -> Verdict:
    """A value that may be a member's: only texts can be where all members are texts."""
    standard = getattr(target._missing_, "__func__", None) is getattr(enum.Enum._missing_, "__func__", None)
    texts = all(isinstance(member.value, str) for member in target)
    refused = standard and texts and source in PLAIN and source not in (str, bytes)
    return Verdict.REFUTED if refused else Verdict.UNKNOWN


def container_into_class(container: str, kind: type) -> Verdict:
    """Whether lists, tuples, sets or mappings are taken as a class.

    Args:
        container: Which of these.
        kind: The class.
    """
    if kind in PLAIN:
        return Verdict.UNKNOWN if container == "tuple" and kind is Decimal else Verdict.REFUTED
    known = (list, tuple, dict, set, frozenset) if container != "table" else _table_classes()
    if any(_is_a(own, kind) or _is_a(kind, own) for own in known) or _looks_at_instances(kind):
        return Verdict.UNKNOWN
    refused = _refuses_all_but_its_own(kind, mapping=container == "mapping")
    return Verdict.REFUTED if refused else Verdict.UNKNOWN


def _table_classes() -> tuple[type, ...]:
    import pandas as pd

    return (pd.DataFrame,)


def _looks_at_instances(kind: type) -> bool:
    """Whether a class decides by itself what its instances are, as protocols do."""
    usual = getattr(type(kind), "__instancecheck__", None) in (
        type.__instancecheck__,
        ABCMeta.__instancecheck__,
    )
    return bool(getattr(kind, "_is_protocol", False)) or not usual or "__subclasshook__" in vars(kind)


@cache
def _refuses_all_but_its_own(kind: type, *, mapping: bool) -> bool:
    """Whether a class takes its instances only, and mappings of its fields where it has some."""
    if _looks_at_instances(kind) and not issubclass(kind, BaseModel | enum.Enum):
        return False
    if issubclass(kind, BaseModel):
        return not (
            mapping
            or issubclass(kind, RootModel)
            or kind.model_config.get("from_attributes")
            or _has_code_in_front(kind)
        )
    if dataclasses.is_dataclass(kind):
        return not mapping and not _has_code_in_front(kind)
    if hasattr(kind, "__get_pydantic_core_schema__") or hasattr(kind, "__get_validators__"):
        return False
    try:
        schema = TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True)).core_schema
    except Exception:  # noqa: BLE001  # a class that pydantic does not know
        return False
    return bool(schema["type"] == "is-instance")


def _has_code_in_front(kind: Any) -> bool:
    """Whether code of the class's author sees what is given before it is refused."""
    made = getattr(kind, "__get_pydantic_core_schema__", None)
    usual = BaseModel.__get_pydantic_core_schema__.__func__  # type: ignore[attr-defined]  # a class method
    if made is not None and getattr(made, "__func__", None) is not usual:
        return True
    decorators = getattr(kind, "__pydantic_decorators__", None)
    found = decorators.model_validators.values() if decorators is not None else ()
    return any(validator.info.mode != "after" for validator in found)
