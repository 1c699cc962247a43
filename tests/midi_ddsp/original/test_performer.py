"""The original as a performer: whatever its weights, it keeps to the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from musegen.cli import _synth_run
from musegen.cli._synth_models import LoadedModel
from musegen.cli.main import run
from musegen.data.errors import ModelNotFoundError, UsageError
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.audio.reading import read_audio
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.model import OriginalModel
from musegen.midi_ddsp.original.performer import BLOCK_FRAMES, OriginalPerformer
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz
from musegen.midi_ddsp.parts.automation import Automation, Curve, constant_curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.performers import TAIL_S, Performer, PlayingChoices
from musegen.midi_ddsp.synthesizing.velocity_levels import VELOCITY_DB
from musegen.midi_ddsp.tables.note_table import PartialNoteTable
from musegen.midi_ddsp.tables.note_table_files import read_note_table
from musegen.midi_ddsp.tables.note_table_merging import merge

PART = PlayablePart(
    name="Solo",
    instrument=instrument_named("flute"),
    notes=(
        PlayedNote(pitch=67, onset_s=0.1, offset_s=0.4),
        PlayedNote(pitch=69, onset_s=0.4, offset_s=0.9),
    ),
    legato_in=(False, True),
    automation=Automation(),
    part_index=0,
    voice_index=0,
)
NUM_FRAMES = 225 + round(TAIL_S * 250)
CHOICES = PlayingChoices(seed=3)


@pytest.fixture(scope="module")
def performer(any_model: OriginalModel) -> Performer:
    return OriginalPerformer(model=any_model)


def joined(blocks: Iterator[SynthesisParameters]) -> dict[str, np.ndarray]:
    parts = list(blocks)
    assert all(part.num_frames <= BLOCK_FRAMES for part in parts)
    return {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("f0_hz", "amplitude", "harmonics", "noise")
    }


def play(
    performer: Performer, part: PlayablePart = PART, choices: PlayingChoices = CHOICES
) -> dict[str, np.ndarray]:
    table = performer.expression(part, choices)
    return joined(performer.parameters(part, table, choices))


def test_it_says_who_it_is(performer: Performer, any_model: OriginalModel) -> None:
    assert performer.name == "untrained"
    assert performer.digest == any_model.digest
    assert performer.instruments == any_model.instruments
    assert performer.control_names == CONTROL_NAMES


def test_blocks_are_the_performance_to_a_second_after_the_end(
    performer: Performer, any_model: OriginalModel
) -> None:
    played = play(performer)
    whole = any_model.perform(PART.notes, "flute", seed=3).parameters
    assert len(played["f0_hz"]) == whole.num_frames == NUM_FRAMES
    for name, values in played.items():
        np.testing.assert_array_equal(values, getattr(whole, name))


def test_the_likeliest_depends_on_no_seed(performer: Performer) -> None:
    one, other = (
        play(performer, choices=PlayingChoices(seed=seed, is_deterministic=True))
        for seed in (1, 2)
    )
    drawn = play(performer, choices=PlayingChoices(seed=1))
    np.testing.assert_array_equal(one["f0_hz"], other["f0_hz"])
    assert not np.array_equal(one["f0_hz"], drawn["f0_hz"])


def test_an_edited_control_is_heard(performer: Performer) -> None:
    table = performer.expression(PART, CHOICES)
    edit = PartialNoteTable(
        columns={"note": np.array([1.0]), "volume": np.array([1.4])},
        row_labels=("row 1",),
    )
    edited = joined(performer.parameters(PART, merge(table, edit), CHOICES))
    plain = play(performer)
    assert not np.array_equal(edited["amplitude"], plain["amplitude"])


def test_velocities_are_heard(performer: Performer) -> None:
    second = replace(PART.notes[1], velocity=8)
    softer = replace(PART, notes=(PART.notes[0], second))
    plain, changed = play(performer), play(performer, softer)
    for name in ("amplitude", "noise"):
        np.testing.assert_array_equal(changed[name][:90], plain[name][:90])
        expected = plain[name][110:] * 10 ** (-VELOCITY_DB / 20)
        np.testing.assert_allclose(changed[name][110:], expected, rtol=1e-4)
    np.testing.assert_array_equal(changed["f0_hz"], plain["f0_hz"])


@dataclass(frozen=True)
class SteadyModel:
    """Plays every note at its pitch, with a vibrato."""

    vibrato_cents: float

    def perform(
        self, notes: tuple[PlayedNote, ...], *_: object, **__: object
    ) -> SimpleNamespace:
        written = note_frames(notes, NUM_FRAMES).pitch
        swing = np.sin(2 * np.pi * 5.5 * np.arange(NUM_FRAMES) / 250)
        pitch = np.where(written, written, notes[-1].pitch)
        pitch = pitch + self.vibrato_cents / 100 * swing
        parameters = SynthesisParameters(
            f0_hz=midi_to_hz(pitch).astype(np.float32),
            amplitude=np.ones(NUM_FRAMES, np.float32),
            harmonics=np.ones((NUM_FRAMES, 1), np.float32),
            noise=np.zeros((NUM_FRAMES, 2), np.float32),
        )
        return SimpleNamespace(parameters=parameters)


@pytest.mark.parametrize(("plain_cents", "wide_cents"), [(20.0, 60.0), (0.0, 30.0)])
def test_the_modulation_wheel_widens_the_vibrato_or_gives_some(
    performer: Performer, plain_cents: float, wide_cents: float
) -> None:
    steady = OriginalPerformer(model=SteadyModel(plain_cents))  # type: ignore[arg-type]
    factor = Curve(frames=np.array([99, 100]), values=np.array([1.0, 3.0]))
    moved = replace(PART, automation=Automation(vibrato_factor=factor))
    table = performer.expression(PART, CHOICES)
    plain, wide = (
        hz_to_midi(joined(steady.parameters(part, table, CHOICES))["f0_hz"])
        for part in (PART, moved)
    )
    np.testing.assert_allclose(wide[:100], plain[:100], atol=1e-4)
    second = wide[165:215]  # where it has grown, in the middle of the note
    assert 50 * np.ptp(second) == pytest.approx(wide_cents, rel=0.1)


def test_a_wheel_that_never_moves_changes_nothing(performer: Performer) -> None:
    still = replace(PART, automation=Automation(vibrato_factor=constant_curve(1.0)))
    np.testing.assert_array_equal(
        play(performer, still)["f0_hz"], play(performer)["f0_hz"]
    )


def test_the_room_is_the_learned_one(
    performer: Performer, any_model: OriginalModel
) -> None:
    room = performer.room("oboe")
    assert room is not None
    np.testing.assert_array_equal(room.taps, any_model.reverb("oboe").taps)


def test_what_it_does_not_play_is_refused(performer: Performer) -> None:
    part = replace(PART, instrument=instrument_named("soprano saxophone"))
    with pytest.raises(UsageError, match="plays no"):
        performer.expression(part, CHOICES)


def test_a_missing_model_is_told() -> None:
    with pytest.raises(ModelNotFoundError):
        OriginalPerformer.load("no-such-model")


def test_the_command_plays_with_it(
    performer: Performer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    notes = (
        Note(onset=0, duration=240, pitch=67),
        Note(onset=200, duration=240, pitch=69),
    )
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes, program=73),))
    monkeypatch.chdir(tmp_path)
    Path("tune.mid").write_bytes(midi_bytes(score))
    loaded = LoadedModel(performer=performer, draws_expression=False)
    monkeypatch.setattr(_synth_run, "load_beside_imports", lambda *_, **__: loaded)
    words = ["synth", "tune.mid", "--deterministic", "--save-expression", "e.csv"]
    assert run([*words, "--seed", "1", "-o", "a.wav"]) == 0
    assert run(["synth", "tune.mid", "--variety", "2"]) == 2
    assert "never draws expression" in capsys.readouterr().err
    sound = read_audio(Path("a.wav"))  # and the tail of a room of 3 s
    assert sound.duration_s == pytest.approx(440 / 960 + 1 + 3, abs=0.01)
    table = read_note_table(Path("e.csv"))
    assert table["onset_s"].tolist() == pytest.approx([0, 200 / 960])
    assert set(CONTROL_NAMES) <= set(table.names)
    edited = ["synth", "tune.mid", "--deterministic", "--expression", "e.csv"]
    assert run([*edited, "--seed", "2", "-o", "b.wav", "--preset", "louder"]) == 0
    louder = read_audio(Path("b.wav"))
    assert len(louder.samples) == len(sound.samples)
    assert not np.array_equal(louder.samples, sound.samples)
