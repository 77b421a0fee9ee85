"""Modules as source: found and parsed without being imported."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FILE_NAME = re.compile(r"\w[\w./-]*\.\w+")

Target = tuple[str, str | None]
"""What an import binds a name to: a module, or a name in one."""


@dataclass(frozen=True)
class Module:
    """What a module's source defines and imports at its top level.

    Attributes:
        name: The dotted name.
        file: The file, as code objects name it.
        tree: The whole source.
        definitions: The statements that define or change a name, by name.
        imports: What the imports of a name bind it to, by name.
        stars: The modules of which everything is imported.
    """

    name: str
    file: str
    tree: ast.Module
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, list[Target]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    @property
    def is_package(self) -> bool:
        """Whether relative imports start here and not one level up."""
        return Path(self.file).name == "__init__.py"


_READ: dict[str, tuple[object, Module | None]] = {}


def state(name: str) -> object:
    """What tells whether a module's code is still what it was: of one that is loaded, its loading.

    What a process runs is what it loaded, whatever became of the file since; only a reload
    changes it. Of a module that is not loaded yet the file tells.

    Args:
        name: The dotted name.
    """
    if (loaded := sys.modules.get(name)) is not None:
        return getattr(loaded, "__spec__", None)
    file = _file_of(name)
    try:
        found = Path(file).stat() if file else None
    except OSError:
        found = None
    return (found.st_mtime_ns, found.st_size) if found else None


def is_same(one: object, other: object) -> bool:
    """Whether two states are one and the same; of two loadings of a file, they are not."""
    return one is other or (isinstance(one, tuple) and one == other)


def read_module(name: str) -> Module | None:
    """A module's source as it was when it was first read after loading; ``None`` without source.

    Args:
        name: The dotted name.
    """
    now = state(name)
    known = _READ.get(name)
    if known is None or not is_same(known[0], now):
        known = _READ[name] = now, _parsed(name)
    return known[1]


def exists(name: str) -> bool:
    """Whether there is a module of this name, loaded or not."""
    return name in sys.modules or _file_of(name) is not None or bool(_folders_of(name))


def _parsed(name: str) -> Module | None:
    file = _file_of(name)
    if file is None:
        return None
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    module = Module(name, file, tree)
    touched: list[tuple[str, ast.stmt]] = []
    for statement in tree.body:
        for node in _outer(statement):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias, target in imported(node, name, is_package=module.is_package):
                    if alias == "*":
                        module.stars.append(target[0])
                    else:
                        module.imports.setdefault(alias, []).append(target)
        for bound in dict.fromkeys(_bound_by(statement)):
            module.definitions.setdefault(bound, []).append(statement)
        touched += [(changed, statement) for changed in dict.fromkeys(_touched_by(statement))]
    for changed, statement in touched:
        if changed in module.definitions and statement not in module.definitions[changed]:
            module.definitions[changed].append(statement)
    return module


def _file_of(name: str) -> str | None:
    """A module's source file, found without importing it or what it lies in."""
    if (loaded := sys.modules.get(name)) is not None:
        file = getattr(loaded, "__file__", None)
        return file if isinstance(file, str) and file.endswith(".py") else None
    parent, _, child = name.rpartition(".")
    for folder in _folders_of(parent):
        for file in (folder / child / "__init__.py", folder / f"{child}.py"):
            if file.is_file():
                return str(file)
    return None


def _folders_of(name: str) -> list[Path]:
    """The folders in which a package's modules are looked for."""
    if not name:
        return []
    if (loaded := sys.modules.get(name)) is not None:
        return [Path(folder) for folder in getattr(loaded, "__path__", ())]
    parent, _, child = name.rpartition(".")
    return [folder / child for folder in _folders_of(parent) if (folder / child).is_dir()]


def imported(
    node: ast.Import | ast.ImportFrom, module: str, *, is_package: bool
) -> Iterator[tuple[str, Target]]:
    """The names that an import statement binds, each with what it is bound to.

    Args:
        node: The statement.
        module: The module that it stands in.
        is_package: Whether that is a package's ``__init__``.
    """
    if isinstance(node, ast.Import):
        for item in node.names:
            # "import a.b" binds "a"; what is used of it shows in the attributes.
            root = item.name.partition(".")[0]
            yield (item.asname, (item.name, None)) if item.asname else (root, (root, None))
        return
    base = node.module or ""
    if node.level:
        parts = module.split(".")
        kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
        base = ".".join([*kept, *([base] if base else [])])
    for item in node.names:
        yield item.asname or item.name, (base, item.name)


def _outer(node: ast.AST) -> Iterator[ast.AST]:
    """A statement's nodes that run with it, not those inside functions and classes."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outer(child)


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    for node in _outer(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id


def _touched_by(statement: ast.stmt) -> Iterator[str]:
    """The names whose values a statement may change: ``TABLE["a"] = 1``, ``TABLE.update(...)``."""
    for node in _outer(statement):
        changed: list[ast.expr] = []
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed = [node]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            changed = [node.value.func, *node.value.args]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            changed = node.decorator_list
        for expression in changed:
            yield from _base_of(expression)


def _base_of(expression: ast.expr) -> Iterator[str]:
    while isinstance(expression, ast.Attribute | ast.Subscript | ast.Call):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    if isinstance(expression, ast.Name):
        yield expression.id


def files_named(code: ast.AST, module: Module) -> Iterator[tuple[str, str]]:
    """The files beside a module that its code names, such as a template: path and digest of each.

    A task that reads a file of its own package does so by a name that stands in its code.

    Args:
        code: A piece of the module's code.
        module: The module.
    """
    folder = Path(module.file).parent
    for part in ast.walk(code):
        text = part.value if isinstance(part, ast.Constant) else None
        if not isinstance(text, str) or not _FILE_NAME.fullmatch(text) or ".." in text:
            continue
        try:
            yield text, hashlib.sha256((folder / text).read_bytes()).hexdigest()
        except OSError:
            continue  # a text that looks like a file's name
