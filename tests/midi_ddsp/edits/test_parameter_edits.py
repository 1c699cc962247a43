from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.midi_ddsp.edits.level import level_db
from musegen.midi_ddsp.edits.parameter_edits import (
    BOUNDS,
    Edits,
    apply_edits,
    stretch,
    stretched_index,
)
from musegen.midi_ddsp.edits.timbre import measure_timbre
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz


def performance() -> SynthesisParameters:
    """A second of vibrato, slightly sharp, that swells, and a tail."""
    frame = np.arange(500)
    pitch = 60.2 + 0.3 * np.sin(2 * np.pi * 5.5 * frame / 250)
    level = np.where(frame < 250, -30 + 10 * frame / 250, -20 - (frame - 250) * 0.24)
    row = np.exp(-np.arange(30) / 5)
    amplitude = 10 ** (level / 20)
    return SynthesisParameters(
        f0_hz=midi_to_hz(pitch).astype(np.float32),
        amplitude=amplitude.astype(np.float32),
        harmonics=np.tile(row / row.sum(), (500, 1)).astype(np.float32),
        noise=np.tile(amplitude[:, None] * 1e-3, (1, 65)).astype(np.float32),
    )


def facts(parameters: SynthesisParameters) -> dict[str, float]:
    pitch = hz_to_midi(parameters.f0_hz)
    inner = slice(len(pitch) // 5, len(pitch) // 2)
    numbers = np.arange(1, parameters.num_harmonics + 1)
    levels = level_db(parameters)
    return {
        "pitch": float(np.median(pitch)),
        "extent": float(np.ptp(pitch[inner])),
        "level": float(levels[inner].mean()),
        "range": float(np.ptp(levels[: len(levels) // 2])),
        "tail": float(levels[-len(levels) // 4]),
        "brightness": float((parameters.harmonics @ numbers).mean()),
        "noise": float((parameters.noise[inner].mean(1)).mean()),
        "duration": parameters.duration_s,
    }


BEFORE = facts(performance())


@pytest.mark.parametrize(
    ("edits", "fact", "expected"),
    [
        (Edits(transpose=3.0), "pitch", BEFORE["pitch"] + 3),
        (Edits(vibrato=2.0), "extent", 2 * BEFORE["extent"]),
        (Edits(vibrato=0.0), "extent", 0.0),
        (Edits(tune=1.0), "pitch", 60.0),
        (Edits(volume=6.0), "level", BEFORE["level"] + 6),
        (Edits(dynamics=0.5), "range", 0.5 * BEFORE["range"]),
        (Edits(brightness=1.5), "brightness", 1.5 * BEFORE["brightness"]),
        (Edits(noise=4.0), "noise", 4 * BEFORE["noise"]),
        (Edits(stretch=2.0), "duration", 2 * BEFORE["duration"]),
    ],
    ids=lambda value: value.changed[0] if isinstance(value, Edits) else None,
)
def test_edit_moves_what_it_names(edits: Edits, fact: str, expected: float) -> None:
    after = facts(apply_edits(performance(), edits))
    assert after[fact] == pytest.approx(expected, rel=0.03, abs=0.03)


def test_drier_sound_has_a_softer_tail_and_the_same_note() -> None:
    after = facts(apply_edits(performance(), Edits(dry=1.0)))
    assert after["tail"] < BEFORE["tail"] - 15
    assert after["level"] == pytest.approx(BEFORE["level"], abs=0.1)


def test_timbre_of_another_is_taken() -> None:
    bright = apply_edits(performance(), Edits(brightness=2.0))
    edits = Edits(timbre=measure_timbre(bright))
    after = facts(apply_edits(performance(), edits))
    assert after["brightness"] == pytest.approx(2 * BEFORE["brightness"], rel=0.05)
    assert edits.changed == ("timbre",)


def test_formants_that_follow_sound_brighter_than_those_that_are_kept() -> None:
    kept, following = (
        facts(apply_edits(performance(), Edits(transpose=7.0, formants=formants)))
        for formants in ("keep", "follow")
    )
    assert kept["pitch"] == following["pitch"]
    assert kept["brightness"] < 0.8 * following["brightness"]


def test_notes_of_an_unbroken_phrase_are_tuned_each_by_itself() -> None:
    pitch = np.repeat([60.3, 62.0, 63.8], 100)
    phrase = replace(
        performance().frames(0, 300), f0_hz=midi_to_hz(pitch).astype(np.float32)
    )
    tuned = hz_to_midi(apply_edits(phrase, Edits(tune=1.0)).f0_hz)
    assert tuned[[50, 150, 250]] == pytest.approx([60.0, 62.0, 64.0], abs=0.01)


@pytest.mark.parametrize("factor", [1.3, 10.0, 0.1])
def test_brightness_that_cannot_be_had_is_told(factor: float) -> None:
    told: list[Notice] = []
    apply_edits(performance(), Edits(brightness=factor), tell=told.append)
    assert [notice.code for notice in told] == (
        [] if factor == 1.3 else ["brightness-limited"]
    )
    assert all(f"{factor:g} times as high" in notice.message for notice in told)


def test_notes_are_stretched_with_the_sound() -> None:
    index = np.repeat([0, -1, 1], [100, 50, 100])
    longer = stretched_index(index, 2.0)
    assert len(longer) == stretch(performance().frames(0, 250), 2.0).num_frames
    assert np.flatnonzero(np.diff(longer)).tolist() == [198, 298]
    assert stretched_index(index[:0], 2.0).tolist() == []


def test_no_edit_changes_nothing() -> None:
    before = performance()
    after = apply_edits(before, Edits())
    for name in ("f0_hz", "amplitude", "harmonics", "noise"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert Edits().changed == ()


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_value_out_of_its_bounds_is_refused(name: str) -> None:
    lowest, highest = BOUNDS[name]
    for value in (lowest - 1, highest + 1, float("nan")):
        with pytest.raises(UsageError, match=name):
            replace(Edits(), **{name: value})  # type: ignore[arg-type]
    replace(Edits(), **{name: lowest})  # type: ignore[arg-type]
    replace(Edits(), **{name: highest})  # type: ignore[arg-type]


def test_unknown_way_with_formants_is_refused() -> None:
    with pytest.raises(UsageError, match="keep or follow"):
        Edits(formants="lose")


@pytest.mark.parametrize("factor", [0.1, 0.7, 1.3, 4.0])
def test_stretched_curves_have_the_same_shape(factor: float) -> None:
    before = performance()
    after = stretch(before, factor)
    assert after.num_frames == round(500 * factor)
    places = np.minimum(np.arange(after.num_frames) / factor, 499)
    expected = np.interp(places, np.arange(500), before.amplitude)
    np.testing.assert_allclose(after.amplitude, expected, atol=1e-6)
    np.testing.assert_allclose(after.harmonics.sum(axis=1), 1, rtol=1e-5)


def test_stretching_glides_within_a_note_and_not_across_a_rest() -> None:
    before = performance()
    f0_hz = before.f0_hz.copy()
    f0_hz[100:200] = 0
    f0_hz[300:] *= 2
    broken = SynthesisParameters(
        f0_hz=f0_hz,
        amplitude=before.amplitude,
        harmonics=before.harmonics,
        noise=before.noise,
    )
    pitch = hz_to_midi(stretch(broken, 3.0).f0_hz)
    allowed = (pitch == 0) | ((pitch > 59.8) & (pitch < 60.6)) | (pitch > 71.8)
    assert allowed.all()


def test_frame_without_harmonics_next_to_one_with_them_can_be_stretched() -> None:
    before = performance()
    harmonics = before.harmonics.copy()
    harmonics[100:110] = 0
    broken = SynthesisParameters(
        f0_hz=before.f0_hz,
        amplitude=np.where(harmonics.any(axis=1), before.amplitude, 0),
        harmonics=harmonics,
        noise=before.noise,
    )
    after = stretch(broken, 1.7)
    assert after.amplitude[175:182].max() == 0
    sums = after.harmonics.sum(axis=1)
    np.testing.assert_allclose(sums[after.amplitude > 0], 1, rtol=1e-4)


def test_nothing_can_be_stretched() -> None:
    empty = performance().frames(0, 0)
    assert stretch(empty, 2.0).num_frames == 0
    assert (
        apply_edits(empty, Edits(transpose=2.0, vibrato=0.0, dry=1.0)).num_frames == 0
    )
