"""Specs in the mapping form become specs in the instance form, with their comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecoflows.errors import EcoflowsError, ProblemError
from ecoflows.source import loads
from ecoflows.spec import Reference, Spec, Word, from_source
from ecoflows.spec.conversion import converted, converting


def convert(text: str) -> str:
    return converted(loads(text, "spec.yaml"))


CASES = {
    "comments everywhere": (
        """\
# about the file
name: numbers            # end-of-line comment
cache_root: x

# about the tasks
tasks:   # here they are
  # about reading
  load_observations: {}  # io

  # about processing
  #   with a second line
  process_relocations:     # the long one
    # about the argument
    observations: load_observations   # where it comes from
    retries: 2  # why so often
    # the end of the entry
  last:  # nothing in it
# about what others read
requirements:  # kept
  - a  # kept too
# the end of the file
""",
        """\
# about the file
name: numbers            # end-of-line comment
cache_root: x

# about the tasks
workflow:   # here they are
  # about reading
  - id: load_observations  # io
    task: load_observations

  # about processing
  #   with a second line
  - id: process_relocations     # the long one
    task: process_relocations
    partial:
      # about the argument
      observations: ${{ workflow.load_observations.return }}   # where it comes from
    retries: 2  # why so often
    # the end of the entry
  - id: last  # nothing in it
    task: last
# about what others read
requirements:  # kept
  - a  # kept too
# the end of the file
""",
    ),
    "one line in braces": (
        "name: x\ntasks: {scale: {numbers: read_numbers, k: 2}, read_numbers: }\n",
        """\
name: x
workflow: [{id: scale, task: scale, partial: {numbers: "${{ workflow.read_numbers.return }}", k: 2}}, \
{id: read_numbers, task: read_numbers}]
""",
    ),
    "options among arguments": (
        """\
name: x
tasks:
  a:
    # about repeating
    retries: 2  # twice
    # about x
    x: 1  # one
    retry_delay_seconds:  # pauses
      # short
      - 1
      - 2.50  # long
    # about y
    y:
    - a  # itself
    cache: {ttl: 1d}
    skipif: {conditions: [never]}
  b: {x: a, retries: 2, y: b}  # behind
  c: {cache: never}
""",
        """\
name: x
workflow:
  - id: a
    task: a
    partial:
      # about x
      x: 1  # one
      # about y
      y:
      - ${{ workflow.a.return }}  # itself
    # about repeating
    retries: 2  # twice
    retry_delay_seconds:  # pauses
      # short
      - 1
      - 2.50  # long
    cache: {ttl: 1d}
    skipif: {conditions: [never]}
  - id: b  # behind
    task: b
    partial: {x: "${{ workflow.a.return }}", y: "${{ workflow.b.return }}"}
    retries: 2
  - id: c
    task: c
    cache: never
""",
    ),
    "comments in braces": (
        """\
name: x
tasks: {  # open
  # about a
  a: {x: 1,  # one
    # about repeating
    retries: 2,   # twice
    y: b  # two
    # the end of a
    },  # behind a
  b: ,  # behind b
  # the end
}  # close
""",
        """\
name: x
workflow: [  # open
  # about a
  {id: a, task: a, partial: {x: 1,  # one
      y: "${{ workflow.b.return }}"  # two
      },
    # about repeating
    retries: 2   # twice
    # the end of a
    },  # behind a
  {id: b, task: b},  # behind b
  # the end
]  # close
""",
    ),
    "braces over lines": (
        """\
name: x
tasks:
  a: {  # open
    x: [1,  # one
        a]   # two
  }  # close
  b: {x: 1, "retries":  # why
2}
  c:   # above the braces
    {x: c}  # behind them
""",
        """\
name: x
workflow:
  - id: a
    task: a
    partial: {  # open
      x: [1,  # one
          "${{ workflow.a.return }}"]   # two
    }  # close
  - id: b
    task: b
    partial: {x: 1}
    "retries":  # why
      2
  - id: c   # above the braces
    task: c
    partial: {x: "${{ workflow.c.return }}"}  # behind them
""",
    ),
    "references however deep": (
        """\
name: load
tasks:
  load:
  use:
    x: [load, {load: load, y: [load, other]}]
    y:
      - load
      - - load
        - {a: 'load'}
      - load: load
        "load ": "load"
    use: use
    z: ${{ workflow.load.return }}
    loads: load it
""",
        """\
name: load
workflow:
  - id: load
    task: load
  - id: use
    task: use
    partial:
      x: ["${{ workflow.load.return }}", {load: "${{ workflow.load.return }}", \
y: ["${{ workflow.load.return }}", other]}]
      y:
        - ${{ workflow.load.return }}
        - - ${{ workflow.load.return }}
          - {a: '${{ workflow.load.return }}'}
        - load: ${{ workflow.load.return }}
          "load ": "${{ workflow.load.return }}"
      use: ${{ workflow.use.return }}
      z: ${{ workflow.load.return }}
      loads: load it
""",
    ),
    "values as they are written": (
        """\
name:    'x'
tasks:
  a:
    numbers:   [1e3, 0x10, 0o17, +1, 1., .inf, 007]
    others: [~, null, TRUE, no, 12:30, 2024-01-01, 1_000, !!str 5]
    texts: ["a\\tb", 'it''s', "# no comment", a#b, "${{ workflow.a.return }} ", '']
    nothing:
    plain: over
      two lines
    quoted: "over \\
      two lines"
    "key": { a: 1 , "b":2 }
""",
        """\
name:    'x'
workflow:
  - id: a
    task: a
    partial:
      numbers:   [1e3, 0x10, 0o17, +1, 1., .inf, 007]
      others: [~, null, TRUE, no, 12:30, 2024-01-01, 1_000, !!str 5]
      texts: ["a\\tb", 'it''s', "# no comment", a#b, "${{ workflow.a.return }} ", '']
      nothing:
      plain: over
        two lines
      quoted: "over \\
        two lines"
      "key": { a: 1 , "b":2 }
""",
    ),
    "block scalars": (
        """\
name: x
tasks:
  a:
    retries: 1

    kept: |+   # and its end
      # text
        a


    # about folding
    folded: >-
      a

      b
    deep: |2
        a
      b
    word: |-  # the name of a task
      a
    timeout_seconds: 3
  b: ~
""",
        """\
name: x
workflow:
  - id: a
    task: a
    partial:
      kept: |+   # and its end
        # text
          a


      # about folding
      folded: >-
        a

        b
      deep: |2
          a
        b
      word: |-  # the name of a task
        ${{ workflow.a.return }}
    retries: 1
    timeout_seconds: 3
  - id: b
    task: b
""",
    ),
    "indented by four, and comments at all depths": (
        """\
name: x
tasks:
    a:
            # deep
            x: 1
# not at all
            cache:
                # a day
                ttl: 1d
            # deep at the end
  # less
    b:
        x: a
""",
        """\
name: x
workflow:
    - id: a
      task: a
      partial:
            # deep
            x: 1
      # not at all
      cache:
          # a day
          ttl: 1d
      # deep at the end
  # less
    - id: b
      task: b
      partial:
        x: ${{ workflow.a.return }}
""",
    ),
    "anchors": (
        """\
name: &name load
task-instance-defaults: &usual {retries: 1}
tasks:
  load: &shared   # what others use
    n: &n 1
  again: *shared  # the same
  more:
    <<: *shared
    m: *n
  never: {<<: *shared, k: [*n, *name]}
  use:
    <<: *usual
    word: &word load
    same: *word
    cached: &cached never
  last: {x: *cached, cache: *cached}
""",
        """\
name: &name load
task-instance-defaults: &usual {retries: 1}
workflow:
  - id: load   # what others use
    task: load
    partial: &shared
      n: &n 1
  - id: again  # the same
    task: again
    partial: *shared
  - id: more
    task: more
    partial:
      <<: *shared
      m: *n
  - id: never
    task: never
    partial: {<<: *shared, k: [*n, "${{ workflow.load.return }}"]}
  - id: use
    task: use
    partial:
      word: &word ${{ workflow.load.return }}
      same: *word
      cached: &cached ${{ workflow.never.return }}
    <<: *usual
  - id: last
    task: last
    partial: {x: *cached}
    cache: never
""",
    ),
    "unicode and names in quotes": (
        """\
name: Größe 🐘  # 🐘
tasks:
  "lädt: 1":
  'it''s':  # a name
    x: 'lädt: 1'
    y: [it's, "it's"]
    z: it's
    ü🐘: 'lädt'
  ends::
    x: 'ends:'
""",
        """\
name: Größe 🐘  # 🐘
workflow:
  - id: "lädt: 1"
    task: "lädt: 1"
  - id: 'it''s'  # a name
    task: 'it''s'
    partial:
      x: '${{ workflow.lädt: 1.return }}'
      y: ["${{ workflow.it's.return }}", "${{ workflow.it's.return }}"]
      z: ${{ workflow.it's.return }}
      ü🐘: 'lädt'
  - id: 'ends:'
    task: 'ends:'
    partial:
      x: '${{ workflow.ends:.return }}'
""",
    ),
    "JSON": (
        """\
{
  "name": "x",
  "tasks": {
    "load": {},
    "use": {
      "x": "load",
      "retries": 2
    }
  }
}
""",
        """\
{
  "name": "x",
  "workflow": [
    {"id": "load", "task": "load"},
    {"id": "use", "task": "use", "partial": {"x": "${{ workflow.load.return }}"}, "retries": 2}
  ]
}
""",
    ),
    "tabs, comments above values, the marks of a document": (
        """\
%YAML 1.2
---
name:\tx\t# name
tasks: &all\t# tasks
  a: !!map\t# a
    x: # above
      a\t# word

    y:\t[1,\t2]
...
# the end
""",
        """\
%YAML 1.2
---
name:\tx\t# name
workflow: &all\t# tasks
  - id: a\t# a
    task: a
    partial: !!map
      x: # above
        ${{ workflow.a.return }}\t# word

      y:\t[1,\t2]
...
# the end
""",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_conversion(text: str, expected: str) -> None:
    assert convert(text) == expected
    assert meaning(expected) == meaning(text)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_file_keeps_its_ends_of_lines(text: str, expected: str, newline: str) -> None:
    assert convert(text.replace("\n", newline)) == expected.replace("\n", newline)


def test_the_last_line_gets_an_end_and_the_first_no_byte_order_mark() -> None:
    assert convert("\ufeffname: x\ntasks:\n  a:") == "name: x\nworkflow:\n  - id: a\n    task: a\n"
    assert convert("name: x\r\ntasks: {a: }") == "name: x\r\nworkflow: [{id: a, task: a}]\r\n"
    assert convert("tasks: {a: }\nname: |-\n  x") == "workflow: [{id: a, task: a}]\nname: |-\n  x\n"


REFUSED = {
    "instance form": (
        "name: x\n# the tasks\nworkflow:\n  - {id: a, task: a}\n",
        "3:1 already-converted: the spec is in the instance form already",
    ),
    "no YAML": (
        "name: x\ntasks: {a: [}\n",
        "2:13 yaml-syntax: the '{' of line 2 is not closed by '}' before this",
    ),
    "problems of its shape": (
        "name: x\ntasks:\n  a: {x: '${{ nothing }}', retries: -1}\n  b: 3\n",
        (
            "3:10 bad-reference: ${{ nothing }} is not a reference, "
            "3:37 wrong-shape: a number of at least 0 is expected, not -1, "
            "4:6 wrong-shape: a mapping is expected, not 3"
        ),
    ),
    "merged tasks": (
        "name: x\ntasks:\n  <<: {a: }\n  b:\n",
        "3:3 cannot-convert: tasks that are merged cannot be converted",
    ),
    "tasks that come from elsewhere": (
        "<<: {name: x, tasks: {a: }}\n",
        "1:15 cannot-convert: only tasks that are written out below this key can be converted",
    ),
    "explicit keys": (
        "name: x\ntasks:\n  ? a\n  : x: 1\n    ? y\n    : 2\n",
        (
            "3:5 cannot-convert: a key after '?' cannot be converted, "
            "5:7 cannot-convert: a key after '?' cannot be converted"
        ),
    ),
    "a shared option": (
        "name: x\ntasks:\n  a: &a {x: 1, retries: 2}\n  b: *a\n  c:\n    <<: *a\n",
        (
            "3:6 cannot-convert: this stands for the option 'retries'; entries can share only arguments, "
            "4:6 cannot-convert: this stands for the option 'retries'; entries can share only arguments, "
            "6:5 cannot-convert: options and arguments are merged together"
        ),
    ),
    "a shared entry of nothing": (
        "name: x\ntasks:\n  a: &a\n  b: {x: *a}\n",
        "3:6 cannot-convert: this stands for no argument; entries can share only arguments",
    ),
    "an anchor that would come after its alias": (
        "name: x\ntasks:\n  a:\n    retries: &n 3\n    x: [*n]\n",
        "4:14 cannot-convert: an argument uses the anchor of an option, which comes below the arguments",
    ),
    "a word in a list that is an option too": (
        "name: x\ntasks:\n  1d:\n  a: {x: &c {ttl: 1d}}\n  b: {cache: *c}\n",
        "4:19 cannot-convert: '1d' is a task instance here, and a text where it is repeated",
    ),
    "a folded word": (
        "name: x\ntasks:\n  two words:\n  b:\n    x: >-\n      two\n      words\n",
        "5:8 cannot-convert: the reference to 'two words' stands in several lines",
    ),
    "an id that no reference can have": (
        "name: x\ntasks:\n  'a}}':\n  b: {x: 'a}}'}\n",
        "4:10 cannot-convert: 'a}}' cannot stand in a reference",
    ),
    "a text that the end of the file ends": (
        "name: x\ntasks:\n  a:\n    x: |\n      text",
        "5:1 cannot-convert: this line has no end, and with one it would be another text",
    ),
    "a line separator": (
        "name: x\ntasks:\n  a: {x: 'a\u2028  b'}\n",
        "3:12 cannot-convert: the character U+2028 ends a line for some readers of YAML only",
    ),
    "an alias with a colon": (
        "name: &n x\ntasks:\n  a: {x: [*n: ]}\n",
        "3:11 cannot-convert: not every reader of YAML takes this for the alias '*n:'",
    ),
    "what ruamel.yaml does not read": (
        "name: x\ntasks:\n  a:\n    x: ['a':b]\n",
        (
            "4:12 cannot-convert: not every reader of YAML understands this: "
            "expected ',' or ']', but got '<scalar>'"
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ProblemError) as caught:
        convert(text)
    told = [
        f"{problem.line}:{problem.col} {problem.code}: {problem.message}" for problem in caught.value.problems
    ]
    assert ", ".join(told) == expected
    assert all(problem.hint for problem in caught.value.problems if problem.code == "cannot-convert")


def test_a_wrong_conversion_is_never_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        converting._Conversion, "converted", lambda self: "name: x\nworkflow: [{id: a, task: b}]\n"
    )
    with pytest.raises(EcoflowsError, match=r"spec\.yaml cannot be converted: .* would not mean the same"):
        convert("name: x\ntasks: {a: }\n")
    monkeypatch.setattr(converting._Conversion, "converted", lambda self: "name: [\n")
    with pytest.raises(EcoflowsError, match="would not mean the same"):
        convert("name: x\ntasks: {a: }\n")


def test_what_would_be_too_large_to_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    text, expected = CASES["comments everywhere"]
    monkeypatch.setattr(converting, "MAX_BYTES", len(expected))
    assert convert(text) == expected
    monkeypatch.setattr(converting, "MAX_BYTES", len(expected) - 1)
    with pytest.raises(EcoflowsError, match="larger than specs may be"):
        convert(text)


def meaning(text: str) -> Any:
    """What a spec says, wherever it says it."""
    spec: Spec = from_source(loads(text))
    ids = [instance.id for instance in spec.instances]

    def plain(value: Any) -> Any:
        if isinstance(value, Word) and value.text in ids:
            return ("return of", value.text)
        if isinstance(value, Word):
            return value.text
        if isinstance(value, Reference):
            return ("return of", value.instance)
        if isinstance(value, dict):
            return [(key, plain(item)) for key, item in value.items()]
        return [plain(item) for item in value] if isinstance(value, list) else value

    return repr(
        [
            (spec.name, spec.cache_root, spec.kept, spec.problems),
            *(
                (one.id, one.task, one.title, plain(dict(one.arguments)), one.options)
                for one in spec.instances
            ),
        ]
    )


SCALARS = (
    *("1e3", "0x10", "1_000", "-1.50", "~", "null", "TRUE", "no", "2024-01-01", "12:30", "text", "a#b"),
    *("é🐘", "'it''s'", '"a\\tb"', '"# no comment"', "'a: b'", "''", '"${{ workflow.load.return }}"'),
)
NAMES = ("load", "use", "two words", '"a: b"', "'it''s'", "größe")
OPTIONS = ("retries: 0x2", "retry_delay_seconds: [1, 2.50]", "timeout_seconds: 1e1", "cache: {ttl: 1d}")


class Writer:
    """Writes a random spec in the mapping form, with numbered comments in most places.

    Attributes:
        expected: The comments in the order in which the conversion has them.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.count = 0
        self.expected: list[str] = []

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def expect(self, *texts: str) -> None:
        self.expected += comments("".join(texts))

    def comment(self) -> str:
        self.count += 1
        return f"# c{self.count} {self.one_of('[', '- a', 'ü', 'a: b')}"

    def behind(self) -> str:
        return f"{self.one_of(' ', '   ')}{self.comment()}" if self.one_of(False, True) else ""

    def above(self, depth: int) -> str:
        lines = self.draw(st.lists(st.none() | st.integers(0, depth), max_size=2))
        return "".join("\n" if indent is None else f"{' ' * indent}{self.comment()}\n" for indent in lines)

    def braced(self, items: list[str], depth: int) -> list[str]:
        """Items in brackets, each with the comments above and behind it, and what is below the last."""
        written, start = [], ""
        for number, item in enumerate(items, 1):
            text = f"{start}{item}{',' if number < len(items) else ''}"
            broken = self.one_of(False, True)
            written.append(f"{text}{self.behind()}\n" if broken else f"{text} ")
            start = f"{self.above(depth)}{' ' * depth}" if broken else ""
        return [*written, start]

    def flow(self, depth: int, level: int = 2) -> str:
        """A value in one line, or with brackets over several."""
        kind = self.one_of("scalar", "list", "mapping") if level else "scalar"
        if kind == "scalar":
            return str(self.one_of(*SCALARS, *NAMES))
        items = [self.flow(depth, level - 1) for _number in range(self.one_of(0, 1, 2))]
        if kind == "list":
            return f"[{''.join(self.braced(items, depth))}]"
        pairs = [f"{self.one_of('k', 'load')}{number}: {item}" for number, item in enumerate(items)]
        return f"{{{''.join(self.braced(pairs, depth))}}}"

    def value(self, depth: int, level: int = 2) -> str:
        """What follows the colon or the dash of a line that starts at a depth, with the line's end."""
        kind = self.one_of("flow", "nothing", "text", "list", "mapping") if level else "flow"
        inner = depth + self.one_of(1, 2, 4)
        pad = " " * inner
        if kind == "nothing":
            return f"{self.behind()}\n"
        if kind == "flow":
            return f" {self.flow(inner)}{self.behind()}\n"
        if kind == "text":
            return f" {self.one_of('|', '>-', '|+')}{self.behind()}\n{pad}load\n\n{pad}  # text\n"
        text = f"{self.behind()}\n"
        for number in range(self.one_of(1, 2)):
            key = "-" if kind == "list" else f"{self.one_of('k', 'load')}{number}:"
            text += f"{self.above(inner)}{pad}{key}{self.value(inner, level - 1)}"
        return text

    def entry(self, name: str, depth: int) -> str:
        """An entry of ``tasks:``; what is expected has the comments of options last."""
        head = f"{self.above(depth)}{' ' * depth}{name}:"
        options = self.draw(st.lists(st.sampled_from(OPTIONS), unique=True, max_size=2))
        arguments = [f"a{number}:" for number in range(self.one_of(0, 1, 2, 3))]
        keys = self.draw(st.permutations([*options, *arguments]))
        inner = depth + self.one_of(1, 2, 4)
        if not keys:
            head += f"{self.one_of('', ' {}', ' ~')}{self.behind()}\n"
            parts, end = [], ""
        elif self.one_of(False, True):
            head += f" {{{self.behind()}\n{' ' * inner}" if self.one_of(False, True) else " {"
            items = [key if key in options else f"{key} {self.flow(inner)}" for key in keys]
            *parts, end = self.braced(items, inner)
            end += f"}}{self.behind()}\n"
            if not parts[-1].endswith("\n"):
                parts[-1], end = parts[-1] + end, ""
        else:
            head += f"{self.behind()}\n"
            parts, end = [], ""
            for key in keys:
                start = f"{self.above(inner)}{' ' * inner}{key}"
                parts.append(start + (f"{self.behind()}\n" if key in options else self.value(inner)))
        of_options = [part for key, part in zip(keys, parts, strict=True) if key in options]
        of_arguments = [part for key, part in zip(keys, parts, strict=True) if key not in options]
        self.expect(head, *of_arguments, *of_options, end)
        return "".join([head, *parts, end])

    def spec(self) -> str:
        head = f"{self.above(2)}name: load{self.behind()}\n{self.above(2)}tasks:{self.behind()}\n"
        self.expect(head)
        depth = self.one_of(1, 2, 4)
        names = self.draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
        entries = [self.entry(name, depth) for name in names]
        tail = self.above(1)
        if self.one_of(False, True):
            tail += f"cache_root: x{self.behind()}\n{self.above(1)}"
        self.expect(tail)
        return "".join([head, *entries, tail])


def comments(text: str) -> list[str]:
    return re.findall(r"# c\d+ [^\r\n]*", text)


@st.composite
def specs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[str, list[str]]:
    """A spec, and its comments in the order in which the conversion has them."""
    writer = Writer(draw)
    text = writer.spec()
    assert len(writer.expected) == writer.count
    return text.replace("\n", draw(st.sampled_from(("\n", "\r\n")))), writer.expected


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs())
def test_any_spec_keeps_its_meaning_and_its_comments(spec: tuple[str, list[str]]) -> None:
    text, expected = spec
    new = convert(text)
    assert meaning(new) == meaning(text)
    assert comments(new) == expected
    assert new.endswith("\n")
    assert ("\r\n" in new) == ("\r\n" in text)
    with pytest.raises(ProblemError, match="already-converted"):
        convert(new)
