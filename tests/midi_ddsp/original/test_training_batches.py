"""Clips of takes: what the Synthesis Generator is told and compared with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.expression import compat_controls
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.conditioning import CONDITION_NAMES
from musegen.midi_ddsp.original.training_batches import (
    ClipPlace,
    clip_batch,
    cut_frames,
    draw_places,
    heard_logits,
    slot_of,
    usable_takes,
)
from musegen.midi_ddsp.parameters import from_logits
from musegen.midi_ddsp.takes.take import Take

LENGTH = 50
Takes = tuple[Take, ...]
NO_ROWS = np.zeros((0, 11), np.float32)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def column(name: str) -> int:
    return CONDITION_NAMES.index(name)


def test_a_batch_is_what_was_played_there(takes: Takes) -> None:
    places = [ClipPlace(take=1, first_frame=30), ClipPlace(take=0, first_frame=0)]
    batch = clip_batch(
        takes, places, clip_frames=LENGTH, generator=random(), compat=False
    )
    take, there = takes[1], slice(30, 30 + LENGTH)
    frames = take.frames()
    np.testing.assert_array_equal(batch["f0_hz"][0, :, 0], take.parameters.f0_hz[there])
    np.testing.assert_array_equal(
        batch["audio"][0], take.audio[30 * 64 : 80 * 64] / np.float32(32768)
    )
    np.testing.assert_allclose(
        batch["frames"][0, :, column("pitch")], frames.pitch[there] / 127, rtol=1e-6
    )
    is_note = frames.note_index[there] >= 0
    np.testing.assert_array_equal(batch["counted"][0], is_note)
    assert set(batch["bins"][0][is_note]) == {120}  # a fifth of a semitone above
    volume = batch["frames"][0, :, column("volume")]
    np.testing.assert_array_equal(
        volume[is_note], take.controls[frames.note_index[there][is_note], 0]
    )
    assert batch["instrument"].tolist() == [[4], [0]]
    assert batch["noise"].shape == batch["audio"].shape == (2, 64 * LENGTH)
    assert 0.9 < np.abs(batch["noise"]).max() <= 1.0


def test_compat_measures_and_counts_notes_in_the_clip(takes: Takes) -> None:
    take = takes[0]
    start = int(take.frames().spans()[0, 0]) + 10  # within the first note
    batch = clip_batch(
        takes,
        [ClipPlace(take=0, first_frame=start)],
        clip_frames=LENGTH,
        generator=random(),
        compat=True,
    )
    assert (batch["counted"] == 1).all()
    cut = cut_frames(take.frames(), start, start + LENGTH, compat=True)
    measured = compat_controls(
        take.parameters.frames(start, start + LENGTH), cut, clip_frames=LENGTH
    )
    np.testing.assert_allclose(
        batch["frames"][0, 0, : measured.shape[1]], measured[0], rtol=1e-5
    )
    length = int((cut.note_index == 0).sum())
    assert batch["frames"][0, 0, column("position")] == pytest.approx(1 / length)
    assert batch["bins"][0][cut.note_index < 0].tolist() == [100] * int(
        (cut.note_index < 0).sum()
    )  # neither pitch nor note


def test_rests_with_a_pitch_are_of_the_last_class(takes: Takes) -> None:
    silent = dataclasses.replace(
        takes[0], notes=(), units=NO_ROWS[:, :11], controls=NO_ROWS[:, :6]
    )
    ringing = dataclasses.replace(
        silent.parameters, f0_hz=np.full(silent.num_frames, 300.0, np.float32)
    )
    batch = clip_batch(
        [dataclasses.replace(silent, parameters=ringing)],
        [ClipPlace(take=0, first_frame=0)],
        clip_frames=LENGTH,
        generator=random(),
        compat=True,
    )
    assert (batch["bins"] == 200).all()


def test_positions_are_those_in_the_note_where_not_compat() -> None:
    note = PlayedNote(pitch=60, onset_s=0.0, offset_s=0.4)
    frames = note_frames([note], 110)
    cut = cut_frames(frames, 50, 110, compat=False)
    assert cut.position[0] == pytest.approx(0.51)
    again = cut_frames(frames, 50, 110, compat=True)
    assert again.position[0] == pytest.approx(1 / 50)
    assert again.position[49] == 1.0
    assert (again.position[50:] == 0).all()


def test_places_are_drawn_from_all_takes_by_their_length(takes: Takes) -> None:
    short = dataclasses.replace(
        takes[0], parameters=takes[0].parameters.frames(0, LENGTH)
    )
    places = draw_places(
        [short, takes[1]], count=400, clip_frames=LENGTH, generator=random()
    )
    firsts = {
        take: [place.first_frame for place in places if place.take == take]
        for take in (0, 1)
    }
    assert set(firsts[0]) <= {0}
    assert len(firsts[0]) < 20  # a 112th of them
    assert min(firsts[1]) < 5
    assert max(firsts[1]) > takes[1].num_frames - LENGTH - 5
    assert max(firsts[1]) <= takes[1].num_frames - LENGTH


def test_logits_mean_what_was_heard(takes: Takes) -> None:
    sound = takes[0].parameters
    logits = heard_logits(sound)
    made = from_logits(sound.f0_hz, logits[:, 0], logits[:, 1:61], logits[:, 61:])
    np.testing.assert_allclose(made.amplitude, sound.amplitude, rtol=1e-4, atol=2e-7)
    np.testing.assert_allclose(made.noise, sound.noise, rtol=1e-3)
    is_note = sound.f0_hz > 0
    np.testing.assert_allclose(
        made.harmonics[is_note], sound.harmonics[is_note], rtol=1e-2, atol=1e-5
    )
    assert np.isfinite(logits).all()


def test_takes_that_cannot_be_used_are_named(takes: Takes) -> None:
    with pytest.raises(TrainingError, match="no training take is 4 s long"):
        usable_takes(takes, 1000, "training")
    other = dataclasses.replace(takes[0], instrument="alto saxophone")
    with pytest.raises(TrainingError, match="recording 0 is played by 'alto sax"):
        usable_takes([other], LENGTH, "training")
    with pytest.raises(TrainingError, match="has no slot"):
        slot_of(dataclasses.replace(takes[0], instrument="kazoo"))
    assert len(usable_takes(takes, LENGTH, "training")) == 3
