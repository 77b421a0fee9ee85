"""What changes a function's digest and what does not: packages are written, read, edited, read again."""

from __future__ import annotations

import functools
import importlib
import linecache
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ecoflows.fingerprint import code_digest

BASE = {
    "__init__.py": "",
    "tasks.py": '''
        """Tasks."""
        from typing import Annotated, Any
        from pydantic import Field
        from ecoflows.annotations import DataFrame
        from ecoflows.decorators import distributed
        from . import constants, shapes as geometry
        from .reexport import smooth
        from .starred import *
        from .schemas import Fixes
        import wild.tools as tools
        import wild.more.deep
        import other_package

        FACTOR = 2
        TABLE = {"a": 1}
        TABLE["b"] = 2
        _CACHE = []

        def helper(x):
            """Help."""
            return x * FACTOR

        @distributed(image="a:1", tags=["io"])
        def run(
            x: Annotated[int, Field(description="A number.", ge=0)],
            fixes: "DataFrame[Fixes] | None" = None,
            limit: int = constants.LIMIT,
        ) -> int:
            """Run."""
            from .local import late
            # a comment
            return (
                helper(x) + geometry.area(x) + smooth(x) + spread(x) + tools.apply(x)
                + wild.more.deep.dig(x) + late(x) + TABLE["a"] + other_package.outside(x)
            )

        def unrelated(x):
            return x
    ''',
    "constants.py": "LIMIT = 10\nUNUSED = 1\n",
    "shapes.py": """
        from math import pi

        PI = pi

        def area(x):
            return PI * x

        def other(x):
            return x
    """,
    "reexport.py": "from .impl import smooth\n",
    "impl.py": "from . import loop\n\ndef smooth(x):\n    return loop.back(x, 0)\n",
    "loop.py": "from . import impl\n\ndef back(x, n):\n    return x if n > 3 else impl.smooth(x)\n",
    "starred.py": "from .starred_too import *\n\ndef unused(x):\n    return x\n",
    "starred_too.py": "from .starred import *\n\ndef spread(x):\n    return x + 1\n",
    "tools.py": """
        def apply(x):
            return getattr(Tool(), 'use')(x)

        class Tool:
            def use(self, x):
                return x
    """,
    "more/__init__.py": "",
    "more/deep.py": """
        from ..constants import LIMIT
        from .beside import beside

        def dig(x):
            return beside(x)
    """,
    "more/beside.py": "def beside(x):\n    return x\n",
    "local.py": "def late(x):\n    return x - 1\n\nraise RuntimeError('never imported by a digest')\n",
    "schemas.py": """
        import pandera.pandas as pa
        from pandera.typing.pandas import Series

        class Base(pa.DataFrameModel):
            x: Series[float] = pa.Field(ge=0, description="East.")

        class Fixes(Base):
            y: Series[float]
    """,
}
OTHER = {"__init__.py": "def outside(x):\n    return x\n"}


def write(folder: Path, name: str, modules: Mapping[str, str]) -> None:
    for path, text in modules.items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))


def forget(*names: str) -> None:
    for loaded in list(sys.modules):
        if loaded.partition(".")[0] in names:
            del sys.modules[loaded]
    importlib.invalidate_caches()


@pytest.fixture
def wild(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Writes the package with some edits and gives the digest of a task of it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def digest(
        *edits: tuple[str, str, str],
        task: str = "run",
        base: Mapping[str, str] = BASE,
        other: Mapping[str, str] = OTHER,
    ) -> str:
        modules = {path: textwrap.dedent(text) for path, text in base.items()}
        for path, old, new in edits:
            assert old in modules[path], f"{old!r} is not in {path}"
            modules[path] = modules[path].replace(old, new)
        write(tmp_path, "wild", modules)
        write(tmp_path, "other_package", other)
        forget("wild", "other_package")
        found = getattr(importlib.import_module("wild.tasks"), task)
        return code_digest(getattr(found, "function", found))

    yield digest
    forget("wild", "other_package")


@pytest.mark.parametrize(
    "edit",
    [
        ("tasks.py", "# a comment", "# another comment\n\n"),
        ("tasks.py", '"""Run."""', '"""Run differently.\n\n    At length.\n    """'),
        ("tasks.py", '"""Help."""', ""),
        ("tasks.py", '"""Tasks."""', '"""Other tasks."""\n\n\n'),
        ("tasks.py", 'description="A number."', 'title="x", description="Any number.", examples=[1]'),
        ("tasks.py", "return x * FACTOR", "return (x\n            * FACTOR)"),
        ("tasks.py", 'image="a:1", tags=["io"]', "image='b:2'"),
        ("tasks.py", '@distributed(image="a:1", tags=["io"])', "@distributed"),
        ("tasks.py", "def unrelated(x):\n    return x", "def unrelated(x):\n    return -x"),
        ("tasks.py", "_CACHE = []", "_CACHE = [1]"),
        ("tasks.py", "FACTOR = 2", "# how much\nFACTOR = 2\n'''Documented.'''"),
        ("constants.py", "UNUSED = 1", "UNUSED = 2"),
        ("shapes.py", "def other(x):\n    return x", "def other(x):\n    return 2 * x"),
        ("starred.py", "return x", "return -x"),
        ("schemas.py", 'description="East."', 'description="How far east."'),
        ("schemas.py", "class Fixes(Base):", 'class Fixes(Base):\n    """Fixes."""\n'),
    ],
    ids=lambda edit: f"{edit[0]}: {edit[1][:20]!r}",
)
def test_what_does_not_change_what_code_does_keeps_the_digest(wild: Callable[..., str], edit: Any) -> None:
    assert wild(edit) == wild()


@pytest.mark.parametrize(
    "edit",
    [
        ("tasks.py", "helper(x) + geo", "helper(x) - geo"),
        ("tasks.py", "FACTOR = 2", "FACTOR = 3"),
        ("tasks.py", "FACTOR = 2", "FACTOR = 2.0"),
        ("tasks.py", "return x * FACTOR", "return x ** FACTOR"),
        ("tasks.py", 'TABLE["b"] = 2', 'TABLE["b"] = 3'),
        ("tasks.py", 'TABLE["b"] = 2', "TABLE.update(b=2, c=3)"),
        ("tasks.py", "ge=0", "ge=1"),
        ("tasks.py", "return x * FACTOR", "return 'x' * FACTOR"),
        ("constants.py", "LIMIT = 10", "LIMIT = 11"),
        ("constants.py", "LIMIT = 10", "LIMIT = 10\nif UNUSED_FLAG:\n    LIMIT = 11\n"),
        ("shapes.py", "PI = pi", "PI = 3"),
        ("shapes.py", "PI * x", "PI * x * x"),
        ("impl.py", "loop.back(x, 0)", "loop.back(x, 1)"),
        ("loop.py", "n > 3", "n > 4"),
        ("starred_too.py", "x + 1", "x + 2"),
        ("tools.py", "return x\n", "return -x\n"),
        ("more/beside.py", "return x", "return -x"),
        ("local.py", "x - 1", "x - 2"),
        ("schemas.py", "y: Series[float]", "y: Series[int]"),
        ("schemas.py", "pa.Field(ge=0", "pa.Field(ge=1"),
        ("reexport.py", "from .impl import smooth", "from .impl import smooth\nsmooth = abs"),
    ],
    ids=lambda edit: f"{edit[0]}: {edit[2][:30]!r}",
)
def test_whatever_a_function_reaches_changes_its_digest(wild: Callable[..., str], edit: Any) -> None:
    path, old, new = edit
    if "UNUSED_FLAG" in new:
        edit = path, old, new.replace("UNUSED_FLAG", "False")
    assert wild(edit) != wild()


def test_another_package_counts_by_name_only(wild: Callable[..., str]) -> None:
    edited = {"__init__.py": "def outside(x):\n    return -x\n"}
    assert wild(other=edited) == wild()
    renamed = ("tasks.py", "other_package.outside(x)", "other_package.inside(x)")
    assert wild(renamed) != wild()


def test_nothing_is_imported(wild: Callable[..., str]) -> None:
    wild()
    assert "wild.tasks" in sys.modules
    assert "wild.local" not in sys.modules
    code_digest(importlib.import_module("wild.tasks").run.function)
    assert "wild.local" not in sys.modules


def test_a_module_and_a_package_below_it_that_is_not_imported(wild: Callable[..., str]) -> None:
    base = {
        "__init__.py": "",
        "tasks.py": """
            def run(x):
                import wild.sub.sub.mod as m
                from wild import sub
                return m.f(x), sub.sub.mod.f(x)
        """,
        "sub/__init__.py": "raise RuntimeError",
        "sub/sub/mod.py": "K = 1\n\ndef f(x):\n    return K\n",
    }
    assert wild(base=base) != wild(("sub/sub/mod.py", "K = 1", "K = 2"), base=base)
    assert "wild.sub" not in sys.modules


def test_a_module_used_as_a_value_counts_as_a_whole(wild: Callable[..., str]) -> None:
    base = {
        "__init__.py": "",
        "tasks.py": "from . import tools\n\ndef run(name):\n    return getattr(tools, name)()\n",
        "tools.py": "from .more import g\n\ndef f():\n    return 1\n",
        "more.py": "def g():\n    return 1\n",
    }
    assert wild(base=base) != wild(("tools.py", "return 1", "return 2"), base=base)
    assert wild(base=base) != wild(("more.py", "return 1", "return 2"), base=base)


def test_files_that_the_code_names_count(wild: Callable[..., str]) -> None:
    base = {
        "__init__.py": "",
        "tasks.py": """
            from importlib.resources import files
            def page(name):
                return files(__package__).joinpath(name).read_text()
            def run():
                return page("page/map.js") + "no-such-file.css" + "../secret.txt"
            """,
        "page/map.js": "draw();",
        "page/other.js": "draw();",
    }
    assert wild(base=base) != wild(("page/map.js", "draw", "paint"), base=base)
    assert wild(base=base) == wild(("page/other.js", "draw", "paint"), base=base)


def test_registering_decorators_and_conditional_definitions_count(wild: Callable[..., str]) -> None:
    base = {
        "__init__.py": "",
        "tasks.py": """
            from functools import singledispatch
            try:
                import does_not_exist as fast
            except ImportError:
                fast = None

            @singledispatch
            def area(x):
                return 0

            @area.register
            def _(x: int):
                return 1

            if fast is None:
                def scale(x):
                    return x
            else:
                scale = fast.scale

            def run(x):
                return area(scale(x))
        """,
    }
    assert wild(base=base) != wild(("tasks.py", "return 1", "return 2"), base=base)
    assert wild(base=base) != wild(("tasks.py", "return x\n", "return -x\n"), base=base)
    assert wild(base=base) != wild(("tasks.py", "if fast is None", "if fast is not None or True"), base=base)


def test_an_alias_of_distributed_is_one_too(wild: Callable[..., str]) -> None:
    base = {
        "__init__.py": "",
        "tasks.py": """
            from ecoflows.decorators import distributed as task

            @task(image='a')
            def run(x: int) -> int:
                return x
        """,
    }
    assert wild(base=base) == wild(("tasks.py", "'a'", "'b'"), base=base)


def test_a_reload_is_seen_and_an_edit_without_one_is_not(wild: Callable[..., str], tmp_path: Path) -> None:
    """What runs is what was loaded: an edited file says nothing about it."""
    before = wild()
    module = importlib.import_module("wild.tasks")
    (tmp_path / "wild/shapes.py").write_text("PI = 3\n\ndef area(x):\n    return 0\n")
    assert code_digest(module.run.function) == before
    importlib.reload(sys.modules["wild.shapes"])
    assert code_digest(module.run.function) != before


def test_a_deleted_helper_does_not_break_the_digest(wild: Callable[..., str], tmp_path: Path) -> None:
    digest = wild(("tasks.py", "from .local import late", "from .nowhere import late"))
    assert digest != wild()


def test_a_fresh_process_gives_the_same_digest(wild: Callable[..., str], tmp_path: Path) -> None:
    digest = wild()
    code = "import wild.tasks, ecoflows.fingerprint as f; print(f.code_digest(wild.tasks.run.function))"
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == digest


def scaled(factor: Any) -> Callable[[int], Any]:
    def scale(x: int) -> Any:
        return x, factor

    return scale


class Opaque:
    """Nothing can be compared about it."""


def double(x: int) -> int:
    return 2 * x


def triple(x: int) -> int:
    return 3 * x


def test_closures_of_one_factory_differ_by_what_they_hold() -> None:
    values: list[Any] = [
        1, 1.0, True, None, "1", b"1", [1], (1,), {1}, {"a": 1}, {"a": [1]}, -0.0, float("nan"), double,
        triple,
        Opaque, int, len, max, os, sys, functools.partial(double, 1), functools.partial(double, 2), Path("a"),
        functools.lru_cache(double), functools.lru_cache(triple), Path("b"), [].append, list[int], list[str],
    ]  # fmt: skip
    digests = [code_digest(scaled(value)) for value in values]
    assert len(set(digests)) == len(values)
    assert digests == [code_digest(scaled(value)) for value in values]
    assert code_digest(scaled({"a", "b", "c"})) == code_digest(scaled({"c", "b", "a"}))


def test_opaque_closures_never_have_an_equal_digest() -> None:
    one, two = Opaque(), Opaque()
    assert code_digest(scaled(one)) == code_digest(scaled(one))
    assert code_digest(scaled(one)) != code_digest(scaled(two))
    assert code_digest(scaled([one])) != code_digest(scaled([two]))
    assert code_digest(scaled(threading.Lock())) != code_digest(scaled(threading.Lock()))


def test_opaque_closures_differ_between_processes() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from test_fingerprint import *\nprint(code_digest(scaled(Opaque())), code_digest(scaled(1)))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert runs[0][0] != runs[1][0]
    assert runs[0][1] == runs[1][1] == code_digest(scaled(1))


def test_a_changed_closure_is_seen() -> None:
    held = [1]
    function = scaled(held)
    before = code_digest(function)
    held.append(2)
    assert code_digest(function) != before


def test_closures_that_hold_themselves_come_to_an_end() -> None:
    held: list[Any] = []
    held.append(held)
    assert code_digest(scaled(held))

    def recursive(x: int) -> int:
        return recursive(x - 1) if x else 0

    assert code_digest(recursive) == code_digest(recursive)


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


def properly(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


def through_class(function: Callable[..., Any]) -> Callable[..., Any]:
    bound = Caller(function).call

    def wrapper(*args: Any) -> Any:
        return bound(*args)

    return wrapper


class Caller:
    """Calls a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def call(self, *args: Any) -> Any:
        """Call it."""
        return self.function(*args)


@pytest.mark.parametrize("wrap", [plainly, properly, through_class, functools.lru_cache])
def test_functions_under_one_wrapper_differ(wrap: Callable[..., Any]) -> None:
    held = lambda function: scaled(wrap(function))  # noqa: E731
    assert code_digest(held(double)) != code_digest(held(triple))
    if wrap is not functools.lru_cache:
        assert code_digest(wrap(double)) != code_digest(wrap(triple))


def test_a_wrapper_of_another_module_is_followed_to_what_it_wraps(wild: Callable[..., str]) -> None:
    base = {
        "__init__.py": "",
        "wrap.py": """
            import functools
            K = 1

            def timed(function):
                @functools.wraps(function)
                def wrapper(*args):
                    return function(*args) * K
                return wrapper
        """,
        "tasks.py": """
            from .wrap import timed

            @timed
            def run(x):
                return x

            @timed
            def walk(x):
                return -x
        """,
    }
    before = wild(base=base)
    assert before != wild(base=base, task="walk")
    assert before != wild(("wrap.py", "K = 1", "K = 2"), base=base)
    assert before != wild(("wrap.py", "* K", "/ K"), base=base)
    assert before != wild(("tasks.py", "return x\n", "return x + 1\n"), base=base)
    assert before == wild(("wrap.py", "import functools", "# comment\nimport functools"), base=base)


def with_default(value: Any) -> Callable[..., Any]:
    def function(x: int = value, *, y: Any = value) -> int:
        return x

    return function


def test_defaults_count() -> None:
    assert code_digest(with_default(1)) == code_digest(with_default(1))
    assert len({code_digest(with_default(value)) for value in (1, 2, "1", [1])}) == 4


def executed(text: str, **names: Any) -> Any:
    space = {"__name__": "__notebook__", **names}
    exec(textwrap.dedent(text), space)
    return space["f"]


def test_functions_without_source_count_by_bytecode_and_globals() -> None:
    text = "K = {k}\ndef g(x):\n    return x * {h}\ndef f(x):\n    {doc}\n    return g(x) + K"
    digest = lambda **parts: code_digest(executed(text.format(**{"k": 1, "h": 2, "doc": "pass", **parts})))  # noqa: E731
    assert digest() == digest()
    assert digest(doc="'Help.'") == digest(doc="'Other help.'")
    assert digest(k=2) != digest()
    assert digest(h=3) != digest()


def test_lambdas_count_by_what_they_return() -> None:
    functions = [lambda: "mean", lambda: "max", lambda: len("mean")]
    assert len({code_digest(function) for function in functions}) == 3


def test_sets_in_bytecode_have_one_order() -> None:
    code = (
        "from ecoflows.fingerprint import code_digest\n"
        'space = {}\nexec(\'def f(x): return x in {"a", "b", "c", "d"}\', space)\n'
        "print(code_digest(space['f']))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def cell(text: str, number: int, space: dict[str, Any]) -> None:
    """Run a notebook's cell: IPython keeps its source in ``linecache``."""
    name, text = f"<ipython-input-{number}>", textwrap.dedent(text)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), space)


def test_notebook_cells_are_read_with_what_other_cells_define() -> None:
    space: dict[str, Any] = {"__name__": "__notebook__"}
    cell("class Shape:\n    def area(self):\n        return 1\nK = 3\ndef g(x):\n    return x", 1, space)
    cell("def f(x):\n    # comment\n    return g(x) * K + Shape().area()", 2, space)
    first = code_digest(space["f"])
    cell("def f(x):\n    '''Help.'''\n    return g(x) * K + Shape().area()", 3, space)
    assert code_digest(space["f"]) == first
    cell("def g(x):\n    return -x", 4, space)
    second = code_digest(space["f"])
    assert second != first
    cell("class Shape:\n    def area(self):\n        return 2", 5, space)
    third = code_digest(space["f"])
    assert third not in (first, second)
    space["K"] = 4
    assert code_digest(space["f"]) not in (first, second, third)


def test_built_in_functions_have_a_digest() -> None:
    assert code_digest(len) != code_digest(max)
