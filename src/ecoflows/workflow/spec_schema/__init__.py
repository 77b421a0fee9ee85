"""The JSON Schema of spec files and fragments, with all registered tasks in it, for editors.

It tells what an editor can know from one file: the names of tasks, arguments, options and skip
conditions, and which values they take. References are texts to it; whether what they refer to
exists and fits is what ``ecoflows check`` tells.
"""

from ecoflows.workflow.spec_schema.language import spec_schema

__all__ = ["spec_schema"]
