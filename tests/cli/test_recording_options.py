from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest

from musegen.cli._recording_options import Hearing, hearing_options
from musegen.data.errors import InputError, UsageError
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score

NOTHING = Hearing(
    instrument=None,
    notes=None,
    part=None,
    is_aligned=True,
    min_hz=None,
    max_hz=None,
    min_note_s=None,
    model=None,
)


def write_score(path: Path, *names: str) -> Path:
    parts = tuple(
        Part(
            name=name,
            channel=channel,
            notes=(Note(onset=0, duration=480, pitch=60 + channel),),
        )
        for channel, name in enumerate(names)
    )
    path.write_bytes(midi_bytes(Score(ticks_per_quarter=480, parts=parts)))
    return path


def test_options_come_as_one_object() -> None:
    got: list[Hearing] = []

    @click.command()
    @hearing_options
    def command(hearing: Hearing) -> None:
        got.append(hearing)

    words = ["--instrument", "cello", "--min-hz", "50", "--model", "none"]
    command.main(words, standalone_mode=False)
    expected = replace(NOTHING, instrument="cello", min_hz=50.0, model="none")
    assert got == [expected]
    assert got[0].recipe()["instrument"] == "cello"
    settings = got[0].settings()
    assert settings.instrument is not None
    assert settings.bounds_hz()[0] == 50.0


@pytest.mark.parametrize(
    ("wishes", "num_inputs", "message"),
    [
        ({"part": 2}, 1, "--part does nothing without --notes"),
        ({"is_aligned": False}, 1, "--no-align does nothing without --notes"),
        ({"notes": Path("a.mid")}, 2, "the notes of one recording"),
        ({"notes": Path("a.mid"), "min_hz": 50.0}, 1, "do nothing with --notes"),
        (
            {"notes": Path("a.mid"), "min_note_s": 0.1},
            1,
            "--min-note-seconds does nothing with --notes",
        ),
    ],
)
def test_option_that_cannot_act_is_refused(
    wishes: dict[str, object], num_inputs: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        replace(NOTHING, **wishes).check(num_inputs=num_inputs)  # type: ignore[arg-type]


def test_shortest_note_is_the_library_s_unless_said() -> None:
    assert NOTHING.settings().min_note_s == 0.04
    chosen = replace(NOTHING, min_note_s=0.2)
    assert chosen.settings().min_note_s == 0.2
    assert chosen.recipe()["min_note_seconds"] == 0.2


def test_unknown_instrument_is_refused() -> None:
    with pytest.raises(UsageError, match="instrument"):
        replace(NOTHING, instrument="kazoo").settings()


def test_notes_of_the_only_part_or_of_the_one_named(tmp_path: Path) -> None:
    solo = write_score(tmp_path / "solo.mid", "Violin")
    notes, _ = replace(NOTHING, notes=solo).read_notes()
    assert notes is not None
    assert [note.pitch for note in notes] == [60]
    duo = write_score(tmp_path / "duo.mid", "Violin", "Cello")
    with pytest.raises(UsageError, match=r"1 Violin, 2 Cello.*--part"):
        replace(NOTHING, notes=duo).read_notes()
    second, _ = replace(NOTHING, notes=duo, part=2).read_notes()
    assert second is not None
    assert [note.pitch for note in second] == [61]
    with pytest.raises(InputError, match="no part 3"):
        replace(NOTHING, notes=duo, part=3).read_notes()
    assert NOTHING.read_notes() == (None, ())
    assert replace(NOTHING, notes=duo).files() == (duo,)
