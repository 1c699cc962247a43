"""What may be changed on the way from parameters back to sound, in a fixed order.

For: `resynthesis` and anyone who edits `SynthesisParameters`. Each edit is a function
of its own (`pitch`, `spectral`, `level`, `timbre`); here are their
names, their bounds and their order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.midi_ddsp.dsp.distribution import normalise
from musegen.midi_ddsp.edits.found_notes import find_notes
from musegen.midi_ddsp.edits.level import (
    change_volume,
    dry,
    scale_dynamics,
    scale_noise,
)
from musegen.midi_ddsp.edits.pitch import NO_NOTE, scale_vibrato, transpose, tune
from musegen.midi_ddsp.edits.spectral import (
    MAX_TILT_DB_PER_OCTAVE,
    brightness,
    scale_brightness,
)
from musegen.midi_ddsp.edits.timbre import Timbre, apply_timbre
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz

FORMANTS = ("keep", "follow")
BOUNDS = {
    "transpose": (-48.0, 48.0),
    "vibrato": (0.0, 10.0),
    "tune": (0.0, 1.0),
    "volume": (-60.0, 60.0),
    "dynamics": (0.0, 4.0),
    "brightness": (0.1, 10.0),
    "noise": (0.0, 100.0),
    "dry": (0.0, 1.0),
    "stretch": (0.1, 10.0),
}
"""Smallest and largest value of each edit, both allowed."""
BRIGHTNESS_TOLERANCE = 0.02  # a factor missed by more is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What to change; the defaults change nothing.

    Args:
        transpose: Semitones, -48 to 48.
        formants: `keep` holds the spectral envelope in Hz while transposing, `follow`
            moves it along.
        timbre: Spectra of another instrument, None for the recording's own.
        vibrato: Factor of the extent of vibrato, 0 to 10.
        tune: How far notes are pulled to their tempered pitch, 0 to 1.
        volume: Gain in dB, -60 to 60.
        dynamics: Factor of differences of loudness, 0 to 4.
        brightness: Factor of the mean harmonic number, 0.1 to 10.
        noise: Factor of the noise, 0 to 100.
        dry: How much sooner tails die away, 0 to 1.
        stretch: Factor of all durations, 0.1 to 10.

    Raises:
        UsageError: A value is out of its bounds, or `formants` has nothing to act on.
    """

    transpose: float = 0.0
    formants: str = "keep"
    timbre: Timbre | None = None
    vibrato: float = 1.0
    tune: float = 0.0
    volume: float = 0.0
    dynamics: float = 1.0
    brightness: float = 1.0
    noise: float = 1.0
    dry: float = 0.0
    stretch: float = 1.0

    def __post_init__(self) -> None:
        for name, (lowest, highest) in BOUNDS.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise UsageError(f"{name} is {lowest:g} to {highest:g}; got {value:g}")
        if self.formants not in FORMANTS:
            raise UsageError(
                f"formants is {' or '.join(FORMANTS)}; got {self.formants!r}"
            )

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the edits that are asked for."""
        return tuple(
            field.name
            for field in fields(self)
            if getattr(self, field.name) != field.default
        )


def apply_edits(
    parameters: SynthesisParameters,
    edits: Edits,
    *,
    note_index: npt.NDArray[np.integer[Any]] | None = None,
    tell: Callable[[Notice], None] | None = None,
) -> SynthesisParameters:
    """Return the performance with all edits made.

    Pitch first (vibrato and tuning by note, then transposition), then colour, then
    level, time last; so each edit sees the frames as they were played.

    Args:
        parameters: What was played.
        edits: What to change.
        note_index: Note of each frame, -1 where there is none, [T]; where it is None
            and needed, notes are found by pitch and level.
        tell: Told what could not be done as asked.

    Raises:
        InputError: A timbre is asked for and there is too little pitched sound.
    """
    needs_notes = edits.vibrato != 1 or edits.tune != 0
    notes = note_index
    if notes is None and needs_notes:
        notes = find_notes(parameters)
    if notes is None:
        notes = np.full(parameters.num_frames, NO_NOTE, dtype=np.int64)
    edited = scale_vibrato(parameters, edits.vibrato, note_index=notes)
    edited = tune(edited, edits.tune, note_index=notes)
    edited = transpose(edited, edits.transpose, keeps_formants=edits.formants == "keep")
    if edits.timbre is not None:
        edited = apply_timbre(edited, edits.timbre)
    edited = _brightened(edited, edits.brightness, tell)
    edited = scale_noise(edited, edits.noise)
    edited = dry(edited, edits.dry)
    edited = scale_dynamics(edited, edits.dynamics)
    edited = change_volume(edited, edits.volume)
    return stretch(edited, edits.stretch)


def stretched_index(
    note_index: npt.NDArray[np.integer[Any]], factor: float
) -> npt.NDArray[np.integer[Any]]:
    """Return the note of each frame after `stretch`.

    Args:
        note_index: [T].
        factor: Of the duration.
    """
    places = _stretched_places(len(note_index), factor)
    return note_index[np.round(places).astype(np.int64)]


def stretch(parameters: SynthesisParameters, factor: float) -> SynthesisParameters:
    """Return the performance slower or faster at the same pitch.

    Everything in it takes longer or shorter, vibrato and attacks too.

    Args:
        parameters: What was played.
        factor: Of the duration: 2 takes twice as long.
    """
    if factor == 1 or not parameters.num_frames:
        return parameters
    last = parameters.num_frames - 1
    places = _stretched_places(parameters.num_frames, factor)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, last)
    share = places - below

    def between(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        weights = share.reshape(-1, *[1] * (values.ndim - 1))
        blend = (1 - weights) * values[below] + weights * values[above]
        return blend.astype(np.float32)

    pitch = hz_to_midi(parameters.f0_hz.astype(np.float64))
    first, second = pitch[below], pitch[above]
    nearer = np.where(share < 0.5, first, second)
    is_glide = (first > 0) & (second > 0) & (np.abs(first - second) < 1)
    pitch = np.where(is_glide, (1 - share) * first + share * second, nearer)
    # Each partial by itself: a row of shares next to one without any has no middle.
    partials = between(parameters.amplitude[:, None] * parameters.harmonics)
    return replace(
        parameters,
        f0_hz=midi_to_hz(pitch).astype(np.float32),
        amplitude=partials.sum(axis=1),
        harmonics=normalise(partials),
        noise=between(parameters.noise),
    )


def _stretched_places(num_frames: int, factor: float) -> npt.NDArray[np.float64]:
    """Where in the old frames each new one stands."""
    if not num_frames:
        return np.zeros(0)
    count = max(1, round(num_frames * factor))
    return np.minimum(np.arange(count) / factor, num_frames - 1)


def _brightened(
    parameters: SynthesisParameters,
    factor: float,
    tell: Callable[[Notice], None] | None,
) -> SynthesisParameters:
    """Change the brightness, and say where that stops short."""
    brightened = scale_brightness(parameters, factor)
    reached = brightness(brightened) / brightness(parameters)
    if tell is not None and abs(reached / factor - 1) > BRIGHTNESS_TOLERANCE:
        message = (
            f"the brightness could not be made {factor:g} times as high: it is "
            f"{reached:.2g} times what it was, as far as its harmonics go when tilted "
            f"by {MAX_TILT_DB_PER_OCTAVE:g} dB an octave"
        )
        tell(Notice(code="brightness-limited", message=message))
    return brightened
