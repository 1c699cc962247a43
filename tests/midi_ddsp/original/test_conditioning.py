"""What the Synthesis Generator is told of each frame, the original's way and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.expression import CONTROL_NAMES, spread
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.conditioning import CONDITION_NAMES, conditioning
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.note_rows import COMPAT_MAX_ROWS, note_rows, row_frames
from musegen.midi_ddsp.original.synthesis_generator import SynthesisGenerator

FRAME_S = 0.004


def notes_of_rows(
    pitch: NDArray[np.integer], length: NDArray[np.integer]
) -> list[PlayedNote]:
    ends = np.cumsum(length)
    return [
        PlayedNote(pitch=int(p), onset_s=(end - size) * FRAME_S, offset_s=end * FRAME_S)
        for p, size, end in zip(pitch, length, ends, strict=True)
        if p
    ]


def told(
    notes: list[PlayedNote], *, compat: bool = False, tail_frames: int = 5
) -> dict[str, Array]:
    """The conditioning by column; the controls of note n are n + 0.1, n + 0.2, ..."""
    rows = note_rows(notes, tail_frames=tail_frames, compat=compat)
    frames = row_frames(rows, compat=compat)
    controls = np.arange(len(notes))[:, None] + np.arange(1, 7) / 10
    columns = conditioning(frames, spread(controls, frames)).T
    return dict(zip(CONDITION_NAMES, columns, strict=True))


def test_the_recorded_conditioning_comes_out(
    synthesis_generator: SynthesisGenerator, expected: Mapping[str, NDArray[Any]]
) -> None:
    pitch, length = expected["note_pitch"], expected["note_length_frames"]
    rows = note_rows(notes_of_rows(pitch, length), tail_frames=0, compat=True)
    frames = row_frames(rows, compat=True)
    recorded = [str(name) for name in expected["table_columns"]]
    chosen = [recorded.index(name) for name in CONTROL_NAMES]
    controls = expected["table"][pitch > 0][:, chosen]
    z = synthesis_generator.condition(
        conditioning(frames, spread(controls, frames)), int(expected["instrument_id"])
    )
    np.testing.assert_allclose(z, expected["z_midi_decoder"], atol=1e-5)


def test_columns_stand_in_the_order_that_the_network_reads() -> None:
    controls = ["volume", "vol_fluc", "vibrato", "brightness", "attack", "vol_peak_pos"]
    assert list(CONDITION_NAMES) == [
        *controls,
        *("pitch", "onset", "offset", "position"),
    ]


def test_each_frame_has_what_its_note_says() -> None:
    columns = told(
        [
            PlayedNote(pitch=60, onset_s=0.008, offset_s=0.024),
            PlayedNote(pitch=64, onset_s=0.032, offset_s=0.040),
        ]
    )
    none = [0.0]
    for place, name in enumerate(CONTROL_NAMES, start=1):
        first, second = [place / 10] * 4, [1 + place / 10] * 2
        values = 2 * none + first + 2 * none + second + 5 * none
        np.testing.assert_allclose(columns[name], values, rtol=1e-6)
    pitch = 2 * none + 4 * [60 / 127] + 2 * none + 2 * [64 / 127] + 5 * none
    np.testing.assert_allclose(columns["pitch"], pitch, rtol=1e-6)
    assert np.flatnonzero(columns["onset"]).tolist() == [2, 8]
    assert np.flatnonzero(columns["offset"]).tolist() == [5, 9]
    np.testing.assert_allclose(columns["position"][2:6], [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(columns["position"][8:10], [0.5, 1])


def test_the_original_flags_rests_and_delays_what_follows_an_overlap() -> None:
    notes = [
        PlayedNote(pitch=60, onset_s=0.0, offset_s=0.040),
        PlayedNote(pitch=62, onset_s=0.032, offset_s=0.060),
    ]
    ours, theirs = told(notes), told(notes, compat=True)
    assert np.flatnonzero(ours["onset"]).tolist() == [0, 8]
    assert np.flatnonzero(ours["offset"]).tolist() == [7, 14]
    # An empty first rest, two notes of their own lengths, the rest at the end.
    assert np.flatnonzero(theirs["onset"]).tolist() == [0, 10, 17]
    assert np.flatnonzero(theirs["offset"]).tolist() == [9, 16, 21]


def test_the_original_forgets_positions_after_a_hundred_rows() -> None:
    notes = [
        PlayedNote(pitch=60, onset_s=0.02 * n, offset_s=0.02 * (n + 1))
        for n in range(150)
    ]
    ours, theirs = told(notes), told(notes, compat=True)
    sounding = slice(0, 150 * 5)
    assert (ours["position"][sounding] > 0).all()
    last = (COMPAT_MAX_ROWS - 1) * 5  # the first row is the empty rest
    assert (theirs["position"][:last] > 0).all()
    assert (theirs["position"][last:] == 0).all()


def test_controls_of_another_shape_are_refused() -> None:
    frames = row_frames(note_rows([PlayedNote(pitch=60, onset_s=0, offset_s=1)]))
    with pytest.raises(
        ValueError, match=r"shape \(500, 6\) are needed; got \(500, 5\)"
    ):
        conditioning(frames, np.zeros((500, 5)))
