"""What is unusual and yet music is harmonised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from musegen.cli.main import run
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.score import Note, Part, Score, Tempo, TimeSignature

TICKS = 480

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")


def tune(
    pitches: Sequence[int] = (67, 69, 71, 72) * 4,
    *,
    length: int = TICKS,
    **fields: object,
) -> Score:
    notes = tuple(
        Note(onset=i * TICKS, duration=length, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )
    score = Score(
        ticks_per_quarter=TICKS,
        parts=(Part(notes=notes, name="Tune", channel=0),),
        time_signatures=(TimeSignature(tick=0, numerator=4, denominator=4),),
    )
    return replace(score, **fields)  # type: ignore[arg-type]


def harmonize(*arguments: str) -> int:
    words = ["--seed", "0", "--steps", "1", "--rounds", "1", "--candidates", "1"]
    return run(["harmonize", *words, *arguments])


GOOD_SCORES = {
    "pitch_127": tune((127, 125, 124, 122) * 2),
    "one_tick": tune(length=1),
    "zero_length": tune(length=0),
    "five_four": tune(
        time_signatures=(TimeSignature(tick=0, numerator=5, denominator=4),)
    ),
    "two_tempi": tune(
        tempos=(Tempo(tick=0, qpm=60), Tempo(tick=3 * TICKS, qpm=150)),
    ),
    "single": tune((60,)),
}


@pytest.mark.parametrize("name", GOOD_SCORES)
def test_unusual_music_is_harmonised(name: str) -> None:
    score = GOOD_SCORES[name]
    Path(f"{name}.mid").write_bytes(midi_bytes(score))
    assert harmonize(f"{name}.mid") == 0
    after = read_midi(Path(f"{name}.harmonized.mid")).score
    assert len(after.parts) == 4
    assert after.parts[0].notes == score.parts[0].notes
    assert after.tempos == score.tempos
    assert after.time_signatures == score.time_signatures


def test_file_cut_off_behind_some_notes_is_used_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = midi_bytes(tune())
    Path("cut.mid").write_bytes(whole[: len(whole) - 30])
    assert harmonize("cut.mid") == 0
    assert "bar 4, beat 2: track 2 breaks off" in capsys.readouterr().err
    after = read_midi(Path("cut.harmonized.mid")).score
    assert 0 < len(after.parts[0].notes) < 16


def test_two_thousand_bars_are_harmonised() -> None:
    waltz = TimeSignature(tick=0, numerator=3, denominator=4)
    score = tune((67, 69, 71, 72, 74, 72) * 1000, time_signatures=(waltz,))
    Path("long.mid").write_bytes(midi_bytes(score))
    assert harmonize("long.mid", "--beat-level", "3/4") == 0
    after = read_midi(Path("long.harmonized.mid")).score
    assert after.parts[0].notes == score.parts[0].notes
    assert after.bar_beat(after.end).bar == 2001
    assert all(part.end == after.parts[0].end for part in after.parts)
