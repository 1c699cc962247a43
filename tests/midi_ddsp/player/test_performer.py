"""What the performer draws, and when it plays."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from musegen.data.errors import EmptyScoreError, PolyphonyError
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.characters import character_of
from musegen.midi_ddsp.player.performance import NoteExpression
from musegen.midi_ddsp.player.performer import Interpretation, interpret
from musegen.midi_ddsp.player.styles import STYLES

VIOLIN = character_of(instrument_named("violin"))


def steady_tune(num_notes: int, length_s: float = 0.4) -> list[PlayedNote]:
    return [
        PlayedNote(
            pitch=60 + index * 5 % 12,
            onset_s=0.1 + index * length_s,
            offset_s=0.1 + (index + 1) * length_s,
        )
        for index in range(num_notes)
    ]


def perform(style: str, seed: int, num_notes: int = 60) -> Interpretation:
    return interpret(
        steady_tune(num_notes),
        style=STYLES[style],
        character=VIOLIN,
        rng=np.random.default_rng(seed),
    )


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_notes_follow_one_another(style: str, seed: int) -> None:
    played = perform(style, seed)
    for note, after, item in zip(
        played.notes, played.notes[1:], played.expression[1:], strict=False
    ):
        gap_s = after.onset_s - note.offset_s
        assert gap_s == 0.0 if item.is_legato else gap_s > 0.01
        assert note.duration_s > 0.05


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_control_is_finite_and_fits_into_its_note(style: str) -> None:
    played = perform(style, 4)
    for note, item in zip(played.notes, played.expression, strict=True):
        values = [getattr(item, field.name) for field in fields(NoteExpression)]
        assert np.all(np.isfinite(values))
        assert item.attack_s <= 0.4 * note.duration_s + 1e-9
        assert 0.0 <= item.peak_position <= 1.0
        assert (item.glide_s > 0.0) == item.is_legato


def test_the_shift_is_the_real_one() -> None:
    played = perform("exaggerated", 5)
    for note, written, item in zip(
        played.notes, steady_tune(60), played.expression, strict=True
    ):
        assert note.onset_s - written.onset_s == pytest.approx(item.onset_shift_s)


def test_exaggerated_controls_are_wide_and_independent() -> None:
    items = perform("exaggerated", 6, num_notes=400).expression
    names = ["volume_db", "peak_position", "brightness_db_per_octave", "noise_db"]
    table = np.array([[getattr(item, name) for name in names] for item in items])
    assert np.ptp(table[:, 0]) > 25.0
    assert np.ptp(table[:, 1]) > 0.9
    correlation = np.corrcoef(table.T) - np.eye(len(names))
    assert np.abs(correlation).max() < 0.2


def test_short_notes_have_no_vibrato() -> None:
    played = interpret(
        steady_tune(40, length_s=0.2),
        style=STYLES["romantic"],
        character=VIOLIN,
        rng=np.random.default_rng(0),
    )
    assert all(
        item.vibrato_extent_cents == 0.0
        for note, item in zip(played.notes, played.expression, strict=True)
        if note.duration_s < 0.25
    )


def test_repeated_pitches_are_struck_anew() -> None:
    notes = [
        PlayedNote(pitch=60, onset_s=0.5 * index, offset_s=0.5 * index + 0.5)
        for index in range(20)
    ]
    played = interpret(
        notes,
        style=STYLES["romantic"],
        character=VIOLIN,
        rng=np.random.default_rng(0),
    )
    assert not any(item.is_legato for item in played.expression)


def test_no_notes_and_chords_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(EmptyScoreError):
        interpret([], style=STYLES["plain"], character=VIOLIN, rng=rng)
    chord = [PlayedNote(pitch=p, onset_s=1.0, offset_s=2.0) for p in (60, 64)]
    with pytest.raises(PolyphonyError, match=r"at 1\.00 s"):
        interpret(chord, style=STYLES["plain"], character=VIOLIN, rng=rng)
