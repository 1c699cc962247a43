"""Batches for the Synthesis Generator: crops of takes, some with other controls.

Of a take's crop everything is known that the losses compare. In other crops each note
is given controls that nobody played; of those only the promise is asked that they are
kept (`synthesis_losses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    MEASURED,
    controls_of_units,
    playable,
    untold_controls,
)
from musegen.midi_ddsp.generators.line import Line, joined, make_line
from musegen.midi_ddsp.generators.pitch_classes import class_shares
from musegen.midi_ddsp.generators.swing import FoundSwing, MadeSwing, Swing
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi
from musegen.midi_ddsp.takes.take import Take

SILENT_DB = -120.0
_SMALLEST = 10.0 ** (SILENT_DB / 20.0)
_RELEASE_WEIGHT = 0.3  # of the pitch after a note's end, against that of the note
_CHANGED_SHARE = 0.5  # of the controls of a note that nobody played so
_BEYOND = 0.1  # how far beyond what was played they are drawn, as a share of the range
_QUANTILES = (0.03, 0.97)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingLine:
    """A take, made ready: T frames.

    Args:
        line: What was played.
        swing: How it swung.
        levels: [T, 126] float16, amplitude, harmonics (absolute) and noise in dB.
        f0_hz: [T].
        deviation_cents: [T], from the written pitch, without intonation and swing.
        pitch_weight: [T], 0 where there is no pitch.
    """

    line: Line
    swing: Swing
    levels: NDArray[np.float16]
    f0_hz: NDArray[np.float32]
    deviation_cents: NDArray[np.float32]
    pitch_weight: NDArray[np.float32]

    @property
    def num_frames(self) -> int:
        """T."""
        return len(self.f0_hz)


def prepare(take: Take, *, is_told_expression: bool = True) -> TrainingLine:
    """Make a take ready.

    Args:
        take: At least one note.
        is_told_expression: False hides every control: each note has the same ones, and
            the pitch is to be guessed with all it does.
    """
    frames = take.frames()
    spans = frames.spans()
    measured = controls_of_units(take.units)
    controls = measured if is_told_expression else untold_controls(len(spans))
    line = make_line(
        take.notes,
        controls,
        instrument=take.instrument,
        is_slurred=joined(spans),
    )
    f0_hz = take.parameters.f0_hz
    note = line.notes_at(np.arange(take.num_frames))
    has_pitch = f0_hz > 0.0
    deviation = 100.0 * (hz_to_midi(f0_hz) - line.pitches[note]) * has_pitch
    swing: Swing
    if is_told_expression:
        centred = deviation - measured[note, COLUMNS["intonation_cents"]]
        found = FoundSwing(centred, spans, measured)
        deviation = centred - found.at(0, take.num_frames)[:, 0]
        swing = found
    else:
        swing = _Still()
    weight = np.where(frames.note_index >= 0, 1.0, _RELEASE_WEIGHT) * has_pitch
    return TrainingLine(
        line=line,
        swing=swing,
        levels=levels_of(take.parameters).astype(np.float16),
        f0_hz=f0_hz,
        deviation_cents=deviation.astype(np.float32),
        pitch_weight=weight.astype(np.float32),
    )


def levels_of(parameters: SynthesisParameters) -> NDArray[np.float32]:
    """Return [T, 126]: amplitude, each harmonic itself, and noise, in dB."""
    amplitude = parameters.amplitude[:, None]
    linear = np.concatenate(
        [amplitude, amplitude * parameters.harmonics, parameters.noise], axis=1
    )
    levels: NDArray[np.float32] = 20.0 * np.log10(np.maximum(linear, _SMALLEST))
    return levels.astype(np.float32)


class _Still:
    """No vibrato."""

    def at(self, first: int, last: int) -> FloatArray:
        return np.zeros((last - first, 2))


class ControlRanges:
    """Between what the controls of each instrument's notes lie.

    Args:
        lines: What was played.
    """

    def __init__(self, lines: Sequence[TrainingLine]) -> None:
        gathered: dict[str, list[FloatArray]] = {}
        for item in lines:
            gathered.setdefault(item.line.instrument, []).append(item.line.controls)
        self._ranges = {
            name: np.quantile(np.concatenate(rows), _QUANTILES, axis=0)
            for name, rows in gathered.items()
        }

    def changed(self, line: Line, generator: np.random.Generator) -> FloatArray:
        """Return controls [N, 9] of a line, about half of them drawn anew."""
        low, high = self._ranges[line.instrument]
        width = high - low
        drawn = generator.uniform(
            low - _BEYOND * width, high + _BEYOND * width, line.controls.shape
        )
        is_changed = generator.random(line.controls.shape) < _CHANGED_SHARE
        return playable(np.where(is_changed, drawn, line.controls))


def batch_of_crops(
    lines: Sequence[TrainingLine],
    *,
    num_played: int,
    num_changed: int,
    crop_frames: int,
    ranges: ControlRanges,
    generator: np.random.Generator,
) -> dict[str, NDArray[np.generic]]:
    """Draw a batch, as `synthesis_losses.training_inputs` names its parts.

    Long takes are drawn more often.

    Args:
        lines: At least one.
        num_played: Crops as they were played.
        num_changed: Crops with other controls.
        crop_frames: T, even.
        ranges: From where other controls are drawn.
        generator: Where randomness comes from.
    """
    lengths = np.array([item.num_frames for item in lines], dtype=np.float64)
    chosen = generator.choice(
        len(lines), num_played + num_changed, p=lengths / lengths.sum()
    )
    crops = []
    for place, index in enumerate(chosen):
        item = lines[int(index)]
        latest = max(item.num_frames - crop_frames, 0)
        first = int(generator.integers(0, latest + 1))
        if place < num_played:
            crops.append(_crop(item, item.line, item.swing, first, crop_frames, True))
            continue
        line = item.line.with_controls(ranges.changed(item.line, generator))
        swing = MadeSwing(line.spans[:, 0], line.controls)
        crops.append(_crop(item, line, swing, first, crop_frames, False))
    return _stacked(crops)


def _crop(
    item: TrainingLine,
    line: Line,
    swing: Swing,
    first: int,
    num_frames: int,
    is_played: bool,
) -> dict[str, NDArray[np.generic]]:
    last = first + num_frames
    stop = min(last, item.num_frames)
    missing = last - stop

    def cut(values: NDArray[np.floating], fill: float = 0.0) -> NDArray[np.float32]:
        widths = [(0, missing)] + [(0, 0)] * (values.ndim - 1)
        part = values[first:stop].astype(np.float32)
        return np.pad(part, widths, constant_values=fill)

    moves = np.zeros((num_frames, 2))
    moves[: stop - first] = swing.at(first, stop)
    lower, share = class_shares(cut(item.deviation_cents))
    is_whole = (line.spans[:, 0] >= first) & (line.spans[:, 1] <= stop)
    wanted = [COLUMNS[name] for name in MEASURED]
    return {
        "features": line.features(first, last, moves),
        "wanted_levels": cut(item.levels, SILENT_DB),
        "f0": cut(item.f0_hz)[:, None],
        "pitch_class": lower.astype(np.int32),
        "pitch_share": share.astype(np.float32),
        "pitch_weight": cut(item.pitch_weight) * is_played,
        "spans": (line.spans[is_whole] - first).astype(np.int32),
        "controls": line.controls[is_whole][:, wanted].astype(np.float32),
        "is_played": np.array([is_played], np.float32),
    }


def _stacked(
    crops: Sequence[dict[str, NDArray[np.generic]]],
) -> dict[str, NDArray[np.generic]]:
    """Stack crops; those with fewer notes get notes of no frames."""
    most = max(max(len(crop["spans"]) for crop in crops), 1)
    for crop in crops:
        for name in ("spans", "controls"):
            missing = most - len(crop[name])
            crop[name] = np.pad(crop[name], [(0, missing), (0, 0)])
    return {name: np.stack([crop[name] for crop in crops]) for name in crops[0]}
