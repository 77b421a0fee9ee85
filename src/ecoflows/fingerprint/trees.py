"""Syntax trees: what of them counts, which names they use, where a function stands in them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from ecoflows.fingerprint.modules import Module

Use = tuple[str, tuple[str, ...]]
"""A name with the attributes that are taken of it."""

_TEXTS_OF_A_FIELD = {"description", "title", "examples"}


class _Normaliser(ast.NodeTransformer):
    """Drops what does not change what code does."""

    def __init__(self, decorators: set[str]) -> None:
        self.decorators = decorators

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # ast's naming
        node.decorator_list = [item for item in node.decorator_list if not self._is_distributed(item)]
        return self._with_body(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:  # ast's naming
        return self._with_body(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:  # ast's naming
        return self._with_body(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:  # ast's naming
        # A text that stands alone is a docstring, or might as well be a comment.
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        kept: ast.AST | None = None if is_text else self.generic_visit(node)
        return kept

    def visit_Call(self, node: ast.Call) -> ast.AST:  # ast's naming
        if _last_name(node.func) == "Field":
            node.keywords = [item for item in node.keywords if item.arg not in _TEXTS_OF_A_FIELD]
        kept: ast.AST = self.generic_visit(node)
        return kept

    def _with_body(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        kept: ast.AST = node
        return kept

    def _is_distributed(self, decorator: ast.expr) -> bool:
        return _last_name(decorator.func if isinstance(decorator, ast.Call) else decorator) in self.decorators


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def normal(node: ast.AST, module: Module | None = None) -> ast.AST:
    """A copy of a piece of code without what does not change what it does.

    Args:
        node: The code; its text is normalised too, so formatting does not count.
        module: Where it stands, for the name that ``@distributed`` has there.
    """
    imports = module.imports.items() if module else ()
    aliases = {name for name, targets in imports if ("ecoflows.decorators", "distributed") in targets}
    changed: ast.AST = _Normaliser({"distributed", *aliases}).visit(ast.parse(ast.unparse(node)))
    return changed


def uses(node: ast.AST) -> list[Use]:
    """The names that code reads, each with the attributes taken of it, sorted."""
    found: set[Use] = set()
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
        for annotation in _annotations(part):
            found |= set(_quoted(annotation))
    return sorted(found)


def _annotations(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.arg | ast.AnnAssign):
        return [node.annotation] if node.annotation is not None else []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.returns] if node.returns is not None else []
    return []


def _quoted(annotation: ast.expr) -> Iterator[Use]:
    """The names in those parts of an annotation that are written as text."""
    for part in ast.walk(annotation):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            try:
                inner = ast.parse(part.value, mode="eval")
            except (SyntaxError, ValueError):
                continue
            yield from uses(inner)


def node_in(module: Module, function: FunctionType) -> ast.AST | None:
    """The syntax tree of a function in its module's, found by where its code object starts.

    Args:
        module: The module that the function's globals belong to.
        function: The function.
    """
    if module.file != function.__code__.co_filename:
        return None
    return _definition(module.tree, function.__code__, offset=0)


def node_elsewhere(function: FunctionType) -> ast.AST | None:
    """The syntax tree of a function outside modules: a notebook's cell, a patched file."""
    try:
        lines, start = inspect.getsourcelines(function.__code__)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    return _definition(tree, function.__code__, offset=max(start - 1, 0))


def _definition(tree: ast.AST, code: CodeType, *, offset: int) -> ast.AST | None:
    first = code.co_firstlineno - offset
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if start == first:
                return node
    return None


def code_text(code: CodeType, docstring: str | None = None) -> str:
    """A code object as text, for functions that have no source.

    Args:
        code: The code object.
        docstring: The function's docstring, which does not count.
    """
    constants = code.co_consts[1:] if docstring and code.co_consts[:1] == (docstring,) else code.co_consts
    shown = [_constant_text(item) for item in constants]
    return repr((code.co_code.hex(), shown, code.co_names, code.co_varnames, code.co_freevars))


def _constant_text(value: Any) -> str:
    if isinstance(value, CodeType):
        return code_text(value)
    if isinstance(value, frozenset):
        return f"frozenset({sorted(map(_constant_text, value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant_text, value))})"
    return repr(value)


def names_in(code: CodeType) -> list[str]:
    """The global names that a code object may use, those of functions inside it too, sorted."""
    names = set(code.co_names)
    for item in code.co_consts:
        if isinstance(item, CodeType):
            names |= set(names_in(item))
    return sorted(names)
