"""Every bad spec and bad params file beside the exact text that ``ecoflows check`` prints.

``UPDATE_EXPECTED=1 pytest tests/test_bad_specs.py`` writes the texts anew; read every change.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from answer import Answer

BAD_SPECS = Path(__file__).parent / "bad_specs"
BAD_PARAMS = Path(__file__).parent / "bad_params"
NAMES = sorted(file.stem for file in BAD_SPECS.glob("*.yaml"))
PARAMS_NAMES = sorted({file.stem for file in BAD_PARAMS.glob("*.yaml")} - {"spec"})


def check_expected(answer: Answer, file: Path) -> None:
    """Compare what was printed with the text beside the bad file."""
    assert answer.err == ""
    if os.environ.get("UPDATE_EXPECTED"):
        file.write_text(answer.out, encoding="utf-8")
    assert answer.out == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_bad_spec(name: str, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD_SPECS)
    answer = command("check", f"{name}.yaml")
    check_expected(answer, BAD_SPECS / f"{name}.txt")
    assert answer.code == (0 if "error[" not in answer.out else 1)


@pytest.mark.parametrize("name", PARAMS_NAMES)
def test_bad_params(name: str, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    """A params file may begin with comments of the form ``# --set ID.arg=VALUE``."""
    monkeypatch.chdir(BAD_PARAMS)
    lines = Path(f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    options = [word for line in lines if line.startswith("# --set ") for word in shlex.split(line[2:])]
    answer = command("check", "spec.yaml", "--params", f"{name}.yaml", *options)
    check_expected(answer, BAD_PARAMS / f"{name}.txt")
    assert answer.code == 1


def test_bad_specs_are_many() -> None:
    assert len(NAMES) >= 45
    assert len(PARAMS_NAMES) >= 12


def test_huge_file_is_refused_without_being_parsed(
    tmp_path: Path, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("huge.yaml").write_bytes(b"tasks:\n" + b"  - [1, 2, 3]\n" * 750_000)
    answer = command("check", "huge.yaml")
    assert answer.out == (
        "huge.yaml: error[file-too-large]: the file has 10.5 MB, the limit is 1.0 MB\n"
        "  = is this a data file? a spec or a params file only names data\n"
        "1 problem\n"
    )
    assert answer.code == 1
