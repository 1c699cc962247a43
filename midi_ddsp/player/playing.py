"""Playing a tune: the virtual player's one entry point.

Puts the steps together: `performer`, `curves`, `tone`, `shaping`. Not for choosing
tunes (`tunes`) or storing the result (`musegen.midi_ddsp.records`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import PitchRangeError, UsageError
from musegen.engine.seeds import generator
from musegen.midi_ddsp.instruments import Instrument, instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from musegen.midi_ddsp.player.characters import character_of
from musegen.midi_ddsp.player.curves import (
    CONTROL_RATE_HZ,
    SILENCE_DB,
    Curves,
    make_curves,
)
from musegen.midi_ddsp.player.performance import Performance
from musegen.midi_ddsp.player.performer import interpret
from musegen.midi_ddsp.player.shaping import make_noise, shape_tone, tilt_spectrum
from musegen.midi_ddsp.player.sound_fonts import find_sound_font
from musegen.midi_ddsp.player.styles import style_named
from musegen.midi_ddsp.player.tone import SampleBank, join_notes

SAMPLE_RATES = (16_000, 24_000, 32_000, 48_000)

_LOUDEST = 0.98
_BANKS_KEPT = 2


def play(
    notes: Sequence[PlayedNote],
    instrument: Instrument | str,
    *,
    style: str,
    seed: int,
    sound_font: Path | str | None = None,
    sample_rate: int = SAMPLE_RATE_HZ,
    tune_source: str = "",
    tune_licence: str = "",
) -> Performance:
    """Play a tune on recorded samples and say exactly what was played.

    Args:
        notes: One voice, in seconds; a later onset ends the note before.
        instrument: Who plays, or a name.
        style: `plain`, `lively`, `romantic`, `exaggerated` or `musical`.
        seed: The same arguments and seed give the same bytes on one machine.
        sound_font: An .sf2 file; None looks for one (`sound_fonts.find_sound_font`).
        sample_rate: 16000, 24000, 32000 or 48000.
        tune_source: Where the tune is from, for the record.
        tune_licence: Under what licence, for the record.

    Returns:
        The audio and the truth about it.

    Raises:
        UsageError: There is no such style, instrument or rate.
        EmptyScoreError: There are no notes.
        PolyphonyError: Two notes begin at the same time.
        PitchRangeError: A note lies outside the instrument's range.
        MissingPackageError: FluidSynth is not installed.
        InputError: There is no sound font.
        FileFormatError: The sound font is none, or lacks the instrument.
    """
    if isinstance(instrument, str):
        instrument = instrument_named(instrument)
    chosen = style_named(style)
    if sample_rate not in SAMPLE_RATES:
        raise UsageError(
            f"the player plays at {', '.join(map(str, SAMPLE_RATES))} Hz; "
            f"got {sample_rate}"
        )
    _check_range(notes, instrument)
    font = find_sound_font(sound_font)
    character = character_of(instrument)
    played = interpret(
        notes, style=chosen, character=character, rng=generator(seed, "performer")
    )
    curves = make_curves(played, character=character, rng=generator(seed, "flutter"))
    bank = _bank(font.path, sample_rate)
    num_frames = math.ceil(len(curves.f0_hz) * FRAME_RATE_HZ / CONTROL_RATE_HZ)
    num_samples = num_frames * round(sample_rate / FRAME_RATE_HZ)
    tone, presence = join_notes(
        played.notes,
        curves,
        bank,
        program=instrument.gm_program,
        num_samples=num_samples,
    )
    even = tilt_spectrum(tone, presence, curves, sample_rate=sample_rate)
    audio = shape_tone(even, curves.level_db, sample_rate=sample_rate)
    audio += make_noise(
        curves.noise_db,
        character=character,
        num_samples=num_samples,
        sample_rate=sample_rate,
        rng=generator(seed, "noise"),
    )
    gain = min(1.0, _LOUDEST / max(float(np.abs(audio).max()), 1e-9))
    curve = _Frames(curves, num_frames, 20.0 * math.log10(gain))
    return Performance(
        audio=audio * np.float32(gain),
        sample_rate=sample_rate,
        notes=played.notes,
        expression=played.expression,
        f0_hz=curve.of(np.where(curves.is_sounding, curves.f0_hz, 0.0)),
        level_db=curve.level_of(curves.level_db),
        noise_db=curve.level_of(curves.noise_db),
        tilt_db_per_octave=curve.of(curves.tilt_db_per_octave),
        instrument=instrument,
        style=style,
        seed=seed,
        licence="; ".join(filter(None, (font.licence, tune_licence))),
        source="; ".join(filter(None, (font.path.name, tune_source))),
        notices=font.notices,
    )


class _Frames:
    """Takes every fourth step of curves, and lowers levels by the final gain."""

    def __init__(self, curves: Curves, num_frames: int, gain_db: float) -> None:
        self._step = round(CONTROL_RATE_HZ / FRAME_RATE_HZ)
        self._num_frames = num_frames
        self._gain_db = gain_db

    def of(self, curve: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return [T], float32."""
        return curve[:: self._step][: self._num_frames].astype(np.float32)

    def level_of(self, curve: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return [T], float32, after the final gain."""
        return np.maximum(self.of(curve + self._gain_db), np.float32(SILENCE_DB))


@lru_cache(maxsize=_BANKS_KEPT)
def _bank(sound_font: Path, sample_rate: int) -> SampleBank:
    return SampleBank(sound_font, sample_rate=sample_rate)


def _check_range(notes: Sequence[PlayedNote], instrument: Instrument) -> None:
    lowest, highest = instrument.lowest_pitch, instrument.highest_pitch
    outside = [note for note in notes if not lowest <= note.pitch <= highest]
    if outside:
        raise PitchRangeError(
            f"{len(outside)} of {len(notes)} notes lie outside the range of the "
            f"{instrument.name} ({lowest} to {highest}), the first is note "
            f"{outside[0].pitch} at {outside[0].onset_s:.2f} s; transpose the tune"
        )
