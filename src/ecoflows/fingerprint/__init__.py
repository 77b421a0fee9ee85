"""A digest of a function's code: what it says and what it reaches inside its own package.

The digest is taken from syntax trees, so comments, formatting, docstrings and the texts of
``Field(description=...)`` do not count, and nothing is imported to take it. Names are followed
through modules of the function's own package; of other packages only the imported name counts.
Values that no source shows (closures, defaults, a notebook's globals) count by content.
"""

from ecoflows.fingerprint.digest import code_digest

__all__ = ["code_digest"]
