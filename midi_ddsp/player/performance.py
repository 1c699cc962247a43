"""What the virtual player hands out: audio and the truth about it, at three levels.

Notes, the performer's intentions per note, and curves at 250 Hz. Not for making them
(`performer`, `playing`) and not for storing them (`musegen.midi_ddsp.records`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from musegen.data.notices import Notice
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteExpression:
    """What the performer meant to do in one note; every value acted on the sound.

    Args:
        volume_db: Level of the note at its peak, RMS of the tone in dB full scale.
        rise_db: How far below its peak the note's envelope begins, at least 0.
        fall_db: How far below its peak the note's envelope ends, at least 0.
        peak_position: Where in the note the envelope peaks, 0 (start) to 1 (end).
        flutter_db: Standard deviation of the slow random wavering of the level.
        tremolo_db: Half the swing of level that goes with the vibrato.
        vibrato_extent_cents: Half the swing of pitch, once the vibrato is full.
        vibrato_rate_hz: Swings a second.
        vibrato_delay_s: From the onset to the beginning of the vibrato.
        vibrato_growth_s: From there to its full extent.
        intonation_cents: How far the note's centre lies above the written pitch.
        attack_s: Time in which the level rises by 30 dB at the onset.
        attack_noise_db: Level of the noise at the onset against the tone's peak.
        attack_noise_decay_s: Time constant in which that noise dies away.
        release_s: Time in which the sound falls by 60 dB after the offset.
        noise_db: Level of the steady bow or breath noise against the tone.
        brightness_db_per_octave: Tilt of the spectrum against the sample's own,
            the part of it that does not come from the level.
        is_legato: True when the note grows out of the one before.
        glide_s: Length of the slide of pitch from the one before; 0 if not legato.
        dip_db: Dip in level at the join; 0 if not legato.
        onset_shift_s: Played minus written onset.
        sounding_share: Sounding length as a share of the written one, before the shift.
    """

    volume_db: float
    rise_db: float
    fall_db: float
    peak_position: float
    flutter_db: float
    tremolo_db: float
    vibrato_extent_cents: float
    vibrato_rate_hz: float
    vibrato_delay_s: float
    vibrato_growth_s: float
    intonation_cents: float
    attack_s: float
    attack_noise_db: float
    attack_noise_decay_s: float
    release_s: float
    noise_db: float
    brightness_db_per_octave: float
    is_legato: bool
    glide_s: float
    dip_db: float
    onset_shift_s: float
    sounding_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """A tune played by the virtual player; frame t stands at t / 250 s.

    Args:
        audio: [N], float32, mono, within -1 to 1.
        sample_rate: Samples a second.
        notes: What was really played, onset and offset in seconds; no two overlap.
        expression: The performer's intentions, one for each note.
        f0_hz: [T], the pitch of the tone; 0 where nothing sounds.
        level_db: [T], RMS of the tone in dB full scale, -120 where nothing sounds.
        noise_db: [T], RMS of the added bow or breath noise in dB full scale.
        tilt_db_per_octave: [T], tilt of the spectrum against the sample's own.
        instrument: Who plays.
        style: Name of the style.
        seed: The seed that made it; the same arguments and seed give the same bytes.
        licence: Of the sound font (and of the tune, where one is known).
        source: Sound font and tune, in words.
        notices: Remarks, such as a sound font that is for tests only.
    """

    audio: FloatArray
    sample_rate: int
    notes: tuple[PlayedNote, ...]
    expression: tuple[NoteExpression, ...]
    f0_hz: FloatArray
    level_db: FloatArray
    noise_db: FloatArray
    tilt_db_per_octave: FloatArray
    instrument: Instrument
    style: str
    seed: int
    licence: str
    source: str
    notices: tuple[Notice, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the audio in seconds."""
        return len(self.audio) / self.sample_rate

    def expression_columns(self) -> dict[str, NDArray[np.float64]]:
        """Return the intentions as columns [notes], one for each control, by name."""
        return {
            field.name: np.array(
                [getattr(item, field.name) for item in self.expression], np.float64
            )
            for field in fields(NoteExpression)
        }
