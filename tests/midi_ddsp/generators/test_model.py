"""Both generators behind one door: a performer that keeps to the protocol."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import InputError, ModelNotFoundError, UsageError
from musegen.engine.model_folder import ModelFolder
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    CONTROL_NAMES,
    NUM_CONTROLS,
    controls_of_table,
    from_scale,
)
from musegen.midi_ddsp.generators.line import Line
from musegen.midi_ddsp.generators.model import (
    PerformerModel,
    articulated,
    slurs,
    with_velocities,
)
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import hz_to_midi
from musegen.midi_ddsp.parts.automation import Automation, Curve, constant_curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.performers import TAIL_S, Performer, PlayingChoices
from musegen.midi_ddsp.synthesizing.velocity_levels import (
    NEUTRAL_VELOCITY,
    VELOCITY_DB,
)
from musegen.midi_ddsp.tables.note_table import (
    NoteTable,
    PartialNoteTable,
    make_note_table,
)
from musegen.midi_ddsp.tables.note_table_merging import merge

PART = PlayablePart(
    name="Solo",
    instrument=instrument_named("flute"),
    notes=tuple(
        PlayedNote(pitch=67 + k, onset_s=0.1 + 0.4 * k, offset_s=0.5 + 0.4 * k)
        for k in range(4)
    ),
    legato_in=(False, False, True, False),
    automation=Automation(),
    part_index=0,
    voice_index=0,
)
NUM_FRAMES = round((1.7 + TAIL_S) * 250)
CHOICES = PlayingChoices(seed=3)
FIELDS = ("f0_hz", "amplitude", "harmonics", "noise")
Arrays = dict[str, np.ndarray]


def play(
    performer: Performer,
    part: PlayablePart = PART,
    choices: PlayingChoices = CHOICES,
    table: NoteTable | None = None,
) -> Arrays:
    table = table or performer.expression(part, choices)
    blocks = list(performer.parameters(part, table, choices))
    return {
        name: np.concatenate([getattr(block, name) for block in blocks])
        for name in FIELDS
    }


@dataclass(kw_only=True)
class Listener:
    """A Synthesis Generator that only remembers what it is asked to play."""

    name: str = "listener"
    digest: str = "none"
    instruments: tuple[str, ...] = ("violin", "flute", "tuba")
    lines: list[Line] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)

    def play(
        self,
        line: Line,
        num_frames: int,
        **options: Any,  # noqa: ANN401 - options are of several types
    ) -> None:
        self.lines.append(line)
        self.options.append({"num_frames": num_frames, **options})


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def asking(performer: PerformerModel, listener: Listener) -> PerformerModel:
    """The performer, with a listener in place of its sound."""
    return replace(performer, synthesis=cast("Any", listener))


def first_units(table: NoteTable, num_notes: int) -> dict[str, Any]:
    """The controls of the first notes of a table, as `make_note_table` takes them."""
    controls = controls_of_table(table)[:num_notes]
    return {"units": controls, "unit_names": CONTROL_NAMES}


# === The protocol ===


def test_it_says_who_it_is(performer: PerformerModel, asking: PerformerModel) -> None:
    one: Performer = performer
    assert one.name == "small_synthesis+small_expression"
    assert one.digest == (
        f"{performer.synthesis.digest}+{performer.expression_model.digest}"
    )
    assert one.control_names == CONTROL_NAMES
    assert one.instruments == ("flute", "violin")
    assert asking.instruments == ("violin", "flute")  # what both have learned
    assert one.room("flute") is None


def test_models_are_loaded_by_folder(
    synthesis_folder: ModelFolder, expression_folder: ModelFolder
) -> None:
    paths = (synthesis_folder.path, expression_folder.path)
    model = PerformerModel.load(*paths, device="cpu")
    assert model.synthesis.digest == synthesis_folder.digest
    assert model.expression_model.digest == expression_folder.digest
    with pytest.raises(ModelNotFoundError):
        PerformerModel.load(paths[0], "no-such-model")


def test_it_plays_to_a_second_after_the_end(performer: PerformerModel) -> None:
    found = play(performer)
    assert len(found["f0_hz"]) == NUM_FRAMES
    assert not found["amplitude"][:20].any()
    assert found["amplitude"][25:425].any()


def test_the_likeliest_depends_on_no_seed(performer: PerformerModel) -> None:
    one, other = (
        play(performer, choices=PlayingChoices(seed=seed, is_deterministic=True))
        for seed in (1, 2)
    )
    drawn = play(performer, choices=PlayingChoices(seed=1))
    for name in FIELDS:
        np.testing.assert_array_equal(one[name], other[name])
    assert (one["f0_hz"] != drawn["f0_hz"]).any()


def test_a_part_is_played_by_itself_and_the_same_each_time(
    performer: PerformerModel,
) -> None:
    first = play(performer)
    moved = play(performer, replace(PART, part_index=1, voice_index=2, name="Other"))
    for name in FIELDS:
        np.testing.assert_array_equal(play(performer)[name], first[name])
        np.testing.assert_array_equal(moved[name], first[name])
    seeded = play(performer, choices=PlayingChoices(seed=4))
    assert (seeded["f0_hz"] != first["f0_hz"]).any()


def test_variety_is_how_far_expression_is_drawn(performer: PerformerModel) -> None:
    mean, narrow, wide = (
        controls_of_table(
            performer.expression(PART, PlayingChoices(seed=1, variety=variety))
        )
        for variety in (0.0, 0.01, 1.0)
    )
    likeliest = performer.expression(PART, PlayingChoices(is_deterministic=True))
    np.testing.assert_array_equal(mean, controls_of_table(likeliest))
    assert 0.0 < np.abs(narrow - mean).sum() < np.abs(wide - mean).sum()


def test_an_instrument_that_was_not_learned_is_a_sentence(
    performer: PerformerModel,
) -> None:
    table = performer.expression(PART, CHOICES)
    part = replace(PART, instrument=instrument_named("tuba"))
    with pytest.raises(UsageError, match="has not learned the tuba"):
        performer.expression(part, CHOICES)
    with pytest.raises(UsageError, match="has not learned the tuba"):
        performer.parameters(part, table, CHOICES)


# === Tables ===


def test_the_table_holds_the_notes_and_all_their_controls(
    performer: PerformerModel,
) -> None:
    table = performer.expression(PART, CHOICES)
    assert table.notes() == PART.notes
    assert set(table["instrument"]) == {"flute"}
    assert {*table.names} & {*UNIT_NAMES} == {*CONTROL_NAMES}  # and nothing made up
    with pytest.raises(InputError, match="volume_db"):
        performer.parameters(PART, make_note_table(PART.notes), CHOICES)


def test_an_edited_control_is_heard(asking: PerformerModel, listener: Listener) -> None:
    table = asking.expression(PART, CHOICES)
    asking.parameters(PART, table, CHOICES)
    edit = PartialNoteTable(
        columns={"note": np.array([2.0]), "volume_db": np.array([-3.0])},
        row_labels=("row 1",),
    )
    asking.parameters(PART, merge(table, edit), CHOICES)
    plain, edited = (line.controls for line in listener.lines)
    assert edited[1, COLUMNS["volume_db"]] == -3.0
    assert (plain != edited).sum() == 1


def test_a_table_is_limited_to_what_can_be_played(performer: PerformerModel) -> None:
    table = performer.expression(PART, CHOICES)
    assert performer.playable(table)["volume_db"].tolist() == (
        table["volume_db"].tolist()
    )
    loud = table.with_columns({"volume_db": np.full(4, 20.0)})
    assert performer.playable(loud)["volume_db"].tolist() == [6.0] * 4


def test_other_pitches_and_fewer_notes_are_played(performer: PerformerModel) -> None:
    table = performer.expression(PART, CHOICES)
    notes = [replace(note, pitch=note.pitch + 5) for note in PART.notes[:2]]
    edited = make_note_table(notes, instrument="flute", **first_units(table, 2))
    found = play(performer, table=edited)
    assert len(found["f0_hz"]) == round((0.9 + TAIL_S) * 250)
    deep = play(
        performer,
        table=make_note_table(
            PART.notes[:2], instrument="flute", **first_units(table, 2)
        ),
    )
    higher = np.median(hz_to_midi(found["f0_hz"])) - np.median(
        hz_to_midi(deep["f0_hz"])
    )
    assert higher > 1.0


def test_a_note_taken_out_changes_no_slur_of_the_others(
    asking: PerformerModel, listener: Listener
) -> None:
    units = first_units(asking.expression(PART, CHOICES), 3)
    asking.parameters(PART, make_note_table(PART.notes[:3], **units), CHOICES)
    asking.parameters(PART, make_note_table(PART.notes[1:], **units), CHOICES)
    without_last, without_first = (line.is_slurred for line in listener.lines)
    assert without_last.tolist() == [False, False, True]
    assert without_first.tolist() == [False, True, False]


def test_seed_and_wheel_are_passed_on_only_where_they_do_something(
    asking: PerformerModel, listener: Listener
) -> None:
    table = asking.expression(PART, CHOICES)
    factor = Curve(frames=np.array([0, 100]), values=np.array([1.0, 2.0]))
    still = replace(PART, automation=Automation(vibrato_factor=constant_curve(1.0)))
    moved = replace(PART, automation=Automation(vibrato_factor=factor))
    asking.parameters(still, table, CHOICES)
    asking.parameters(moved, table, replace(CHOICES, is_deterministic=True))
    plain, wide = listener.options
    assert plain["num_frames"] == NUM_FRAMES
    assert plain["vibrato_factor"] is None
    assert plain["seed"] is not None
    assert wide["seed"] is None
    np.testing.assert_array_equal(wide["vibrato_factor"](100, 103), 2.0)


def test_the_wheel_is_heard(performer: PerformerModel) -> None:
    factor = Curve(frames=np.array([199, 200]), values=np.array([1.0, 3.0]))
    choices = PlayingChoices(is_deterministic=True)
    plain = play(performer, choices=choices)["f0_hz"]
    moved = replace(PART, automation=Automation(vibrato_factor=factor))
    wide = play(performer, moved, choices)["f0_hz"]
    reach = performer.synthesis.config.context_frames
    np.testing.assert_array_equal(wide[: 199 - reach], plain[: 199 - reach])
    assert (wide[240:400] != plain[240:400]).any()


# === Slurs, gaps and velocities ===


def test_notes_are_slurred_where_asked_and_touching() -> None:
    notes = [*PART.notes[:3], PlayedNote(pitch=60, onset_s=1.4, offset_s=1.5)]
    assert slurs(notes, None).tolist() == [False, True, True, False]
    assert slurs(notes, (True, False, True, True)).tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert slurs(notes[:1], (True,)).tolist() == [False]


def test_notes_begun_anew_are_a_little_apart() -> None:
    spans = np.array([[0, 100], [100, 120], [120, 320], [340, 400]])
    slurred = np.array([False, False, True, False])
    shaped = articulated(spans, slurred)
    assert shaped.tolist() == [[0, 90], [100, 120], [120, 320], [340, 400]]
    assert articulated(spans, np.zeros(4, np.bool_))[1].tolist() == [100, 117]
    assert spans[0, 1] == 100  # what was given is left alone


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 9), st.booleans()), min_size=1
    )
)
def test_gaps_move_no_onset_and_take_no_note_away(
    pieces: list[tuple[int, int, bool]],
) -> None:
    rows, frame = [], 0
    for num_frames, rest, _ in pieces:
        rows.append((frame, frame + num_frames))
        frame += num_frames + rest
    spans = np.array(rows)
    slurred = np.array([is_slurred for _, _, is_slurred in pieces])
    shaped = articulated(spans, slurred)
    np.testing.assert_array_equal(shaped[:, 0], spans[:, 0])
    length, before = shaped[:, 1] - shaped[:, 0], spans[:, 1] - spans[:, 0]
    assert (length >= np.minimum(before, 4)).all()
    assert (length <= before).all()
    assert (before - length <= 10).all()
    assert length[-1] == before[-1]
    np.testing.assert_array_equal(length[:-1][slurred[1:]], before[:-1][slurred[1:]])


def test_velocities_change_level_attack_and_tone() -> None:
    controls = from_scale(np.full((3, NUM_CONTROLS), 0.5))
    notes = [
        replace(PART.notes[k], velocity=velocity)
        for k, velocity in enumerate((NEUTRAL_VELOCITY, 8, 120))
    ]
    found = with_velocities(controls, notes)
    np.testing.assert_array_equal(found[0], controls[0])
    for name in ("volume_db", "attack_noise_db"):
        louder = (found - controls)[:, COLUMNS[name]]
        expected = VELOCITY_DB * np.log10(np.array([80, 8, 120]) / 80)
        np.testing.assert_allclose(louder, expected)
    brightness = found[:, COLUMNS["mean_harmonic"]]
    assert brightness[1] < brightness[0] < brightness[2]
    changed = [COLUMNS[name] for name in ("volume_db", "attack_noise_db")]
    changed.append(COLUMNS["mean_harmonic"])
    others = np.delete(found - controls, changed, axis=1)
    assert not others.any()


def test_velocities_reach_the_table(performer: PerformerModel) -> None:
    choices = PlayingChoices(is_deterministic=True)
    soft = replace(PART, notes=tuple(replace(note, velocity=40) for note in PART.notes))
    plain, softer = (
        performer.expression(part, choices)["volume_db"] for part in (PART, soft)
    )
    assert (softer < plain).all()
