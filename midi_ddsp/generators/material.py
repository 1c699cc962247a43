"""What our generators learn from, made of a clip file: heard, measured, by split."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.expression_scale import ExpressionScales, fit_scales
from musegen.midi_ddsp.generators.expression_training import PlayedLine, played_line
from musegen.midi_ddsp.generators.synthesis_batches import TrainingLine, prepare
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.takes.reading import iterate_takes
from musegen.midi_ddsp.takes.take import Take

Item = TypeVar("Item")
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material(Generic[Item]):
    """What a run learns from, and is checked on.

    Args:
        train: Of the split `train`.
        valid: Of the split `valid`.
        scales: Of the notes of `train`, by instrument.
    """

    train: tuple[Item, ...]
    valid: tuple[Item, ...]
    scales: ExpressionScales


def hear_lines(
    path: Path,
    inference_model: str | Path,
    *,
    is_told_expression: bool = True,
    tell: Tell | None = None,
) -> Material[TrainingLine]:
    """Return the material of a Synthesis Generator.

    Args:
        path: Clip file of `musegen data prepare midi-ddsp`.
        inference_model: Name or folder of what hears the recordings.
        is_told_expression: See `synthesis_batches.prepare`.
        tell: Called after each recording with how many are done, and how many there
            are.

    Raises:
        TrainingError: A split is empty.
        FileFormatError: It is no clip file.
        ModelNotFoundError: No such model.
    """
    return _material(
        path,
        inference_model,
        lambda take: prepare(take, is_told_expression=is_told_expression),
        tell,
    )


def hear_notes(
    path: Path, inference_model: str | Path, *, tell: Tell | None = None
) -> Material[PlayedLine]:
    """Return the material of an Expression Generator; arguments as of `hear_lines`."""
    return _material(path, inference_model, played_line, tell)


def _material(
    path: Path,
    inference_model: str | Path,
    make: Callable[[Take], Item],
    tell: Tell | None,
) -> Material[Item]:
    model = InferenceModel.load(inference_model, num_threads=1)
    split: dict[str, list[Item]] = {"train": [], "valid": []}
    units, instruments = [], []
    for take in _learnable(path, model, tell):
        split[take.split].append(make(take))
        if take.split == "train":
            units.append(take.units)
            instruments += [take.instrument] * len(take.notes)
    for name, items in split.items():
        if not items:
            raise TrainingError(
                f"{path} has no recording of the split '{name}': prepare more pieces"
            )
    return Material(
        train=tuple(split["train"]),
        valid=tuple(split["valid"]),
        scales=fit_scales(np.concatenate(units), instruments),
    )


def _learnable(path: Path, model: InferenceModel, tell: Tell | None) -> Iterator[Take]:
    for take in iterate_takes(path, model, splits=("train", "valid"), tell=tell):
        if take.notes:
            yield take
