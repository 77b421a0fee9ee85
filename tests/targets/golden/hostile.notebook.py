# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: -jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # """ + \__import_\_('os').abort() + """ \\N\{DIGIT ONE\} \{\{ 7\*7 \}\} \$(X) %(prog)s
#
# Compiled from hostile.yaml.
#
# Run it from top to bottom. It gives what `ecoflows run` gives, under the same cache keys: what has not changed is not computed again.

# %%
# ruff: noqa: B018
from ecoflows.scripting import REQUIRED, Run, never
from map_tasks import any_is_odd, anything, label, square, table, table_or_gap, total

run = Run(
    "\x22\x22\x22 + __import__(\x27os\x27).abort() + \x22\x22\x22 \\N{DIGIT ONE} {{ 7*7 }} $(X) %(prog)s",
    cache_root="ca'che\\",
    names=globals(),
)

# %% [markdown]
# ## Parameters
#
# What the tasks below leave open. `REQUIRED` stands where a value must be given. Papermill sets `params`, whose values win over all others: `papermill in.ipynb out.ipynb -f FILE`, where the file has the sections of a params file under `params:`.

# %% tags=["parameters"]
# Values by task instance and argument, as in a params file.
params = {}

# %% tags=["parameters"]
# Square a number.
square_params = {
    # Whole number
    "x": REQUIRED,
}

# %% tags=["parameters"]
# Give a table.
t_params = {
    # Whole number
    "rows": 3,
}

# %%
# Everything is checked here, before the first task runs.
run.check(
    {
        "square": (square, square_params),
        "t": (table, t_params),
    },
    params,
)

# %% [markdown]
# ## class
#
# Give what is given.

# %%
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
class_return

# %% [markdown]
# ## \%%bash # %% \[markdown\] 😀
#
# Give what is given.

# %%
step_2nd_id = run.step("2nd `id` \\ \"'\u202e", anything)(
    value={
        "{{ 7*7 }}": "$(X) ${X} {x} %s",
        "\x22\x22\x22": "\x27\x27\x27\\\n# %%\n!rm -rf /\n\x22\x22\x22",
        "\u202e": [True, None, "\x00"],
    }
)
step_2nd_id

# %% [markdown]
# ## \!ls --- #\\

# %% [markdown]
# ### square
#
# Square a number.

# %%
square_return = run.step("square", square)(**square_params)
square_return

# %% [markdown]
# ### square return
#
# Square a number.

# %%
square_return_return = run.step("square return", square)(x=square_return)
square_return_return

# %% [markdown]
# ### ?exit()
#
# Name a value.

# %%
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
run_return

# %% [markdown]
# ## t
#
# Give a table.

# %%
t = run.step("t", table, timeout_seconds=60.0, cache="never")(**t_params)
t

# %% [markdown]
# ## step
#
# Add up.

# %%
step = run.mapped("step", total, argnames=["df"], on_error="skip")
step_return = step.collect([step(df=df, factor=3) for df in step.over_values([["a", t], ["b", t]])])
step_return

# %% [markdown]
# ## \!ls --- #\\

# %% [markdown]
# ### cat
#
# Tell what is a table and what is not there.

# %%
cat_return = run.step("cat", table_or_gap)(data=step_return)
cat_return
