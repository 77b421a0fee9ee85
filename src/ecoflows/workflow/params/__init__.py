"""Parameters: what a spec leaves open, keyed by instance id.

The tasks' own annotations give the JSON Schema, the fillable YAML and the validation.
"""

from ecoflows.workflow.params.binding import Given, Opening, bind, checked_sections
from ecoflows.workflow.params.form import template
from ecoflows.workflow.params.schema import json_schema, open_parameters, section_model
from ecoflows.workflow.params.words import type_text

__all__ = [
    "Given",
    "Opening",
    "bind",
    "checked_sections",
    "json_schema",
    "open_parameters",
    "section_model",
    "template",
    "type_text",
]
