"""The log of a training run: `metrics.jsonl` for programs, TensorBoard for eyes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class RunLog:
    """Appends scalars to `metrics.jsonl` and to TensorBoard event files of a run.

    Args:
        run_dir: The run's folder; made where missing.
        use_tensorboard: Also write event files; skipped when the package is absent.
    """

    def __init__(self, run_dir: Path, *, use_tensorboard: bool = True) -> None:
        run_dir.mkdir(parents=True, exist_ok=True)
        self.path = run_dir / "metrics.jsonl"
        self._writer = (
            _event_writer(run_dir / "tensorboard") if use_tensorboard else None
        )

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Append one line: the step and its named scalars."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
            self._writer.flush()

    def truncate_after(self, step: int) -> None:
        """Drop lines past `step`: a resumed run writes them again."""
        if not self.path.exists():
            return
        kept = [line for line in _whole_lines(self.path) if line["step"] <= step]
        aside = self.path.with_suffix(".tmp")
        text = "".join(json.dumps(line) + "\n" for line in kept)
        aside.write_text(text, encoding="utf-8")
        aside.replace(self.path)

    def close(self) -> None:
        """Flush and close the event files."""
        if self._writer is not None:
            self._writer.close()


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:  # a kill in the middle of a line
            continue
    return lines


def _event_writer(folder: Path) -> Any:
    try:
        from tensorboard.summary import Writer
    except ImportError:
        return None
    return Writer(str(folder))
