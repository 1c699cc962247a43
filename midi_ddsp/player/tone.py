"""The tone of a performance before its dynamics: recorded notes, joined, at any pitch.

Reads straightened notes at the speed that the pitch curve asks for. All of them share
one phase, that of the pitch curve, so that where one note grows out of another their
fundamentals add up. Level, colour and noise come afterwards (`shaping`).
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import midi_to_hz
from musegen.midi_ddsp.player.curves import CONTROL_RATE_HZ, Curves, NoteSpan, ease
from musegen.midi_ddsp.player.sampler import Sampler
from musegen.midi_ddsp.player.straightening import StraightNote, straighten

_NOTES_KEPT = 128
_SHORTEST_RENDERING_S = 3.0
_SPARE_S = 0.3
_SPEAKS_BEFORE_S = 0.01
_PAST_ATTACK_S = 0.12
_FADE_IN_S = 0.002
_FADE_OUT_S = 0.005


class SampleBank:
    """The straightened notes of one sound font at one output rate, made when needed.

    Not to be shared between threads.

    Args:
        sound_font: An .sf2 or .sf3 file.
        sample_rate: Output rate in Hz.

    Raises:
        MissingPackageError: FluidSynth is not installed.
        FileFormatError: The file cannot be read.
    """

    def __init__(self, sound_font: Path, *, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._sampler = Sampler(sound_font)
        self._notes: OrderedDict[tuple[int, int, float], StraightNote] = OrderedDict()

    def note(self, pitch: int, *, program: int, duration_s: float) -> StraightNote:
        """Return a note that lasts at least `duration_s` seconds.

        It is played for 3, 6, 12 ... s, so that it does not depend on what else was
        asked for.
        """
        length_s = _SHORTEST_RENDERING_S
        while length_s < duration_s:
            length_s *= 2.0
        key = (program, pitch, length_s)
        if key in self._notes:
            self._notes.move_to_end(key)
            return self._notes[key]
        recorded = self._sampler.note(pitch, program=program, duration_s=length_s)
        straight = straighten(recorded, pitch, sample_rate=self.sample_rate)
        self._notes[key] = straight
        if len(self._notes) > _NOTES_KEPT:
            self._notes.popitem(last=False)
        return straight


def join_notes(
    notes: tuple[PlayedNote, ...],
    curves: Curves,
    bank: SampleBank,
    *,
    program: int,
    num_samples: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lay the recorded notes of a performance end to end.

    Args:
        notes: As played, one for each of the curves' spans.
        curves: Pitch, and where each note is heard.
        bank: The recorded notes.
        program: General MIDI program.
        num_samples: Length wanted, N.

    Returns:
        The tone, [N], and the sum of its notes' fades, [N]: 1 where the tone has its
        even level, 0 in rests.
    """
    rate = bank.sample_rate
    phase = _phase(curves.f0_hz, sample_rate=rate, num_samples=num_samples)
    tone = np.zeros(num_samples, np.float32)
    presence = np.zeros(num_samples, np.float32)
    nexts = [*curves.spans[1:], None]
    for note, span, after in zip(notes, curves.spans, nexts, strict=True):
        first = span.first * rate // CONTROL_RATE_HZ
        last = min(span.last * rate // CONTROL_RATE_HZ, num_samples)
        wanted = phase[first:last]
        if len(wanted) < 2:
            continue
        read = _read(bank, note, wanted, program=program, is_legato=span.join > 0)
        fade = _fades(len(wanted), span, after, sample_rate=rate)
        tone[first:last] += read * fade
        presence[first:last] += fade
    return tone, presence


def _phase(
    f0_hz: NDArray[np.float64], *, sample_rate: int, num_samples: int
) -> NDArray[np.float64]:
    """Return [N]: cycles of the fundamental since the beginning."""
    places = np.arange(num_samples) * (CONTROL_RATE_HZ / sample_rate)
    steps = np.interp(places, np.arange(len(f0_hz)), f0_hz) / sample_rate
    cycles: NDArray[np.float64] = np.cumsum(steps) - steps
    return cycles


def _read(
    bank: SampleBank,
    note: PlayedNote,
    wanted: NDArray[np.float64],
    *,
    program: int,
    is_legato: bool,
) -> NDArray[np.float32]:
    """Read a recorded note along the wanted phase [n]; its attack only if detached."""
    num_cycles = float(wanted[-1] - wanted[0])
    nominal_hz = float(midi_to_hz(note.pitch))
    needed_s = num_cycles / nominal_hz * 1.03 + _PAST_ATTACK_S + _SPARE_S
    straight = bank.note(note.pitch, program=program, duration_s=needed_s)
    start_s = max(straight.speech_s - _SPEAKS_BEFORE_S, 0.0)
    if is_legato:
        start_s = max(straight.speech_s, _PAST_ATTACK_S)
    from_cycle = np.interp(start_s, straight.times_s, straight.cycles)
    shift = np.ceil(from_cycle - wanted[0])
    return straight.read(wanted + shift)


def _fades(
    num_samples: int, span: NoteSpan, after: NoteSpan | None, *, sample_rate: int
) -> NDArray[np.float32]:
    """Return [n]: how much of the note is heard; two joined notes sum to 1."""
    per_step = sample_rate // CONTROL_RATE_HZ
    rise = span.join * per_step or round(_FADE_IN_S * sample_rate)
    is_joined = after is not None and after.join > 0
    fall = after.join * per_step if after and is_joined else 0
    fall = fall or round(_FADE_OUT_S * sample_rate)
    fade = np.ones(num_samples)
    rise, fall = min(rise, num_samples), min(fall, num_samples)
    fade[:rise] *= ease(rise)
    fade[num_samples - fall :] *= 1.0 - ease(fall)
    return fade.astype(np.float32)
