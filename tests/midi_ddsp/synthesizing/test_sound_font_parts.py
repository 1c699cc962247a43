"""Parts played by FluidSynth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import (
    FileFormatError,
    MissingPackageError,
    UsageError,
    VoiceNotFoundError,
)
from musegen.data.score import ControlChange, Note, Part, PitchBend, Score
from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.sampler import import_fluidsynth
from musegen.midi_ddsp.player.sound_fonts import bundled_sound_font
from musegen.midi_ddsp.synthesizing.sound_font_parts import (
    LONGEST_TAIL_S,
    iterate_sound_font_part,
    render_score,
)

_RATE = 16_000
_QUARTER = 480  # half a second
_FLUTE = 73


@pytest.fixture(scope="module")
def font() -> Path:
    try:
        import_fluidsynth()
    except MissingPackageError as error:
        pytest.skip(f"{error.package} is not installed")
    path = bundled_sound_font()
    if path is None:
        pytest.skip("pretty_midi, which brings a sound font, is not installed")
    return path


def note(quarter: float, *, pitch: int = 69, quarters: float = 1.0) -> Note:
    return Note(
        onset=round(quarter * _QUARTER),
        duration=round(quarters * _QUARTER),
        pitch=pitch,
        velocity=100,
    )


def score(*parts: Part) -> Score:
    return Score(ticks_per_quarter=_QUARTER, parts=parts)


def sound(
    part: Part,
    font: Path,
    *,
    rate: int = _RATE,
    block: int = 5000,
    stereo: bool = False,
) -> NDArray[np.float32]:
    blocks = iterate_sound_font_part(
        score(part),
        0,
        sound_font=font,
        sample_rate=rate,
        block_samples=block,
        is_stereo=stereo,
    )
    return np.concatenate([np.zeros((0, 2) if stereo else 0, np.float32), *blocks])


def level(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_blocks_of_any_size_hold_the_same_sound(font: Path, rate: int) -> None:
    part = Part(notes=(note(0.3), note(0.9, pitch=74)), program=_FLUTE)
    whole = sound(part, font, rate=rate, block=10**6)
    np.testing.assert_array_equal(sound(part, font, rate=rate, block=777), whole)
    assert level(whole) > 1e-3


def test_all_blocks_but_the_last_are_full(font: Path) -> None:
    blocks = iterate_sound_font_part(
        score(Part(notes=(note(0),), program=_FLUTE)),
        0,
        sound_font=font,
        sample_rate=_RATE,
        block_samples=1000,
    )
    *full, last = [len(block) for block in blocks]
    assert set(full) == {1000}
    assert 0 < last <= 1000


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_note_begins_on_its_time_however_late(font: Path, rate: int) -> None:
    # The same sample begins each: the first tells how long it takes to be heard.
    quarters = (1.0, 40.0, 80.37)
    drums = Part(notes=tuple(note(q, pitch=37, quarters=0.1) for q in quarters))
    heard = sound(Part(notes=drums.notes, is_drum=True), font, rate=rate)
    threshold = 0.1 * np.abs(heard).max()
    delays = []
    for quarter in quarters:
        start = round(0.5 * quarter * rate) - rate // 100
        first = int(np.argmax(np.abs(heard[start : start + rate // 10]) > threshold))
        delays.append(first / rate)
    np.testing.assert_allclose(delays, delays[0], atol=1e-3)


def test_nothing_sounds_before_the_first_note(font: Path) -> None:
    heard = sound(Part(notes=(note(2.0),), program=_FLUTE), font, rate=48_000)
    assert not heard[: 48_000 - 64].any()
    assert heard[48_000:].any()


def test_the_sound_ends_when_the_last_note_has_died_away(font: Path) -> None:
    heard = sound(Part(notes=(note(0),), program=_FLUTE), font)
    assert 0.5 * _RATE < len(heard) < (0.5 + LONGEST_TAIL_S) * _RATE
    assert np.abs(heard[-160:]).max() < 1e-3


def test_percussion_sounds_even_where_its_notes_have_no_length(font: Path) -> None:
    hit = Note(onset=0, duration=0, pitch=38, velocity=100)
    drums = sound(Part(notes=(hit,), is_drum=True), font)
    melody = sound(Part(notes=(hit,), program=_FLUTE), font)
    assert level(drums[:1600]) > 1e-2 > level(melody[:1600])


def tuned(part: Part, font: Path) -> float:
    """Return the median pitch, in cents above A4, of one note of a second."""
    heard = sound(part, font)
    written = [PlayedNote(pitch=69, onset_s=0.0, offset_s=1.0)]
    track = track_known_pitch(heard, _RATE, written)
    return float(1200.0 * np.log2(np.median(track.f0_hz[100:240]) / 440.0))


def test_pitch_bends_follow_their_range(font: Path) -> None:
    notes = (note(0, quarters=2.0),)
    bends = (PitchBend(tick=0, value=4096),)
    narrow = [(101, 0), (100, 0), (6, 1), (38, 0)]
    controls = tuple(ControlChange(tick=0, number=n, value=v) for n, v in narrow)
    plain = tuned(Part(notes=notes, program=_FLUTE), font)
    bent = tuned(Part(notes=notes, program=_FLUTE, pitch_bends=bends), font)
    less = tuned(
        Part(notes=notes, program=_FLUTE, pitch_bends=bends, controls=controls), font
    )
    assert bent - plain == pytest.approx(100.0, abs=3.0)
    assert less - plain == pytest.approx(50.0, abs=3.0)


@pytest.mark.parametrize("number", [7, 11])
def test_volume_and_expression_make_it_softer(font: Path, number: int) -> None:
    soft = (ControlChange(tick=0, number=number, value=40),)
    notes = (note(0),)
    loud = level(sound(Part(notes=notes, program=_FLUTE), font)[:8000])
    softer = sound(Part(notes=notes, program=_FLUTE, controls=soft), font)[:8000]
    assert 0.0 < level(softer) < 0.5 * loud


def test_the_pedal_holds_a_note(font: Path) -> None:
    down = ControlChange(tick=0, number=64, value=127)
    up = ControlChange(tick=4 * _QUARTER, number=64, value=0)
    notes = (note(0),)
    held = sound(Part(notes=notes, program=_FLUTE, controls=(down, up)), font)
    free = sound(Part(notes=notes, program=_FLUTE), font)
    assert len(held) > len(free) + _RATE
    assert level(held[24_000:32_000]) > 1e-3


def test_pan_moves_the_sides_and_mono_leaves_it_out(font: Path) -> None:
    left = (ControlChange(tick=0, number=10, value=0),)
    panned = Part(notes=(note(0),), program=_FLUTE, controls=left)
    sides = sound(panned, font, stereo=True)
    assert level(sides[:, 0]) > 20.0 * level(sides[:, 1])
    plain = sound(Part(notes=panned.notes, program=_FLUTE), font)
    np.testing.assert_array_equal(sound(panned, font), plain)


def test_a_program_that_the_font_lacks_is_silent_on_stderr(
    font: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    drums = Part(notes=(note(0, pitch=38),), program=93, is_drum=True)
    assert level(sound(drums, font)[:8000]) > 1e-3
    assert capfd.readouterr().err == ""


def test_a_score_is_the_sum_of_its_parts(font: Path) -> None:
    flute = Part(notes=(note(0),), program=_FLUTE)
    drums = Part(notes=(note(1.0, pitch=38),), is_drum=True)
    together = render_score(score(flute, Part(), drums), sound_font=font)
    alone = [render_score(score(part), sound_font=font) for part in (flute, drums)]
    assert len(together) == max(map(len, alone))
    expected = np.zeros_like(together)
    for one in alone:
        expected[: len(one)] += one
    np.testing.assert_array_equal(together, expected)


def test_a_score_without_notes_is_no_sound(font: Path) -> None:
    assert render_score(score(Part()), sound_font=font).shape == (0, 2)
    assert sound(Part(), font).shape == (0,)


def test_what_cannot_be_is_refused(font: Path, tmp_path: Path) -> None:
    piece = score(Part(notes=(note(0),)))
    with pytest.raises(VoiceNotFoundError, match="part 2"):
        iterate_sound_font_part(piece, 1, sound_font=font)
    with pytest.raises(UsageError, match="0 samples"):
        iterate_sound_font_part(piece, 0, sound_font=font, block_samples=0)
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"RIFF")
    with pytest.raises(FileFormatError, match=r"broken\.sf2"):
        list(iterate_sound_font_part(piece, 0, sound_font=broken))
