"""A take holds as many rows as notes, and frames of all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units
from musegen.midi_ddsp.takes.take import Take

NOTES = (
    PlayedNote(pitch=69, onset_s=0.1, offset_s=0.5),
    PlayedNote(pitch=71, onset_s=0.5, offset_s=0.8),
)


@pytest.fixture
def take() -> Take:
    units = np.tile(np.linspace(1.0, 2.0, len(UNIT_NAMES)), (2, 1))
    return Take(
        piece="tune",
        recording="tune.wav",
        split="train",
        instrument="horn",
        notes=NOTES,
        parameters=synthesise_units(NOTES, units, 250),
        units=units.astype(np.float32),
        controls=np.zeros((2, len(CONTROL_NAMES)), np.float32),
        audio=np.zeros(250 * 64, np.int16),
    )


def test_frames_are_those_of_the_parameters(take: Take) -> None:
    assert take.num_frames == 250
    assert take.frames().num_frames == 250
    assert take.frames().spans().tolist() == [[25, 125], [125, 200]]


@pytest.mark.parametrize("name", ["units", "controls"])
def test_rows_for_other_notes_are_refused(take: Take, name: str) -> None:
    rows = getattr(take, name)
    with pytest.raises(InputError, match=r"tune.wav: 2 notes, but .*1 rows|1 of"):
        replace(take, **{name: rows[:1]})
