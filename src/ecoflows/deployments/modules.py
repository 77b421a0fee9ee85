"""The two-line modules that Prefect loads flows from."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

FOLDER = "flows"
"""Where they lie, below the folder of the deployments."""

FLOW = "flow"
"""What they call their flow."""

_MARK = '"""Made by \'ecoflows deployment build\''


def file_name(workflow: str) -> str:
    """The name of a workflow's module.

    Prefect puts the folder of such a module before all others that Python imports from, so that a
    module ``statistics.py`` would hide Python's own from all that the flow imports later.

    Args:
        workflow: The workflow's name.
    """
    name = re.sub(r"\W+", "_", workflow, flags=re.ASCII).strip("_") or "workflow"
    return f"{name}_flow.py" if not name[0].isdigit() else f"workflow_{name}_flow.py"


def module_text(spec: Path, folder: Path) -> str:
    """A module that builds the flow of a spec.

    Args:
        spec: The spec's file.
        folder: The folder that the module is in.
    """
    path = Path(os.path.relpath(spec.resolve(), folder.resolve())).as_posix()
    return (
        f'{_MARK} from {_harmless(spec.as_posix())}; the next build writes it anew."""\n\n'
        "from ecoflows.flows.deployed import build\n\n"
        f"{FLOW} = build({_quoted(path)})\n"
    )


def is_ours(file: Path) -> bool:
    """Whether a file is such a module, which a new one may replace.

    Args:
        file: The file.
    """
    try:
        return file.read_text(encoding="utf-8").startswith(_MARK)
    except (OSError, UnicodeDecodeError):
        return False


def _quoted(text: str) -> str:
    """A text as Python source in double quotes, as formatters like it."""
    return json.dumps(text, ensure_ascii=False)


def _harmless(text: str) -> str:
    """A text that cannot end the docstring that it stands in."""
    return "".join(char if char.isprintable() and char not in '"\\' else "?" for char in text)
