"""The walk from a function to all that it reaches inside its own package."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from ecoflows.fingerprint.modules import Module, Target, exists, files_named, imported, read_module
from ecoflows.fingerprint.trees import code_text, names_in, node_elsewhere, node_in, normal, uses
from ecoflows.fingerprint.values import note_value


@dataclass(frozen=True)
class Scope:
    """The modules whose code counts."""

    package: str

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Scope:
        """The package that a function belongs to."""
        module = getattr(inspect.unwrap(function), "__module__", None) or ""
        # Of ecoflows itself the tasks count; a new release of the engine keeps results valid.
        return cls("ecoflows.tasks" if module.startswith("ecoflows.") else module.partition(".")[0])

    def has(self, module: str) -> bool:
        """Whether a module's code counts."""
        return module == self.package or module.startswith(f"{self.package}.")

    def leads_to(self, module: str) -> bool:
        """Whether a module's code counts, or that of modules below it."""
        return self.has(module) or self.package.startswith(f"{module}.")


class Collector:
    """Notes each piece of code that counts once.

    Attributes:
        scope: The modules whose code counts.
        parts: The notes, one text each.
        modules: The names of the modules that were read.
        volatile: Whether values count that may change while the function stays the same object.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.parts: list[str] = []
        self.modules: set[str] = set()
        self.volatile = False
        self._functions: dict[int, FunctionType] = {}
        self._classes: set[type] = set()
        self._statements: set[int] = set()
        self._looked_up: set[tuple[str, str, tuple[str, ...]]] = set()

    def note(self, kind: str, text: str = "") -> None:
        """Note one thing that counts."""
        self.parts.append(f"{kind} {text}")

    def value(self, value: Any) -> None:
        """Note a value that the source does not show."""
        note_value(self, value)

    def function(self, function: Callable[..., Any]) -> None:
        """Note a function object: its source, closure and defaults, and what it wraps."""
        if not isinstance(function, FunctionType):
            self.value(function)
            return
        if id(function) in self._functions:
            return
        self._functions[id(function)] = function
        module = self._module(str(function.__globals__.get("__name__", "")))
        node = node_in(module, function) if module else None
        if module is not None and node is not None:
            self._source("source", node, module)
        else:
            self._outside_modules(function)
        self.contents(function)
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.note("default")
            self.value(default)

    def contents(self, function: FunctionType) -> None:
        """Note what a function closes over and wraps."""
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
        for name, cell in cells:
            self.volatile = True
            self.note("closure", name)
            try:
                self.value(cell.cell_contents)
            except ValueError:
                self.note("unbound")
        if hasattr(function, "__wrapped__"):
            self.value(function.__wrapped__)

    def of_class(self, kind: type) -> None:
        """Note a class, by its source where it has one."""
        self.note("class", f"{kind.__module__}:{kind.__qualname__}")
        if not self.scope.has(kind.__module__) or kind in self._classes:
            return
        self._classes.add(kind)
        module = self._module(kind.__module__)
        if module is not None:
            self._name(module.name, kind.__qualname__.partition(".")[0], ())
            return
        for base in kind.__bases__:
            self.value(base)
        for name, member in vars(kind).items():
            if name not in _OF_EVERY_CLASS:
                self.note("member", name)
                self.value(getattr(member, "__func__", member))

    def whole_module(self, name: str) -> None:
        """Note a module that is used as a value, where any of it may matter."""
        module = self._module(name) if self.scope.has(name) else None
        if module is not None:
            for defined in sorted({*module.definitions, *module.imports}):
                self._name(name, defined, ())

    def _module(self, name: str) -> Module | None:
        self.modules.add(name)
        return read_module(name)

    def _outside_modules(self, function: FunctionType) -> None:
        """Note a function of a notebook, of a REPL or of no source: its names by their values."""
        self.volatile = True
        code = function.__code__
        found = node_elsewhere(function)
        node = normal(found) if found is not None else None
        if node is None:
            self.note("bytecode", code_text(code, function.__doc__))
            names = names_in(code)
        else:
            self.note("source", ast.dump(node))
            names = sorted({name for name, _attributes in uses(node)} | set(names_in(code)))
        for name in names:
            if name in function.__globals__:
                self.note("global", name)
                self.value(function.__globals__[name])

    def _source(self, kind: str, node: ast.AST, module: Module) -> None:
        """Note a piece of source and follow the names that it uses."""
        code = normal(node, module)
        self.note(kind, ast.dump(code))
        for path, digest in files_named(code, module):
            self.note("file", f"{path} {digest}")
        local: dict[str, list[Target]] = {}
        for inner in ast.walk(code):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                for alias, target in imported(inner, module.name, is_package=module.is_package):
                    local.setdefault(alias, []).append(target)
        for name, attributes in uses(code):
            for target in local.get(name, ()):
                self._import(target, attributes)
            self._name(module.name, name, attributes)

    def _name(self, module_name: str, name: str, attributes: tuple[str, ...]) -> None:
        """Follow a name of a module to its definitions, there or where it is imported from."""
        if (module_name, name, attributes) in self._looked_up:
            return
        self._looked_up.add((module_name, name, attributes))
        module = self._module(module_name)
        if module is None:
            return
        for statement in module.definitions.get(name, ()):
            if id(statement) not in self._statements:
                self._statements.add(id(statement))
                self._source(f"{module_name}.{name}", statement, module)
        for target in module.imports.get(name, ()):
            self._import(target, attributes)
        if name not in module.definitions and name not in module.imports:
            for star in module.stars:
                if self.scope.has(star):
                    self._name(star, name, attributes)
                else:
                    self.note("import", f"{star}.*")

    def _import(self, target: Target, attributes: tuple[str, ...]) -> None:
        module_name, name = target
        if not self.scope.leads_to(module_name):
            self.note("import", f"{module_name}.{name}" if name else module_name)
        elif name is None:
            self._attribute(module_name, attributes)
        else:
            self._attribute(module_name, (name, *attributes))

    def _attribute(self, module_name: str, attributes: tuple[str, ...]) -> None:
        """Follow what is used of a module: a module in it, or a name."""
        if not attributes:
            self.whole_module(module_name)
            return
        name, rest = attributes[0], attributes[1:]
        child = f"{module_name}.{name}"
        if self.scope.leads_to(child) and exists(child):
            self._attribute(child, rest)
        if self.scope.has(module_name):
            self._name(module_name, name, rest)
            self._name(module_name, "__getattr__", ())


_OF_EVERY_CLASS = {
    "__annotations__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__static_attributes__",
    "__weakref__",
}
