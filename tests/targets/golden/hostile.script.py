"""\"\"\" + __import__('os').abort() + \"\"\" \\N{DIGIT ONE} {{ 7*7 }} $(X) %(prog)s

Compiled from hostile.yaml.

python FILE runs it, python FILE --help tells what may be given. It gives what
'ecoflows run' gives, under the same cache keys: edit it where the workflow should do
something else, and only what has changed is computed again.
"""

from ecoflows.scripting import REQUIRED, Parameters, never, start
from map_tasks import any_is_odd, anything, label, square, table, table_or_gap, total

# What the steps leave open. --config FILE and --set ID.ARG=VALUE win over what stands here.
PARAMS = {
    "square": Parameters(
        square,
        # Whole number
        x=REQUIRED,
    ),
    "t": Parameters(
        table,
        # Whole number
        rows=3,
    ),
}


def main(run, params):
    """Run the steps, each after those it takes something from."""
    # Give what is given.
    class_return = run.step("class", anything)(
        value=[
            float("nan"),
            float("inf"),
            float("-inf"),
            -0.0,
            float("inf"),
            123456789012345678901234567890,
        ]
    )

    # . %%bash # %% [markdown] 😀: Give what is given.
    step_2nd_id = run.step("2nd `id` \\ \"'\u202e", anything)(
        value={
            "{{ 7*7 }}": "$(X) ${X} {x} %s",
            "\x22\x22\x22": "\x27\x27\x27\\\n# %%\n!rm -rf /\n\x22\x22\x22",
            "\u202e": [True, None, "\x00"],
        }
    )

    # --- !ls --- #\ ---

    # Square a number.
    square_return = run.step("square", square)(**params["square"])

    # Square a number.
    square_return_return = run.step("square return", square)(x=square_return)

    # . ?exit(): Name a value.
    step = run.mapped(
        "run",
        label,
        argnames=["view", "data"],
        retries=2,
        retry_delay_seconds=[0.5, 1.0],
        cache={"ttl": "90m"},
        skipif=[any_is_odd, never],
    )
    run_return = step.collect(
        [
            step(view=view, data=data)
            for view, data in step.over([["run", square_return], ["\n# %%", 2]])
        ]
    )

    # ---

    # Give a table.
    t = run.step("t", table, timeout_seconds=60.0, cache="never")(**params["t"])

    # Add up.
    step = run.mapped("step", total, argnames=["df"], on_error="skip")
    step_return = step.collect(
        [step(df=df, factor=3) for df in step.over_values([["a", t], ["b", t]])]
    )

    # --- !ls --- #\ ---

    # Tell what is a table and what is not there.
    cat_return = run.step("cat", table_or_gap)(data=step_return)

    return {
        "class": class_return,
        "2nd `id` \\ \"'\u202e": step_2nd_id,
        "square return": square_return_return,
        "run": run_return,
        "cat": cat_return,
    }


if __name__ == "__main__":
    start(
        main,
        "\x22\x22\x22 + __import__(\x27os\x27).abort() + \x22\x22\x22 \\N{DIGIT ONE} {{ 7*7 }} $(X) %(prog)s",
        PARAMS,
        cache_root="ca'che\\",
    )
