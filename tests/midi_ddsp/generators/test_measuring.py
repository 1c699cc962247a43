"""Figures are what they are called, for a player known to be perfect or deaf."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    NUM_CONTROLS,
    units_of_controls,
    untold_controls,
)
from musegen.midi_ddsp.generators.expression_model import ExpressionModel
from musegen.midi_ddsp.generators.line import Line
from musegen.midi_ddsp.generators.measuring import (
    LEAST_VIBRATO_S,
    SWEEP,
    cut_take,
    expression_errors,
    extract,
    joined_blocks,
    movement_db,
    player,
    reextraction_errors,
    root_mean_square,
    round_trip,
    scaled_controls,
    spectral_losses,
    true_line,
    unscaled_controls,
)
from musegen.midi_ddsp.generators.synthesis_model import SynthesisModel
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units
from musegen.midi_ddsp.takes.take import Take

VOLUME = COLUMNS["volume_db"]


def notes_of(line: Line) -> list[PlayedNote]:
    return [
        PlayedNote(pitch=int(pitch), onset_s=start / 250, offset_s=end / 250)
        for pitch, (start, end) in zip(line.pitches, line.spans, strict=True)
    ]


def play_by_formula(line: Line, num_frames: int) -> SynthesisParameters:
    """As asked, to the formulas by which notes are measured."""
    controls = line.controls.copy()
    rates = controls[:, COLUMNS["vibrato_rate_hz"]]
    controls[:, COLUMNS["vibrato_rate_hz"]] = np.where(rates > 0.0, rates, 5.5)
    units = units_of_controls(controls, line.pitches)
    return synthesise_units(notes_of(line), units, num_frames)


def play_one_loudness(line: Line, num_frames: int) -> SynthesisParameters:
    """As asked, but deaf to how loud."""
    controls = line.controls.copy()
    controls[:, VOLUME] = np.linspace(-30, -20, len(controls))
    return play_by_formula(line.with_controls(controls), num_frames)


@pytest.fixture
def violins(takes: tuple[Take, ...]) -> list[Take]:
    return list(takes[:1])


def test_the_line_of_a_take_is_as_it_was_played(takes: tuple[Take, ...]) -> None:
    for take in takes:
        line = true_line(take)
        np.testing.assert_array_equal(line.spans, take.frames().spans())
        found = extract(take.parameters, take)
        np.testing.assert_allclose(found, line.controls, rtol=1e-4, atol=1e-4)


def test_the_line_of_who_is_told_nothing_has_the_notes_alone(
    takes: tuple[Take, ...],
) -> None:
    line = true_line(takes[0], is_told_expression=False)
    np.testing.assert_array_equal(line.spans, takes[0].frames().spans())
    np.testing.assert_array_equal(line.controls, untold_controls(len(line.spans)))


def test_scaled_controls_come_back(scales: ExpressionScales) -> None:
    scale = scales.for_instrument("violin")
    scaled = np.random.default_rng(0).uniform(-1, 2, (4, NUM_CONTROLS))
    units = unscaled_controls(scaled, scale)
    np.testing.assert_allclose(scaled_controls(units, scale), scaled)
    louder = units.copy()
    louder[:, VOLUME] += 1.0
    moved = scaled_controls(louder, scale) - scaled
    assert (moved[:, VOLUME] > 0.0).all()
    np.testing.assert_allclose(np.delete(moved, VOLUME, axis=1), 0.0, atol=1e-12)


def test_one_who_keeps_every_promise_correlates(
    violins: list[Take], scales: ExpressionScales
) -> None:
    scale = scales.for_instrument("violin")
    names = ("volume_db", "vibrato_extent_cents", "mean_harmonic", "attack_noise_db")
    for found in round_trip(play_by_formula, violins, scale, controls=names):
        assert found.correlation > 0.97, found.control
        assert found.instrument == "violin"
        assert found.asked.shape == found.found.shape


def test_one_who_does_not_listen_does_not_correlate(
    violins: list[Take], scales: ExpressionScales
) -> None:
    scale = scales.for_instrument("violin")
    (found,) = round_trip(play_one_loudness, violins, scale, controls=("volume_db",))
    assert abs(found.correlation) < 1e-6


def test_every_value_of_the_sweep_is_asked_of_every_note_that_counts(
    violins: list[Take], scales: ExpressionScales
) -> None:
    asked: list[np.ndarray] = []

    def play(line: Line, num_frames: int) -> SynthesisParameters:
        asked.append(line.controls)
        return play_by_formula(line, num_frames)

    scale = scales.for_instrument("violin")
    vibrato, volume = round_trip(
        play, violins, scale, controls=("vibrato_extent_cents", "volume_db")
    )
    lengths_s = np.array([note.duration_s for note in violins[0].notes])
    num_long = int((lengths_s >= LEAST_VIBRATO_S).sum())
    assert 0 < num_long < len(lengths_s)
    assert len(vibrato.asked) == len(SWEEP) * num_long
    assert len(volume.asked) == len(SWEEP) * len(lengths_s)
    assert sorted(set(volume.asked.tolist())) == list(SWEEP)
    true = true_line(violins[0]).controls
    others = np.delete(np.arange(NUM_CONTROLS), VOLUME)
    for controls in asked[len(SWEEP) :]:
        np.testing.assert_array_equal(controls[:, others], true[:, others])


# === Errors ===


def test_what_is_heard_again_has_no_error(
    takes: tuple[Take, ...], scales: ExpressionScales
) -> None:
    by_frames = {take.num_frames: take for take in takes}

    def play(_line: Line, num_frames: int) -> SynthesisParameters:
        return by_frames[num_frames].parameters

    errors = reextraction_errors(play, takes, scales.by_instrument)
    assert errors.shape == (sum(len(take.notes) for take in takes), NUM_CONTROLS)
    np.testing.assert_allclose(errors, 0.0, atol=1e-3)
    deaf = reextraction_errors(play_one_loudness, takes, scales.by_instrument)
    assert root_mean_square(deaf)[VOLUME] > 0.1


def test_the_root_of_the_mean_of_squares() -> None:
    errors = np.array([[3.0, 0.0], [4.0, -2.0]])
    np.testing.assert_allclose(root_mean_square(errors), np.sqrt([12.5, 2.0]))


def test_expression_is_compared_with_how_it_was_played(
    takes: tuple[Take, ...], scales: ExpressionScales
) -> None:
    class Knowing:
        """Expects what was played, and one control a whole scale higher."""

        def expected(self, *given: object) -> np.ndarray:
            notes, _, name, controls = given
            assert len(cast("tuple[object]", notes)) == len(
                cast("np.ndarray", controls)
            )
            scaled = scaled_controls(
                cast("np.ndarray", controls), scales.for_instrument(str(name))
            )
            scaled[:, COLUMNS["intonation_cents"]] += 1.0
            return unscaled_controls(scaled, scales.for_instrument(str(name)))

    model = cast("ExpressionModel", Knowing())
    errors, truths = expression_errors(model, takes, scales.by_instrument)
    expected = np.zeros(NUM_CONTROLS)
    expected[COLUMNS["intonation_cents"]] = 1.0
    np.testing.assert_allclose(errors, np.tile(expected, (len(errors), 1)), atol=1e-6)
    first = scaled_controls(
        true_line(takes[0]).controls, scales.for_instrument("violin")
    )
    np.testing.assert_array_equal(truths[: len(first)], first)


def test_the_recording_itself_is_nearest_to_the_recording(
    violins: list[Take],
) -> None:
    def play(_line: Line, _num_frames: int) -> SynthesisParameters:
        return violins[0].parameters

    told: list[np.ndarray] = []

    def listen(line: Line, num_frames: int) -> SynthesisParameters:
        told.append(line.controls)
        return play(line, num_frames)

    (itself,) = spectral_losses(play, violins, seed=1)
    spectral_losses(listen, violins, is_told_expression=False)
    np.testing.assert_array_equal(told[0], untold_controls(len(told[0])))
    (deaf,) = spectral_losses(play_one_loudness, violins, seed=1)
    assert itself < 0.5 * deaf


# === Takes and blocks ===


def test_a_cut_take_is_the_beginning_of_whole_notes(takes: tuple[Take, ...]) -> None:
    take = takes[1]
    cut = cut_take(take, longest_s=2.0)
    num_notes = len(cut.notes)
    assert 1 <= num_notes < len(take.notes)
    assert cut.notes == take.notes[:num_notes]
    assert cut.notes[-1].offset_s < 2.0 <= take.notes[num_notes].offset_s
    np.testing.assert_array_equal(cut.units, take.units[:num_notes])
    assert len(cut.audio) == 64 * cut.num_frames
    assert cut.num_frames >= cut.frames().spans()[-1, 1]
    np.testing.assert_array_equal(
        cut.parameters.noise, take.parameters.noise[: cut.num_frames]
    )


def test_nothing_of_the_next_note_is_left_in_a_cut_take(
    takes: tuple[Take, ...],
) -> None:
    for longest_s in (0.7, 1.5, 2.0, 3.0):
        for take in takes:
            cut = cut_take(take, longest_s=longest_s)
            following = take.frames().spans()[len(cut.notes) :]
            if len(following):
                assert cut.num_frames <= following[0, 0]


def test_a_take_shorter_than_the_cut_stays_as_it_is(takes: tuple[Take, ...]) -> None:
    cut = cut_take(takes[0], longest_s=60.0)
    assert cut.notes == takes[0].notes
    assert cut.num_frames >= takes[0].frames().spans()[-1, 1]


def test_of_one_long_note_that_note_is_kept(takes: tuple[Take, ...]) -> None:
    assert cut_take(takes[0], longest_s=0.01).notes == takes[0].notes[:1]


def test_blocks_are_joined_as_they_come(takes: tuple[Take, ...]) -> None:
    whole = takes[0].parameters
    parts = [whole.frames(0, 100), whole.frames(100, whole.num_frames)]
    found = joined_blocks(parts)
    for name in ("f0_hz", "amplitude", "harmonics", "noise"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


def test_a_model_as_a_player_draws_nothing(
    takes: tuple[Take, ...], echo_model: SynthesisModel
) -> None:
    line, num_frames = true_line(takes[0]), takes[0].num_frames
    play = player(echo_model)
    one, same = play(line, num_frames), play(line, num_frames)
    assert one.num_frames == num_frames
    np.testing.assert_array_equal(one.f0_hz, same.f0_hz)
    frames = note_frames(takes[0].notes, num_frames)
    np.testing.assert_allclose(one.amplitude[frames.note_index >= 0], 0.1, rtol=1e-5)


def test_movement_is_what_levels_do_inside_notes(takes: tuple[Take, ...]) -> None:
    take = takes[0]
    steady = play_by_formula(true_line(take), take.num_frames)
    still = movement_db(steady, take)
    factors = np.where(np.arange(take.num_frames) % 2, 10.0 ** (1.0 / 20.0), 1.0)
    amplitude = (steady.amplitude * factors).astype(np.float32)
    moved = movement_db(replace(steady, amplitude=amplitude), take)
    assert moved == pytest.approx(np.hypot(still, 1.0), rel=0.05)  # 1 dB to and fro
    silent = replace(steady, amplitude=np.zeros_like(steady.amplitude))
    assert movement_db(silent, take) == 0.0
