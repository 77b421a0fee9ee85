"""The typed, immutable workflow: what a spec means once its tasks are known."""
