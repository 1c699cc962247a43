"""The shipped model plays the vibrato and the intonation that are asked of it."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.generators.controls import COLUMNS, CONTROL_NAMES
from musegen.midi_ddsp.generators.line import make_line
from musegen.midi_ddsp.generators.measuring import joined_blocks
from musegen.midi_ddsp.generators.model import DEFAULT_SYNTHESIS
from musegen.midi_ddsp.generators.synthesis_model import SynthesisModel
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import hz_to_midi
from musegen.midi_ddsp.vibrato import Vibrato, measure_vibrato

PITCHES = {"violin": 69, "flute": 74, "oboe": 72, "cello": 50, "trumpet": 67}
EXTENTS = (10.0, 20.0, 40.0, 60.0, 100.0, 200.0)
LENGTH_S, GAP_S = 0.8, 0.4


@functools.cache
def model() -> SynthesisModel:
    return SynthesisModel.load(DEFAULT_SYNTHESIS, device="cpu")


def played(
    instrument: str,
    changes: list[dict[str, float]],
    *,
    wheel: float = 1.0,
) -> list[Vibrato]:
    """What is heard of notes, each played as usual but for some controls."""
    scale = model().scales.for_instrument(instrument)
    usual = {name: scale.statistics[UNIT_NAMES.index(name)].mean for name in COLUMNS}
    usual |= {"vibrato_rate_hz": 5.5, "vibrato_delay_s": 0.05, "intonation_cents": 0.0}
    notes = [
        PlayedNote(
            pitch=PITCHES[instrument],
            onset_s=index * (LENGTH_S + GAP_S),
            offset_s=index * (LENGTH_S + GAP_S) + LENGTH_S,
        )
        for index in range(len(changes))
    ]
    line = make_line(
        notes,
        np.array([[(usual | one)[name] for name in CONTROL_NAMES] for one in changes]),
        instrument=instrument,
        is_slurred=[False] * len(notes),
    )
    num_frames = int(line.spans[-1, 1]) + 100
    blocks = model().play(
        line,
        num_frames,
        seed=1,
        vibrato_factor=lambda first, last: np.full(last - first, wheel),
    )
    pitch = hz_to_midi(joined_blocks(list(blocks)).f0_hz)
    return [
        measure_vibrato(100.0 * (pitch[start:end] - PITCHES[instrument]))
        for start, end in line.spans
    ]


@pytest.mark.parametrize("instrument", PITCHES)
def test_vibrato_is_as_wide_as_asked(instrument: str) -> None:
    found = played(instrument, [{"vibrato_extent_cents": one} for one in EXTENTS])
    for asked, one in zip(EXTENTS, found, strict=True):
        assert one.extent_cents == pytest.approx(asked, rel=0.15)
        assert one.rate_hz == pytest.approx(5.5, abs=0.2)
        assert abs(one.centre_cents) < 0.05 * asked + 2.0


@pytest.mark.parametrize("instrument", PITCHES)
def test_a_note_is_as_far_from_its_pitch_as_asked(instrument: str) -> None:
    asked = (-1200.0, -300.0, -80.0, -20.0, 0.0, 20.0, 80.0, 150.0, 300.0, 1200.0)
    found = played(instrument, [{"intonation_cents": one} for one in asked])
    centres = [one.centre_cents for one in found]
    np.testing.assert_allclose(centres, asked, atol=4.0)


def test_a_wheel_widens_as_much_as_it_says() -> None:
    (found,) = played("violin", [{"vibrato_extent_cents": 20.0}], wheel=5.0)
    assert found.extent_cents == pytest.approx(5 * 20.0 + 4 * 15.0, rel=0.15)


def test_a_late_vibrato_is_late() -> None:
    (found,) = played("flute", [{"vibrato_extent_cents": 60.0, "vibrato_delay_s": 99}])
    assert found.extent_cents < 3.0
