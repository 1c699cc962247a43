"""What went into a run, as its recipe names it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from musegen.cli._paths import Plan


def recorded_inputs(
    plan: Plan, content: bytes, others: Sequence[Path] = ()
) -> tuple[tuple[str, bytes], ...]:
    """Return names, as seen from the folder of the recipe, and contents of inputs.

    Args:
        plan: Of the recording.
        content: Of the recording.
        others: Further files that went in.
    """
    named = [(_seen_from(plan, plan.source.path) or plan.source.name, content)]
    named += [
        (_seen_from(plan, path) or path.name, path.read_bytes()) for path in others
    ]
    return tuple(named)


def _seen_from(plan: Plan, path: Path | None) -> str | None:
    """Return a path as seen from the folder of the recipe; a full path stays one."""
    if path is None or plan.sidecar is None or path.is_absolute():
        return None if path is None else str(path)
    try:
        return Path(os.path.relpath(path, plan.sidecar.parent)).as_posix()
    except ValueError:  # another drive
        return str(path)
