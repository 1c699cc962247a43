"""`musegen synth`: parts, instruments, and what the score is before it is played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import MusegenError
from musegen.midi_ddsp.audio.reading import read_audio
from musegen.midi_ddsp.tables.note_table_files import read_note_table

RATE = 16_000


def test_instrument_and_part(cast: Callable[..., list[str]]) -> None:
    one = cast("duet.mid", "--instrument", "oboe", "-o", "1.wav")
    assert one == ["oboe", "oboe"]
    words = ("--part", "1=flute", "--part", "low=tuba", "-o", "2.wav")
    assert cast("duet.mid", *words) == ["flute", "tuba"]
    assert cast("duet.mid", "--part", "Low=skip", "-o", "3.wav") == ["violin"]


def test_unsupported_may_be_skipped(cast: Callable[..., list[str]]) -> None:
    words = ("--unsupported", "skip", "-o", "1.wav")
    assert cast("band.mid", *words) == ["violin"]


def test_drums_and_the_unsupported_by_a_sound_font(
    cast: Callable[..., list[str]], level_db: Callable[[np.ndarray], float]
) -> None:
    from musegen.midi_ddsp.player.sampler import import_fluidsynth
    from musegen.midi_ddsp.player.sound_fonts import find_sound_font

    try:
        import_fluidsynth()
        font = find_sound_font().path
    except MusegenError as error:
        pytest.skip(str(error))
    words = ("--drums", "fluidsynth", "--unsupported", "fluidsynth", "-o", "1.wav")
    assert cast("band.mid", *words) == ["violin", "sound font", "sound font"]
    alone = ["--drums", "fluidsynth", "--sound-font", str(font), "-o", "2.wav"]
    assert cast("drums.mid", *alone) == ["sound font"]
    assert level_db(read_audio(Path("2.wav")).samples) > -60


def test_out_of_range(
    capsys: pytest.CaptureFixture[str], synth: Callable[..., int]
) -> None:
    found = []
    for choice in ("play", "octave"):
        words = ("--out-of-range", choice, "--save-expression", f"{choice}.csv")
        assert synth("high.mid", *words, "-o", f"{choice}.wav") == 0
        found.append(read_note_table(Path(f"{choice}.csv"))["pitch"].tolist())
    assert found == [[104, 105], [92, 93]]
    assert synth("high.mid", "--out-of-range", "refuse") == 1
    assert "bar 1" in capsys.readouterr().err


def test_max_voices(cast: Callable[..., list[str]]) -> None:
    assert len(cast("chord.mid", "-o", "1.wav")) == 3
    words = ("--max-voices", "2", "-o", "2.wav")
    assert len(cast("chord.mid", *words)) == 2


def test_pedal(sound: Callable[..., np.ndarray]) -> None:
    held, let_go = (
        len(sound("pedal.mid", "--dry", "--pedal", choice))
        for choice in ("hold", "ignore")
    )
    assert held - let_go == pytest.approx(1.25 * RATE, abs=100)


def test_transpose_and_tuning(
    sound: Callable[..., np.ndarray], pitch_hz: Callable[[np.ndarray], float]
) -> None:
    plain = pitch_hz(sound("line.mid", "--dry"))
    assert plain == pytest.approx(440, rel=0.01)
    up = pitch_hz(sound("line.mid", "--dry", "--transpose", "-5"))
    assert up == pytest.approx(plain * 2 ** (-5 / 12), rel=0.005)
    low = pitch_hz(sound("line.mid", "--dry", "--tuning", "415"))
    assert low == pytest.approx(plain * 415 / 440, rel=0.002)


def test_speed_and_bars(sound: Callable[..., np.ndarray]) -> None:
    length_s = (len(sound("bars.mid", "--dry")) / RATE) - 1
    assert length_s == pytest.approx(4.0, abs=0.01)
    fast = len(sound("bars.mid", "--dry", "--speed", "2")) / RATE - 1
    assert fast == pytest.approx(2.0, abs=0.01)
    second = sound("bars.mid", "--dry", "--bars", "2")
    assert len(second) / RATE - 1 == pytest.approx(2.0, abs=0.01)
    assert np.abs(second[: RATE // 4]).max() > 0.01
