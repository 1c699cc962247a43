"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def module_name(file: Path) -> str:
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    folders = parts[1:] if parts[0] == "package" else parts
    return ".".join(["musegen", *(part for part in folders if part != "__init__")])


def test_examples_hold(file_with_example: Path) -> None:
    module = importlib.import_module(module_name(file_with_example))
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
