"""Where the calls of a flow run are made: in its own process, in a child process, or in a pod each.

``Execution`` is what a flow run knows of it: it hands over calls, and gets their results. What
runs elsewhere is ``ecoflows run-task`` with the call as JSON; the flow's process loads no table,
it reads what the store has noted of the result.
"""
