"""What users ask for, as what each cell may be; contradictions name their place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, REST_CLASS
from musegen.coconet.constraints import (
    Cadence,
    Constraints,
    PinnedChord,
    PinnedNote,
    Rests,
    Statement,
    VoiceRange,
)
from musegen.data.errors import UsageError

NUM_STEPS = 16
C, D, E, F, G, A, B = 0, 2, 4, 5, 7, 9, 11


def melody(pitch: int = 72) -> NDArray[np.int16]:
    grid = np.full((NUM_STEPS, 4), -1, dtype=np.int16)
    grid[:, 0] = pitch - MIN_PITCH
    return grid


def resolved(
    *statements: Statement,
    grid: NDArray[np.int16] | None = None,
    shift: int = 0,
    allow_rests: bool = False,
    writes_rests: bool = True,
    forbids_crossing: bool = False,
) -> NDArray[np.bool_]:
    """(time, voice, class) of what is allowed."""
    pitch = melody() if grid is None else grid
    allowed = Constraints(
        statements=statements, forbids_crossing=forbids_crossing, shift=shift
    ).resolve(
        pitch,
        pitch < 0,
        allow_rests=allow_rests,
        writes_rests=writes_rests,
        place=lambda step: f"bar {step // 16 + 1}, beat {step % 16 / 4 + 1:g}",
    )
    assert allowed.forbids_crossing == forbids_crossing
    return np.asarray(allowed.classes[0])


def pitches(classes: NDArray[np.bool_]) -> set[int]:
    """MIDI pitches a cell may be; -1 = silence."""
    return {
        -1 if index == REST_CLASS else int(index) + MIN_PITCH
        for index in np.flatnonzero(classes)
    }


def pitch_classes(classes: NDArray[np.bool_]) -> set[int]:
    return {pitch % 12 for pitch in pitches(classes)}


EVERYTHING = set(range(MIN_PITCH, MIN_PITCH + NUM_PITCHES))


def test_without_statements_every_pitch_is_allowed() -> None:
    # Bach's ranges are not forced.
    assert pitches(resolved()[3, 1]) == EVERYTHING
    assert pitches(resolved(allow_rests=True)[3, 1]) == EVERYTHING | {-1}


def test_a_pinned_note_is_the_only_one_in_its_steps() -> None:
    found = resolved(PinnedNote(voice=3, start=4, end=8, pitch=48))
    assert pitches(found[4, 3]) == pitches(found[7, 3]) == {48}
    assert pitches(found[8, 3]) == pitches(found[4, 2]) == EVERYTHING


@pytest.mark.parametrize("writes_rests", [False, True])
def test_silence_can_be_pinned_whatever_the_network(writes_rests: bool) -> None:
    pin = PinnedNote(voice=2, start=0, end=4, pitch=None)
    found = resolved(pin, writes_rests=writes_rests)
    assert pitches(found[0, 2]) == {-1}


def test_a_pinned_chord_binds_free_voices_and_perhaps_the_bass() -> None:
    found = resolved(PinnedChord(start=0, end=4, pitch_classes=(C, E, G)))
    for voice in (1, 2, 3):
        assert pitch_classes(found[0, voice]) == {C, E, G}
    assert pitches(found[4, 1]) == EVERYTHING
    chord = PinnedChord(start=0, end=4, pitch_classes=(C, E, G), bass=E)
    grid = melody()
    grid[1:4, 0] = 74 - MIN_PITCH  # D passes
    found = resolved(chord, grid=grid, allow_rests=True)
    assert pitch_classes(found[0, 3]) == {E}
    assert -1 in pitches(found[0, 2])
    assert -1 not in pitches(found[0, 3])


def test_the_bass_of_a_chord_may_be_none_of_its_notes() -> None:
    chord = PinnedChord(start=0, end=4, pitch_classes=(C, E, G), bass=D)
    found = resolved(chord)
    assert pitch_classes(found[0, 3]) == {D}
    assert pitch_classes(found[0, 2]) == {C, E, G}


def test_a_given_bass_has_to_begin_on_the_bass_of_the_chord() -> None:
    grid = melody()
    grid[:, 3] = 12  # C3
    grid[1:4, 3] = 14
    chord = PinnedChord(start=0, end=4, pitch_classes=(C, E, G), bass=C)
    assert resolved(chord, grid=grid).any()  # what passes later may pass
    with pytest.raises(UsageError, match="bass of the chord is E, but the bass is"):
        resolved(replace(chord, bass=E), grid=grid)


def test_ranges_are_kept_to_or_kept_out_of() -> None:
    keep = VoiceRange(voices=(1,), lowest=55, highest=60, start=4, end=8)
    found = resolved(keep, allow_rests=True)
    assert pitches(found[4, 1]) == {*range(55, 61), -1}
    assert pitches(found[3, 1]) == EVERYTHING | {-1}
    avoid = VoiceRange(voices=(1, 2), lowest=55, highest=60, is_forbidden=True)
    found = resolved(avoid)
    for voice in (1, 2):
        assert pitches(found[15, voice]) == EVERYTHING - set(range(55, 61))
    assert pitches(found[15, 3]) == EVERYTHING


def test_rests_only_where_they_are_allowed() -> None:
    where = Rests(is_allowed=True, voices=(1, 3), start=4, end=8)
    found = resolved(where)[..., REST_CLASS]
    assert np.argwhere(found).tolist() == [[t, v] for t in range(4, 8) for v in (1, 3)]
    nowhere = Rests(is_allowed=False, voices=(2,))
    found = resolved(nowhere, allow_rests=True)[..., REST_CLASS]
    assert not found[:, 2].any()
    assert found[:, 1].all()


def test_a_network_without_rests_cannot_be_allowed_them() -> None:
    with pytest.raises(UsageError, match="this network writes no rests"):
        resolved(Rests(is_allowed=True), writes_rests=False)


@pytest.mark.parametrize(
    ("cadence", "before", "last"),
    [
        (Cadence(kind="authentic", tonic=C, end=16), ({G, B, D, F}, G), ({C, E, G}, C)),
        (
            Cadence(kind="authentic", tonic=A, is_minor=True, end=16),
            ({E, 8, B, D}, E),
            ({A, C, E}, A),
        ),
        (
            Cadence(
                kind="authentic", tonic=A, is_minor=True, end=16, has_picardy_third=True
            ),
            ({E, 8, B, D}, E),
            ({A, 1, E}, A),
        ),
        (Cadence(kind="plagal", tonic=G, end=16), ({C, E, G}, C), ({G, B, D}, G)),
        (
            Cadence(kind="plagal", tonic=D, is_minor=True, end=16),
            ({G, 10, D}, G),
            ({D, F, A}, D),
        ),
        (Cadence(kind="half", tonic=C, end=16), (set(range(12)), None), ({G, B, D}, G)),
    ],
)
def test_cadences_are_two_chords_with_their_roots_in_the_bass(
    cadence: Cadence,
    before: tuple[set[int], int | None],
    last: tuple[set[int], int],
) -> None:
    found = resolved(cadence, grid=melody(MIN_PITCH + 24 + last[1]))
    assert pitch_classes(found[12, 1]) == pitch_classes(found[15, 2]) == last[0]
    assert pitch_classes(found[12, 3]) == {last[1]}
    assert pitch_classes(found[8, 1]) == before[0]
    bass = set(range(12)) if before[1] is None else {before[1]}
    assert pitch_classes(found[11, 3]) == bass
    assert pitches(found[7, 1]) == EVERYTHING


def test_a_cadence_has_the_lengths_asked_for() -> None:
    cadence = Cadence(
        kind="authentic", tonic=C, end=12, final_steps=2, approach_steps=0
    )
    found = resolved(cadence)
    assert pitch_classes(found[10, 1]) == {C, E, G}
    assert pitches(found[9, 1]) == pitches(found[12, 1]) == EVERYTHING


def test_statements_are_about_the_score_before_it_is_transposed() -> None:
    pin = PinnedNote(voice=3, start=0, end=4, pitch=48)
    chord = PinnedChord(start=4, end=8, pitch_classes=(C, E, G))
    whole = VoiceRange(voices=(1,), lowest=60, highest=60, start=12)
    found = resolved(pin, chord, whole, shift=3, grid=melody(75))
    assert pitches(found[0, 3]) == {51}
    assert pitch_classes(found[4, 2]) == {3, 7, 10}
    assert pitches(found[12, 1]) == {63}
    assert Constraints(shift=2).shifted(-5).shift == -3


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (
            [PinnedNote(voice=1, start=4, end=8, pitch=91)],
            "bar 1, beat 2: the alto is pinned to G6, which lies outside what the "
            "network knows, C2 to A5",
        ),
        (
            [
                PinnedNote(voice=1, start=0, end=8, pitch=60),
                PinnedNote(voice=1, start=4, end=6, pitch=62),
            ],
            "bar 1, beat 2: nothing is left for the alto, for the alto is pinned to "
            "D4, while the alto is pinned to C4",
        ),
        (
            [PinnedNote(voice=0, start=4, end=8, pitch=74)],
            "bar 1, beat 2: the soprano is pinned to D5, but the soprano is given "
            "there as C5",
        ),
        (
            [
                VoiceRange(voices=(3,), lowest=40, highest=42),
                PinnedChord(start=8, end=12, pitch_classes=(C, E, G), bass=C),
            ],
            "bar 1, beat 3: nothing is left for the bass, for the bass of the chord "
            "is C, while the bass stays within E2 to F#2",
        ),
        (
            [
                PinnedNote(voice=2, start=0, end=4, pitch=None),
                Rests(is_allowed=False),
            ],
            "bar 1, beat 1: nothing is left for the tenor, for rests are forbidden, "
            "while the tenor is pinned to silence",
        ),
        (
            [
                PinnedNote(voice=2, start=8, end=9, pitch=60),
                VoiceRange(voices=(1, 2), lowest=58, highest=62, is_forbidden=True),
            ],
            "bar 1, beat 3: nothing is left for the tenor, for each of the alto and "
            "the tenor keeps out of Bb3 to D4, while the tenor is pinned to C4",
        ),
        (
            [Cadence(kind="half", tonic=C, end=16)],
            "bar 1, beat 4: the half cadence ends on G B D, but the soprano is given "
            "there as C5",
        ),
        (
            [PinnedNote(voice=1, start=12, end=20, pitch=60)],
            "steps 13 to 20 are not in the score, which has 16",
        ),
    ],
)
def test_contradictions_name_the_voice_and_the_place(
    statements: list[Statement], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        resolved(*statements)
    assert words in str(caught.value)


def test_a_pin_that_agrees_with_what_is_given_is_no_contradiction() -> None:
    assert resolved(PinnedNote(voice=0, start=0, end=4, pitch=72)).any()


def test_the_shift_does_not_reach_the_messages() -> None:
    with pytest.raises(UsageError, match=r"pinned to D5, but .* given there as A4"):
        resolved(PinnedNote(voice=0, start=0, end=4, pitch=74), shift=3)


def test_places_are_counted_in_steps_where_no_score_is_known() -> None:
    pin = PinnedNote(voice=0, start=4, end=8, pitch=74)
    with pytest.raises(UsageError, match=r"^step 5: the soprano is pinned"):
        Constraints(statements=(pin,)).resolve(
            melody(), melody() < 0, allow_rests=False, writes_rests=False
        )


def test_a_column_that_cannot_but_cross_is_refused() -> None:
    grid = melody()
    grid[4:8, 2] = 44  # the tenor is given above the soprano
    assert resolved(grid=grid).any()
    with pytest.raises(UsageError, match="bar 1, beat 2: the free voices cannot be"):
        resolved(grid=grid, forbids_crossing=True)
    high = VoiceRange(voices=(1,), lowest=74, highest=81, start=8, end=9)
    with pytest.raises(UsageError, match="beat 3: the free voices cannot be filled"):
        resolved(high, forbids_crossing=True)


def test_what_is_written_later_has_to_fit_only_then() -> None:
    cadence = Cadence(kind="authentic", tonic=C, end=16)
    constraints = Constraints(statements=(cadence,))
    grid = np.full((16, 4), 24, dtype=np.int16)  # C4 in all voices, also before
    grid[:, 2] = 25
    is_free = np.zeros(grid.shape, dtype=bool)
    is_free[:, [1, 3]] = True
    with pytest.raises(UsageError, match="tenor is given there as C#4"):
        constraints.resolve(grid, is_free, allow_rests=False, writes_rests=False)
    is_later = np.zeros_like(is_free)
    is_later[:, 2] = True
    allowed = constraints.resolve(
        grid, is_free, allow_rests=False, writes_rests=False, is_later=is_later
    )
    assert pitch_classes(allowed.classes[0, 15, 1]) == {C, E, G}
    assert np.array_equal(allowed.later_cells[0], is_later)


def test_ranges_and_cadences_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="from its lowest pitch up; received C4 to B3"):
        VoiceRange(voices=(1,), lowest=60, highest=59)
    with pytest.raises(UsageError, match=r"authentic, half, plagal; received 'open'"):
        Cadence(kind="open", tonic=0, end=4)  # type: ignore[arg-type]
