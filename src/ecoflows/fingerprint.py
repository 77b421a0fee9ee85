"""A digest of a function's code: what it says and what it reaches inside its own package.

The digest is taken from syntax trees, so comments, formatting, docstrings and the texts of
``Field(description=...)`` do not count, and nothing is imported to take it. Names are followed
through modules of the function's own package; of other packages only the imported name counts.
Values that no source shows (closures, defaults) count by content.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import inspect
import logging
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

_Statement = ast.stmt
_TEXTS_OF_A_FIELD = {"description", "title", "examples"}


@functools.cache
def code_digest(function: Callable[..., Any]) -> str:
    """The sha256 of a function's code.

    Args:
        function: A plain Python function, wrapped by decorators or not.

    Returns:
        64 hexadecimal digits; equal in every process that has the same source. A function that
        closes over an object that cannot be compared has another digest in each process, so
        that its results are never taken for those of another.
    """
    collector = _Collector(_Scope.of(function))
    collector.function(function)
    return hashlib.sha256("\n".join(collector.parts).encode()).hexdigest()


@dataclass(frozen=True)
class _Scope:
    """The modules whose code counts."""

    package: str

    @classmethod
    def of(cls, function: Callable[..., Any]) -> _Scope:
        module = inspect.unwrap(function).__module__
        # Of ecoflows itself the tasks count; a new release of the engine keeps results valid.
        return cls("ecoflows.tasks" if module.startswith("ecoflows.") else module.partition(".")[0])

    def has(self, module: str) -> bool:
        return module == self.package or module.startswith(f"{self.package}.")


@dataclass(frozen=True)
class _Module:
    """What a module's source defines and imports at its top level."""

    name: str
    tree: ast.Module
    definitions: dict[str, list[_Statement]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)


@functools.cache
def _module(name: str) -> _Module | None:
    """Parse a module's source without importing it; ``None`` where there is no source."""
    file = _source_file(name)
    if file is None:
        return None
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    is_package = Path(file).name == "__init__.py"
    module = _Module(name, tree)
    for statement in _top_level(tree.body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias, target in _imported(statement, name, is_package):
                if alias == "*":
                    module.stars.append(target[0])
                else:
                    module.imports[alias] = target
        for defined in _defined_by(statement):
            module.definitions.setdefault(defined, []).append(statement)
    return module


def _source_file(name: str) -> str | None:
    loaded = sys.modules.get(name)
    if loaded is not None:
        file = getattr(loaded, "__file__", None)
        return file if file and file.endswith(".py") else None
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return spec.origin if spec and spec.origin and spec.origin.endswith(".py") else None


def _top_level(body: list[_Statement]) -> Iterator[_Statement]:
    """The statements that run on import, those inside ``if`` and ``try`` too."""
    for statement in body:
        if isinstance(statement, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(statement, part, []))
            for handler in getattr(statement, "handlers", []):
                yield from _top_level(handler.body)
        else:
            yield statement


def _imported(
    node: ast.Import | ast.ImportFrom, module: str, is_package: bool
) -> Iterator[tuple[str, tuple[str, str | None]]]:
    if isinstance(node, ast.Import):
        for item in node.names:
            # "import a.b" binds "a"; what is used of it shows in the attributes.
            yield (
                (item.asname, (item.name, None))
                if item.asname
                else (
                    item.name.partition(".")[0],
                    (item.name.partition(".")[0], None),
                )
            )
        return
    base = node.module or ""
    if node.level:
        parts = module.split(".")
        kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
        base = ".".join([*kept, *([base] if base else [])])
    for item in node.names:
        yield item.asname or item.name, (base, item.name)


def _defined_by(statement: _Statement) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


class _Normaliser(ast.NodeTransformer):
    """Drops what does not change what code does."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # ast's naming
        node.decorator_list = [item for item in node.decorator_list if not _is_distributed(item)]
        return self._without_docstring(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:  # ast's naming
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:  # ast's naming
        return self._without_docstring(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:  # ast's naming
        if _last_name(node.func) == "Field":
            node.keywords = [item for item in node.keywords if item.arg not in _TEXTS_OF_A_FIELD]
        return self.generic_visit(node)

    def _without_docstring(self, node: Any) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)


def _is_distributed(decorator: ast.expr) -> bool:
    return _last_name(decorator.func if isinstance(decorator, ast.Call) else decorator) == "distributed"


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _normal(node: ast.AST) -> ast.AST:
    """A copy without what does not change what the code does."""
    normal: ast.AST = _Normaliser().visit(ast.parse(ast.unparse(node)))
    return normal


class _Collector:
    """Walks from a function to all that it reaches, noting each piece of code once."""

    def __init__(self, scope: _Scope) -> None:
        self.scope = scope
        self.parts: list[str] = []
        self._seen: set[tuple[str, str]] = set()
        self._seen_functions: set[int] = set()

    def function(self, function: Callable[..., Any]) -> None:
        """Note a function object: its source, closure and defaults, and what it wraps."""
        if id(function) in self._seen_functions:
            return
        self._seen_functions.add(id(function))
        if not isinstance(function, FunctionType):
            self._note("callable", f"{function!r}")
            return
        node = _node_of(function)
        if node is None:
            self._note("bytecode", _code_text(function.__code__))
        else:
            self._source("source", node, function.__module__)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self._note("closure", name)
            self._value(_contents(cell))
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._note("default", "")
            self._value(default)
        if hasattr(function, "__wrapped__"):
            self.function(function.__wrapped__)

    def _note(self, kind: str, text: str) -> None:
        self.parts.append(f"{kind} {text}")

    def _value(self, value: Any) -> None:
        """Note a value that the source does not show."""
        if isinstance(value, FunctionType):
            if self.scope.has(value.__module__):
                self.function(value)
            else:
                self._note("function", f"{value.__module__}:{value.__qualname__}")
        elif isinstance(value, type):
            self._note("class", f"{value.__module__}:{value.__qualname__}")
            if self.scope.has(value.__module__):
                self._name(value.__module__, value.__qualname__.partition(".")[0], ())
        elif isinstance(value, ModuleType):
            self._note("module", value.__name__)
        elif isinstance(value, logging.Logger):
            self._note("logger", value.name)
        elif isinstance(value, list | tuple):
            self._note(type(value).__name__, str(len(value)))
            for item in value:
                self._value(item)
        elif isinstance(value, dict):
            self._note("dict", str(len(value)))
            for key, item in value.items():
                self._value(key)
                self._value(item)
        elif isinstance(value, set | frozenset):
            self._note("set", ", ".join(sorted(map(repr, value))))
        elif value is None or isinstance(value, bool | int | float | complex | str | bytes):
            self._note(type(value).__name__, repr(value))
        elif isinstance(getattr(value, "function", None), FunctionType):
            self.function(value.function)  # a task
        elif type(value).__module__ in ("pydantic.fields", "inspect", "types", "functools"):
            self._note("declared", repr(value) if type(value).__module__ != "functools" else "")
            if isinstance(value, functools.partial):
                self._value([value.func, list(value.args), value.keywords])
        else:
            self._note("opaque", f"{type(value).__qualname__} {_PROCESS}")

    def _source(self, kind: str, node: ast.AST, module_name: str) -> None:
        """Note a piece of source and follow the names that it uses."""
        normal = _normal(node)
        self._note(kind, ast.dump(normal))
        self._names(normal, module_name)

    def _names(self, node: ast.AST, module_name: str) -> None:
        """Follow every name that a piece of code uses."""
        local: dict[str, tuple[str, str | None]] = {}
        known = _module(module_name)
        is_package = known is not None and (_source_file(module_name) or "").endswith("__init__.py")
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                local |= dict(_imported(inner, module_name, is_package))
        for name, attributes in sorted(_uses(node)):
            if name in local:
                self._imported_name(*local[name], attributes)
            else:
                self._name(module_name, name, attributes)

    def _name(self, module_name: str, name: str, attributes: tuple[str, ...]) -> None:
        module = _module(module_name)
        if module is None:
            return
        if name in module.definitions:
            if (module_name, name) in self._seen:
                return
            self._seen.add((module_name, name))
            for statement in module.definitions[name]:
                self._source(f"{module_name}.{name}", statement, module_name)
        elif name in module.imports:
            self._imported_name(*module.imports[name], attributes)
        else:
            for star in module.stars:
                if self.scope.has(star):
                    self._name(star, name, attributes)

    def _imported_name(self, module_name: str, name: str | None, attributes: tuple[str, ...]) -> None:
        """Follow an imported name; of a module, follow the attributes that are used of it."""
        while True:
            child = f"{module_name}.{name}" if name else module_name
            if not self.scope.has(module_name) and not self.scope.package.startswith(f"{module_name}."):
                self._note("import", child)
                return
            if name is not None and _source_file(child) is None:
                self._name(module_name, name, attributes)
                return
            module_name, name, attributes = child, next(iter(attributes), None), attributes[1:]
            if name is None:
                self._whole(module_name)
                return

    def _whole(self, module_name: str) -> None:
        """Note a module that is used as a value, where any of it may matter."""
        module = _module(module_name)
        if module is not None and self.scope.has(module_name):
            for name in sorted(module.definitions):
                self._name(module_name, name, ())


_PROCESS = uuid.uuid4().hex


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet: a function that refers to itself
        return None


def _uses(node: ast.AST) -> set[tuple[str, tuple[str, ...]]]:
    """The names that code reads, each with the attributes taken of it."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    inner: set[int] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and id(part) not in inner:
            attributes: list[str] = []
            base: ast.expr = part
            while isinstance(base, ast.Attribute):
                inner.add(id(base))
                attributes.append(base.attr)
                base = base.value
            if isinstance(base, ast.Name):
                inner.add(id(base))
                found.add((base.id, tuple(reversed(attributes))))
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and id(part) not in inner:
            found.add((part.id, ()))
    return found


def _node_of(function: FunctionType) -> ast.AST | None:
    """The syntax tree of a function, found by where its code object starts."""
    module = _module(function.__module__)
    if module is not None and _source_file(function.__module__) == function.__code__.co_filename:
        tree: ast.AST = module.tree
        offset = 0
    else:
        try:
            lines, start = inspect.getsourcelines(function)
            tree = ast.parse(textwrap.dedent("".join(lines)))
            offset = start - 1
        except (OSError, TypeError, SyntaxError):
            return None
    first = function.__code__.co_firstlineno - offset
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.__code__.co_name:
            start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if start == first:
                return node
    return None


def _code_text(code: CodeType) -> str:
    """A code object as text, for functions that have no source."""
    constants = [
        _code_text(item) if isinstance(item, CodeType) else repr(item)
        for item in code.co_consts
        if item is not code.co_consts[0] or not isinstance(item, str)  # the docstring comes first
    ]
    return repr((code.co_code.hex(), constants, code.co_names, code.co_varnames))
