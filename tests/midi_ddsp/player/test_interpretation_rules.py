"""In the style "musical" every control follows the notes, in the direction stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.characters import character_of
from musegen.midi_ddsp.player.interpretation_rules import (
    RULES,
    SHORTEST_WITH_VIBRATO_S,
)
from musegen.midi_ddsp.player.note_context import context_of
from musegen.midi_ddsp.player.performance import NoteExpression
from musegen.midi_ddsp.player.performer import Interpretation, interpret
from musegen.midi_ddsp.player.styles import STYLES

FloatArray = NDArray[np.float64]

FLUTE = character_of(instrument_named("flute"))
CONTROLS = tuple(field.name for field in fields(NoteExpression))
MOST_LEFT = 0.7  # of a control's spread, by the linear regression
MOST_LEFT_ON_AVERAGE = 0.45


def tune_of(pitches: Sequence[int], lengths: Sequence[float]) -> list[PlayedNote]:
    ends = 0.1 + np.cumsum(lengths)
    return [
        PlayedNote(pitch=pitch, onset_s=end_s - length_s, offset_s=end_s)
        for pitch, length_s, end_s in zip(pitches, lengths, ends.tolist(), strict=True)
    ]


def perform(notes: Sequence[PlayedNote], seed: int) -> Interpretation:
    return interpret(
        notes,
        style=STYLES["musical"],
        character=FLUTE,
        rng=np.random.default_rng(seed),
    )


def mean_of(name: str, pitches: Sequence[int], lengths: Sequence[float]) -> FloatArray:
    """A control of each note, [notes], over forty performances."""
    notes = tune_of(pitches, lengths)
    table = [
        [float(getattr(item, name)) for item in perform(notes, seed).expression]
        for seed in range(40)
    ]
    means: FloatArray = np.mean(table, axis=0)
    return means


def test_the_arch_of_the_phrase_is_heard() -> None:
    volume = mean_of("volume_db", [60, 62] * 6 + [60], [0.4] * 13)
    assert volume[5:8].mean() > volume[[0, 1]].mean() + 3.0


def test_the_last_note_of_a_phrase_dies_away() -> None:
    volume = mean_of("volume_db", [60, 62] * 6 + [60], [0.4] * 13)
    fall = mean_of("fall_db", [60, 62] * 6 + [60], [0.4] * 13)
    assert volume[-1] < volume[0] - 1.0
    assert fall[-1] > fall[1:-1].max() + 1.0


def test_higher_notes_are_louder() -> None:
    volume = mean_of("volume_db", [72] * 6 + [60] * 7, [0.4] * 13)
    assert 1.5 < volume[3:6].mean() - volume[7:10].mean() < 3.0


def test_a_note_after_a_leap_is_accented() -> None:
    pitches = [60, 62, 60, 62, 60, 69, 67, 69, 67, 69, 67]
    volume = mean_of("volume_db", pitches, [0.4] * 11)
    noise = mean_of("attack_noise_db", pitches, [0.4] * 11)
    assert volume[5] > volume[[3, 7]].mean() + 1.0
    assert noise[5] > noise[[3, 7]].mean() + 2.0


def test_a_long_note_after_short_ones_is_accented_and_passing_notes_are_soft() -> None:
    lengths = [0.4, 0.2, 0.4, 0.4, 0.2, 0.4, 0.2, 0.4]
    volume = mean_of("volume_db", [60, 62, 64, 65, 64, 62, 64, 65], lengths)
    assert volume[2] > volume[1] + 2.0
    assert volume[5] > volume[[4, 6]].max() + 1.0


def test_long_notes_that_lead_upward_grow() -> None:
    pitches, lengths = [60, 62, 60, 62, 60], [1.2] * 5
    rise = mean_of("rise_db", pitches, lengths)
    peak = mean_of("peak_position", pitches, lengths)
    assert rise[[0, 2]].min() > rise[[1, 3]].max() + 2.0
    assert peak[[0, 2]].min() > peak[[1, 3]].max() + 0.15
    assert peak[4] < peak[:4].min()


def test_short_notes_peak_early() -> None:
    peak = mean_of("peak_position", [60, 58] * 4, [0.2, 0.8] * 4)
    assert peak[2:7:2].max() < peak[1:6:2].min()


def test_vibrato_is_for_long_notes_and_grows_with_length_and_height() -> None:
    lengths = [0.2, 0.5, 1.5] * 6
    pitches = [60] * 9 + [72] * 9
    extent = mean_of("vibrato_extent_cents", pitches, lengths).reshape(6, 3)
    delay = mean_of("vibrato_delay_s", pitches, lengths).reshape(6, 3)
    rate = mean_of("vibrato_rate_hz", pitches, lengths).reshape(6, 3)
    assert np.all(extent[:, 0] == 0.0)
    assert np.all(extent[:, 2] > extent[:, 1] + 3.0)
    assert np.all(delay[:, 2] > delay[:, 1] + 0.03)
    assert extent[3:, 1:].mean() > extent[:3, 1:].mean() + 1.0
    assert rate[3:, 2].mean() > rate[:3, 2].mean() + 0.1


def test_no_vibrato_below_the_least_length() -> None:
    lengths = [SHORTEST_WITH_VIBRATO_S - 0.01] * 20
    assert not mean_of("vibrato_extent_cents", [60, 62] * 10, lengths).any()


def test_attacks_are_softer_after_steps_than_on_repeated_notes() -> None:
    pitches = [60, 60, 60, 62, 62, 60, 60, 62, 62, 60]
    attack = mean_of("attack_s", pitches, [0.4] * 10)
    noise = mean_of("attack_noise_db", pitches, [0.4] * 10)
    after_step, repeated = [3, 5, 7], [4, 6, 8]
    assert attack[after_step].min() > attack[repeated].max()
    assert noise[after_step].max() < noise[repeated].min()


def test_louder_notes_are_brighter() -> None:
    pitches, lengths = [60, 62] * 6 + [60], [0.4] * 13
    volume = mean_of("volume_db", pitches, lengths)
    tilt = mean_of("brightness_db_per_octave", pitches, lengths)
    assert np.corrcoef(volume, tilt)[0, 1] > 0.8


def test_leading_notes_are_sharp() -> None:
    cents = mean_of("intonation_cents", [64, 65, 60, 62] * 3, [0.4] * 12)
    cents = cents[4:12].reshape(2, 4)
    assert np.all(cents[:, 0] > cents[:, 2] + 2.5)
    assert np.all(cents[:, 1] > cents[:, 2] + 1.0)


def test_steps_are_joined_and_leaps_repeats_and_phrases_are_not() -> None:
    legato = mean_of("is_legato", [60, 62, 64, 64, 71, 69, 67], [0.4] * 7)
    assert legato[[1, 2, 5, 6]].min() > 0.8
    assert not legato[[0, 3, 4]].any()
    phrases = mean_of("is_legato", [60, 62, 64, 62, 60], [0.4, 0.4, 0.4, 1.2, 0.4])
    assert phrases[4] == 0.0


def test_some_tunes_cut_runs_of_short_leaping_notes_short() -> None:
    notes = tune_of([60, 64, 67, 64] * 3, [0.2] * 12)
    shares = np.array(
        [[x.sounding_share for x in perform(notes, k).expression] for k in range(40)]
    )[:, 1:10]
    is_cut = np.median(shares, axis=1) < 0.55
    assert 8 < is_cut.sum() < 32
    assert shares[is_cut].max() < 0.6
    slow = mean_of("sounding_share", [60, 64, 67, 64] * 3, [0.6] * 12)
    assert slow[:-1].min() > 0.75


def test_every_rule_is_about_a_control_in_the_range_of_the_style() -> None:
    for name, weights in RULES.items():
        low, high = getattr(STYLES["musical"], name)
        assert all(abs(weight) < high - low for weight in weights.values())


def random_tune(rng: np.random.Generator) -> list[PlayedNote]:
    lengths = rng.choice([0.2, 0.2, 0.4, 0.4, 0.6, 1.2], 80)
    steps = rng.choice([-7, -4, -2, -1, 0, 1, 2, 2, 4, 5], 80)
    pitches = 60 + np.abs(np.cumsum(steps)) % 24
    return tune_of(pitches.tolist(), lengths.tolist())


def features_of(notes: Sequence[PlayedNote], played: Interpretation) -> FloatArray:
    """What a network is told of each note: [notes, features]."""
    pitches = np.array([note.pitch for note in notes])
    onsets, ends = (
        np.array([getattr(note, name) for note in notes])
        for name in ("onset_s", "offset_s")
    )
    seen = context_of(pitches, onsets, np.minimum(ends, np.append(onsets[1:], np.inf)))
    legato = np.array([float(item.is_legato) for item in played.expression])
    is_long = (seen.length_s >= SHORTEST_WITH_VIBRATO_S).astype(np.float64)
    columns = [seen.length, is_long, is_long * seen.length, seen.height, seen.place]
    columns += [np.sin(np.pi * seen.place), seen.begins, seen.ends]
    columns += [seen.rising_semitone]
    for interval in (seen.interval, seen.next_interval):
        columns += [np.sign(interval), np.abs(interval)]
    return np.stack([*columns, legato, np.append(legato[1:], 0.0)], axis=1)


def shares_left(num_tunes: int) -> dict[str, float]:
    """Spread of each control, as a share, that a linear regression leaves."""
    rng = np.random.default_rng(0)
    rows, values, tunes = [], [], []
    for index in range(num_tunes):
        notes = random_tune(rng)
        played = perform(notes, seed=index)
        rows.append(features_of(notes, played))
        values.append(
            [[float(getattr(x, name)) for name in CONTROLS] for x in played.expression]
        )
        tunes += [index] * len(notes)
    is_of_tune = np.array(tunes)[:, None] == np.arange(num_tunes)
    design = np.concatenate([np.concatenate(rows), is_of_tune], axis=1)
    wanted = np.concatenate(values)
    left = wanted - design @ np.linalg.lstsq(design, wanted, rcond=None)[0]
    return dict(zip(CONTROLS, left.std(axis=0) / wanted.std(axis=0), strict=True))


def test_what_the_notes_do_not_explain_is_small() -> None:
    left = shares_left(num_tunes=30)
    assert {name: share for name, share in left.items() if share > MOST_LEFT} == {}
    assert np.mean(list(left.values())) < MOST_LEFT_ON_AVERAGE


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_plays_the_same(seed: int) -> None:
    notes = random_tune(np.random.default_rng(5))
    assert perform(notes, seed) == perform(notes, seed)
    assert perform(notes, seed) != perform(notes, seed + 2)
