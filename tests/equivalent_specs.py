# ruff: noqa: E501
"""Specs over ``map_tasks`` with all that the language has: every engine and target gives the same for them."""

from __future__ import annotations

SPECS = {
    "plain": """
      - {id: a, task: numbers, partial: {count: 3}}
      - {id: b, task: add_up, partial: {values: "${{ workflow.a.return }}"}}
      - {id: c, task: anything, partial: {value: {"deep": ["${{ workflow.b.return }}", {"$x": 1}, 1e400]}}}
    """,
    "hostile": r"""
      - id: a
        task: anything
        partial:
          value: ["{{ 7*7 }}", "$(X)", "a\nb", "\U0001F418", .nan, .inf, -.inf, -0.0, 123456789012345678901234567890,
                  {"$artifact": "b"}, {"$tuple": [1]}, {1: 2, null: 3}, "'\"\\", "${X}", "{% raw %}", "\u202e"]
    """,
    "map": """
      - {id: a, task: numbers, partial: {count: 5}}
      - {id: b, task: square, map: {argnames: x, argvalues: "${{ workflow.a.return }}"}}
      - {id: c, task: power, partial: {exponent: 2}, map: {argnames: x, argvalues: "${{ workflow.b.return }}"}}
      - {id: d, task: add_up, partial: {values: "${{ workflow.c.return }}"}}
    """,
    "mapvalues": """
      - {id: t, task: table, partial: {rows: 7}}
      - {id: s, task: split, partial: {df: "${{ workflow.t.return }}"}}
      - {id: n, task: total, mapvalues: {argnames: df, argvalues: "${{ workflow.s.return }}"}}
      - {id: l, task: label, map: {argnames: [view, data], argvalues: "${{ workflow.n.return }}"}}
      - {id: m, task: mapping, partial: {keys: [x, yy]}}
      - {id: p, task: square, mapvalues: {argnames: x, argvalues: "${{ workflow.m.return }}"}}
    """,
    "literal maps": """
      - {id: a, task: numbers, partial: {count: 2}}
      - {id: b, task: label, map: {argnames: [view, data], argvalues: [[1, "${{ workflow.a.return }}"], [2, two]]}}
      - {id: c, task: square, mapvalues: {argnames: x, argvalues: {k: 3, l: 4}}}
      - {id: e, task: square, map: {argnames: x, argvalues: []}}
    """,
    "skips": """
      - {id: t, task: table, partial: {rows: 0}}
      - {id: u, task: total, partial: {df: "${{ workflow.t.return }}"}, skipif: {conditions: [any_is_empty_df]}}
      - {id: v, task: anything, partial: {value: "${{ workflow.u.return }}"}}
      - {id: w, task: or_zero, partial: {value: "${{ workflow.u.return }}"}, skipif: {conditions: [never]}}
      - {id: x, task: square, map: {argnames: x, argvalues: "${{ workflow.v.return }}"}}
      - {id: y, task: numbers, partial: {count: 4}}
      - {id: z, task: square, map: {argnames: x, argvalues: "${{ workflow.y.return }}"}, skipif: {conditions: [any_is_odd]}}
      - {id: g, task: count_gaps, partial: {values: "${{ workflow.z.return }}"}}
    """,
    "failing elements": """
      - {id: a, task: numbers, partial: {count: 4}}
      - {id: b, task: square, map: {argnames: x, argvalues: "${{ workflow.a.return }}", on_error: skip}}
      - {id: c, task: count_gaps, partial: {values: "${{ workflow.b.return }}"}}
    """,
}
"""The lists below ``workflow:``, by the name of the workflow; of ``failing elements`` ``square`` of 2 fails."""
