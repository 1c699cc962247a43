"""The steps from the notes of a part to synthesis parameters."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import (
    EmptyScoreError,
    InputError,
    PolyphonyError,
    UsageError,
)
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.model import OriginalModel
from musegen.midi_ddsp.original.note_rows import note_rows
from musegen.midi_ddsp.original.performing import (
    given_controls,
    likeliest,
    nucleus_choice,
    one_voice,
    placed_table,
    predict_controls,
)
from musegen.midi_ddsp.tables.note_table import make_note_table

LEGATO = (
    PlayedNote(pitch=60, onset_s=0.1, offset_s=0.34),
    PlayedNote(pitch=62, onset_s=0.3, offset_s=0.5),
    PlayedNote(pitch=64, onset_s=0.6, offset_s=0.8),
)
CHORD = (
    PlayedNote(pitch=60, onset_s=0.0, offset_s=0.2),
    PlayedNote(pitch=64, onset_s=0.0, offset_s=0.2),
)


def test_an_overlap_ends_the_note_before_and_is_told() -> None:
    voice, notices = one_voice(LEGATO)
    assert [note.offset_s for note in voice] == [0.3, 0.5, 0.8]
    assert [notice.code for notice in notices] == ["overlap-ended"]
    assert one_voice(LEGATO, compat=True) == (LEGATO, ())


def test_chords_and_empty_parts_are_refused() -> None:
    with pytest.raises(PolyphonyError):
        one_voice(CHORD)
    assert one_voice(CHORD, compat=True) == (CHORD, ())
    for compat in (False, True):
        with pytest.raises(EmptyScoreError, match="no notes to play"):
            one_voice((), compat=compat)


def test_predicted_controls_are_those_of_the_rows_held_in_bounds(
    any_model: OriginalModel,
) -> None:
    voice, _ = one_voice(LEGATO)
    rows = note_rows(voice)
    network = any_model.expression_generator
    raw = network(rows.pitch, rows.length * 0.004, 3)
    assert raw.min() < 0  # something to hold
    controls = predict_controls(network, rows, 3)
    assert rows.note_index.tolist() == [-1, 0, 1, -1, 2, -1]
    np.testing.assert_allclose(controls, np.clip(raw[[1, 2, 4]], 0, 1), atol=1e-6)


def test_given_controls_are_taken_as_they_are() -> None:
    values = np.linspace(-0.5, 1.5, 18).reshape(3, 6)
    np.testing.assert_array_equal(given_controls(values, 3), values)
    voice, _ = one_voice(LEGATO)
    np.testing.assert_array_equal(
        given_controls(make_note_table(voice, controls=values), 3), values
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((2, 6)), r"shape \[2, 6\], and there are 3 notes"),
        (np.zeros((3, 5)), r"shape \[3, 5\]"),
        (np.array([[0.0] * 6, [np.nan] * 6, [0.0] * 6]), "note 2 has a value that"),
    ],
    ids=["few", "narrow", "nan"],
)
def test_controls_that_do_not_fit_are_refused(values: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        given_controls(values, 3)


def test_a_table_lacking_a_control_is_refused() -> None:
    voice, _ = one_voice(LEGATO)
    with pytest.raises(InputError, match="no column 'volume'"):
        given_controls(make_note_table(voice), 3)


def test_the_table_has_absolute_times_and_with_compat_those_of_the_rows() -> None:
    controls = np.arange(18).reshape(3, 6) / 10
    voice, _ = one_voice(LEGATO)
    ours = placed_table(voice, note_rows(voice), controls, instrument="oboe")
    np.testing.assert_allclose(ours["onset_s"], [0.1, 0.3, 0.6])
    theirs = placed_table(
        LEGATO,
        note_rows(LEGATO, compat=True),
        controls,
        instrument="oboe",
        compat=True,
    )
    np.testing.assert_allclose(theirs["onset_s"], [0.1, 0.34, 0.64])
    np.testing.assert_allclose(theirs["offset_s"], [0.34, 0.54, 0.84])
    np.testing.assert_array_equal(theirs.controls(), controls)
    assert set(theirs["instrument"]) == {"oboe"}


def test_a_note_that_the_original_gives_no_frame_is_not_in_the_table() -> None:
    notes = [
        PlayedNote(pitch=60, onset_s=0.1, offset_s=0.101),
        PlayedNote(pitch=62, onset_s=0.2, offset_s=0.3),
    ]
    rows = note_rows(notes, compat=True)
    controls = np.arange(12).reshape(2, 6) / 10
    table = placed_table(notes, rows, controls, instrument="oboe", compat=True)
    assert table["pitch"].tolist() == [62]
    np.testing.assert_array_equal(table.controls(), controls[1:])


def test_classes_are_drawn_as_often_as_they_are_likely() -> None:
    logits = np.full(201, -20.0, dtype=np.float32)
    logits[[3, 100, 200]] = np.log([0.5, 0.3, 0.2]).astype(np.float32)
    choose = nucleus_choice(7, 1.0)
    drawn = np.array([choose(logits) for _ in range(4000)])
    shares = [(drawn == index).mean() for index in (3, 100, 200)]
    np.testing.assert_allclose(shares, [0.5, 0.3, 0.2], atol=0.03)
    assert likeliest(logits) == 3


def test_only_the_nucleus_is_drawn_and_a_seed_repeats() -> None:
    logits = np.full(201, -20.0, dtype=np.float32)
    logits[[3, 100, 200]] = np.log([0.5, 0.3, 0.2]).astype(np.float32)

    def drawn(seed: int) -> list[int]:
        choose = nucleus_choice(seed, 0.6)
        return [choose(logits) for _ in range(50)]

    assert set(drawn(1)) == {3, 100}
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.mark.parametrize("top_p", [0.0, -1.0, 1.1, float("nan")])
def test_a_nucleus_is_a_share(top_p: float) -> None:
    with pytest.raises(UsageError, match="top_p is above 0 and at most 1"):
        nucleus_choice(0, top_p)
