"""Windows of notes and rests of takes as batches for the Expression Generator.

What a step sees derives from the run's seed and the step alone.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and its program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.note_frames import frame_spans
from musegen.midi_ddsp.original.expression_generator import NUM_PITCHES
from musegen.midi_ddsp.original.note_rows import note_rows
from musegen.midi_ddsp.original.training_batches import Inputs, slot_of
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.takes.take import Take


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExpressionRows:
    """The notes and rests of a take, R rows.

    Args:
        pitch: [R] int32, 0 for rests.
        length_s: [R], seconds.
        controls: [R, 6], zeros for rests.
        instrument_id: Slot.
    """

    pitch: NDArray[np.int32]
    length_s: NDArray[np.float32]
    controls: NDArray[np.float32]
    instrument_id: int

    @property
    def num_rows(self) -> int:
        """R."""
        return len(self.pitch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How a batch is changed; the controls are not.

    Args:
        transposition: Semitones; rests stay rests.
        duration_factor: What lengths are multiplied by.
    """

    transposition: int = 0
    duration_factor: float = 1.0


def rows_of_takes(takes: Sequence[Take], what: str) -> list[ExpressionRows]:
    """Return the rows of all takes that have notes; a last rest fills each take.

    Args:
        takes: The takes.
        what: `training` or `validation`, for messages.

    Raises:
        TrainingError: There is none, or one is of an instrument without a slot.
    """
    made = [_rows(take) for take in takes if take.notes]
    if not made:
        raise TrainingError(f"no {what} take has a note: prepare more pieces")
    return made


def _rows(take: Take) -> ExpressionRows:
    end = int(frame_spans(take.notes)[:, 1].max())
    rows = note_rows(take.notes, tail_frames=max(take.num_frames - end, 0))
    controls = np.zeros((rows.num_rows, len(CONTROL_NAMES)), np.float32)
    is_note = rows.note_index >= 0
    controls[is_note] = take.controls[rows.note_index[is_note]]
    return ExpressionRows(
        pitch=rows.pitch,
        length_s=(rows.length / FRAME_RATE_HZ).astype(np.float32),
        controls=controls,
        instrument_id=slot_of(take),
    )


def draw_windows(
    pieces: Sequence[ExpressionRows],
    *,
    count: int,
    window_rows: int,
    generator: np.random.Generator,
) -> list[tuple[int, int]]:
    """Draw windows: any piece with the same chance, then any place in it.

    Args:
        pieces: Rows of each.
        count: Windows to draw.
        window_rows: Rows of a window.
        generator: Source of randomness.

    Returns:
        Piece and first row of each.
    """
    windows = []
    for index in generator.integers(len(pieces), size=count).tolist():
        places = max(pieces[index].num_rows - window_rows, 0) + 1
        windows.append((index, int(generator.integers(places))))
    return windows


def draw_augmentation(
    *,
    max_transposition: int,
    duration_factors: Sequence[float],
    generator: np.random.Generator,
) -> Augmentation:
    """Draw how a whole batch is changed."""
    return Augmentation(
        transposition=int(
            generator.integers(-max_transposition, max_transposition + 1)
        ),
        duration_factor=float(
            duration_factors[int(generator.integers(len(duration_factors)))]
        ),
    )


def window_batch(
    pieces: Sequence[ExpressionRows],
    windows: Sequence[tuple[int, int]],
    *,
    window_rows: int,
    augmentation: Augmentation,
) -> Inputs:
    """Cut a batch.

    Args:
        pieces: Rows of each piece.
        windows: Piece and first row of each window.
        window_rows: L; shorter pieces are filled with rows that do not count.
        augmentation: How the batch is changed.

    Returns:
        `note_pitch` [B, L], `length_s` [B, L, 1], `instrument` [B, 1], `controls`
        [B, L, 6] and `counted` [B, L], 1 for rows that there are.
    """
    size = len(windows)
    batch: dict[str, NDArray[Any]] = {
        "note_pitch": np.zeros((size, window_rows), np.int32),
        "length_s": np.zeros((size, window_rows, 1), np.float32),
        "instrument": np.zeros((size, 1), np.int32),
        "controls": np.zeros((size, window_rows, len(CONTROL_NAMES)), np.float32),
        "counted": np.zeros((size, window_rows), np.float32),
    }
    for place, (index, first) in enumerate(windows):
        piece = pieces[index]
        chosen = slice(first, first + window_rows)
        pitch = piece.pitch[chosen]
        there = slice(0, len(pitch))
        batch["note_pitch"][place, there] = transposed(
            pitch, augmentation.transposition
        )
        lengths = piece.length_s[chosen] * np.float32(augmentation.duration_factor)
        batch["length_s"][place, there, 0] = lengths
        batch["instrument"][place] = piece.instrument_id
        batch["controls"][place, there] = piece.controls[chosen]
        batch["counted"][place, there] = 1.0
    return batch


def transposed(pitch: NDArray[np.int32], semitones: int) -> NDArray[np.int32]:
    """Return pitches moved, those of notes within 1 to 127; rests stay 0."""
    moved = np.clip(pitch + semitones, 1, NUM_PITCHES - 1)
    return np.where(pitch > 0, moved, 0).astype(np.int32)
