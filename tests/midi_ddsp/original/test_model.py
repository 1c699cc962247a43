"""Playing a part with the original's networks, whatever their weights."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.dsp.rendering import RenderOptions
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.model import PLAYED, OriginalModel
from musegen.midi_ddsp.original.performing import OriginalPerformance
from musegen.midi_ddsp.original.rests import LEAD_FRAMES, RELEASE_FRAMES
from musegen.midi_ddsp.parameters import hz_to_midi
from musegen.midi_ddsp.tables.note_table import PartialNoteTable
from musegen.midi_ddsp.tables.note_table_merging import merge

NOTES = (
    PlayedNote(pitch=67, onset_s=0.1, offset_s=0.3),
    PlayedNote(pitch=69, onset_s=0.26, offset_s=0.4),
    PlayedNote(pitch=60, onset_s=0.8, offset_s=0.9),
)
TAIL = 250
LOWEST_HZ = 8.662  # a semitone above pitch 0


@pytest.fixture(scope="module")
def ours(any_model: OriginalModel) -> OriginalPerformance:
    return any_model.perform(NOTES, "flute", seed=3)


@pytest.fixture(scope="module")
def theirs(any_model: OriginalModel) -> OriginalPerformance:
    return any_model.perform(NOTES, "flute", seed=3, compat=True)


def same(one: OriginalPerformance, other: OriginalPerformance) -> bool:
    return all(
        np.array_equal(getattr(one.parameters, name), getattr(other.parameters, name))
        for name in ("f0_hz", "amplitude", "harmonics", "noise")
    )


def test_time_is_absolute_and_an_overlap_delays_nothing(
    ours: OriginalPerformance, theirs: OriginalPerformance
) -> None:
    assert ours.parameters.num_frames == 225 + TAIL
    assert theirs.parameters.num_frames == 225 + 10 + TAIL
    np.testing.assert_allclose(ours.table["onset_s"], [0.1, 0.26, 0.8])
    np.testing.assert_allclose(theirs.table["onset_s"], [0.1, 0.3, 0.84])
    assert [notice.code for notice in ours.notices] == ["overlap-ended"]
    assert theirs.notices == ()


def test_the_pitch_stays_within_a_semitone_of_the_note(
    ours: OriginalPerformance, theirs: OriginalPerformance
) -> None:
    for performance, spans in (
        (ours, [(25, 65, 67), (65, 100, 69), (200, 225, 60)]),
        (theirs, [(25, 75, 67), (75, 110, 69), (210, 235, 60)]),
    ):
        pitch = hz_to_midi(performance.parameters.f0_hz)
        for start, end, written in spans:
            assert np.abs(pitch[start:end] - written).max() <= 1.006
            assert np.ptp(pitch[start:end]) > 0.1  # untrained: drawn from all classes


def test_rests_hold_the_pitch_and_are_silent(ours: OriginalPerformance) -> None:
    sound = ours.parameters
    assert (sound.f0_hz[:25] == sound.f0_hz[25]).all()
    assert (sound.f0_hz[100:200] == sound.f0_hz[99]).all()
    silent = slice(99 + RELEASE_FRAMES, 200 - LEAD_FRAMES)
    assert (sound.amplitude[silent] == 0).all()
    assert (sound.noise[silent] == 0).all()
    assert (sound.amplitude[25:100] > 0).all()


def test_the_original_leaves_rests_at_a_few_hertz(
    theirs: OriginalPerformance,
) -> None:
    sound = theirs.parameters
    assert sound.f0_hz[:25].max() <= LOWEST_HZ
    assert sound.f0_hz[110:210].max() <= LOWEST_HZ
    assert (sound.amplitude[110:210] > 0).all()


def test_a_seed_repeats_and_another_differs(
    any_model: OriginalModel, ours: OriginalPerformance
) -> None:
    any_model.perform(NOTES[:1], "tuba", seed=3)  # other parts do not matter
    assert same(any_model.perform(NOTES, "flute", seed=3), ours)
    assert not same(any_model.perform(NOTES, "flute", seed=4), ours)


def test_the_likeliest_pitch_needs_no_seed(any_model: OriginalModel) -> None:
    first = any_model.perform(NOTES[:1], "flute", argmax=True, seed=1)
    assert same(any_model.perform(NOTES[:1], "flute", argmax=True, seed=2), first)
    other = any_model.perform(NOTES[:1], "oboe", argmax=True)
    assert not same(other, first)


def test_expression_is_predicted_edited_and_played(
    any_model: OriginalModel, ours: OriginalPerformance
) -> None:
    table = any_model.predict_expression(NOTES, "flute")
    np.testing.assert_array_equal(table.controls(), ours.table.controls())
    assert same(
        any_model.perform(table.notes(), "flute", expression=table, seed=3), ours
    )
    edit = PartialNoteTable(
        columns={"note": np.array([2.0]), "brightness": np.array([1.3])},
        row_labels=("row 1",),
    )
    edited = merge(table, edit)
    played = any_model.perform(edited.notes(), "flute", expression=edited, seed=3)
    assert played.table["brightness"][1] == 1.3
    assert not same(played, ours)


def test_expression_of_other_notes_is_refused(any_model: OriginalModel) -> None:
    with pytest.raises(InputError, match="there are 3 notes"):
        any_model.perform(NOTES, "flute", expression=np.zeros((2, 6)))


def test_the_thirteen_instruments_are_those_of_the_paper(
    any_model: OriginalModel,
) -> None:
    assert len(any_model.instruments) == 13
    assert [instrument.urmp_id for instrument in PLAYED] == list(range(13))


@pytest.mark.parametrize("name", ["kazoo", "guitar", "alto saxophone", ""])
def test_other_instruments_are_refused_with_the_list(
    any_model: OriginalModel, name: str
) -> None:
    with pytest.raises(UsageError) as caught:
        any_model.perform(NOTES, name)
    assert f'untrained plays no "{name}"' in str(caught.value)
    assert str(caught.value).endswith(", ".join(any_model.instruments))


def test_an_instrument_may_be_called_by_another_name(
    any_model: OriginalModel,
) -> None:
    table = any_model.predict_expression(NOTES, "sax")
    assert set(table["instrument"]) == {"tenor saxophone"}


def test_the_room_is_that_of_the_instrument_and_fades(
    any_model: OriginalModel, ours: OriginalPerformance
) -> None:
    slot = any_model.instruments.index("flute")
    room = ImpulseResponse(taps=any_model.reverbs[slot]).faded()
    np.testing.assert_array_equal(ours.reverb.taps, room.taps)
    np.testing.assert_array_equal(any_model.reverb("fl").taps, room.taps)
    assert room.taps[-1] == pytest.approx(any_model.reverbs[slot, -1] * 0.018316, 1e-3)


def test_a_performance_sounds(
    ours: OriginalPerformance, theirs: OriginalPerformance
) -> None:
    dry = ours.render(options=RenderOptions(reverb_gain=0.0))
    wet = ours.render()
    assert len(dry) == len(wet) == ours.parameters.num_frames * 64
    assert (dry[: 10 * 64] == 0).all()  # nothing before the gate opens
    assert np.abs(dry[25 * 64 : 100 * 64]).max() > 0
    assert np.abs(wet - dry).max() > 0
    assert len(ours.render(sample_rate=48_000)) == 3 * len(dry)
    assert np.isfinite(theirs.render()).all()
    with pytest.raises(UsageError):
        theirs.render(sample_rate=48_000)
