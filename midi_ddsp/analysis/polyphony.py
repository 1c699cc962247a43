"""Whether more than one note sounds at once, where a tracker follows but one.

For: telling the user that a recording is not of one voice. Not for finding the notes
of a chord. Of two octaves of one another it hears one note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.pitch_track import TRACK_RATE_HZ, PitchTrack
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ

WINDOW = 2048
HOP = 512
CHUNK_FRAMES = 1000  # 32 s at a time
LOWEST_HZ, HIGHEST_HZ = 60.0, 4000.0  # where peaks are looked for

# Tried on 144 takes of the virtual player, dry, in rooms and in noise, on pairs of them
# and on chords made of sinusoids.
PEAK_RANGE_DB = 40.0  # below a frame's highest peak nothing counts
SALIENCE_DB = 14.0  # above the mean level of the 25 bins around
NEIGHBOURS = 12  # bins to either side
TOLERANCE_HZ = 12.0
TOLERANCE_SHARE = 0.006  # of the frequency: strings are a little stiff
SWEEP = 1.12  # a wider range of pitch within a window is a change of note
DECAY_FRAMES = 5  # 160 ms
DECAY_DB = 3.0  # what falls by more meanwhile is the tail of a note before
FOREIGN_SHARE = 0.1  # of the peaks' amplitude
# The pitch of a chord is that of its common fundamental, which does not sound.
ABSENT_DB = -30.0  # the first harmonic, below the strongest
HOLE_DB = -20.0  # harmonics 7, 11 and 13, below their neighbours
PRIMES = (7, 11, 13)
NUM_HARMONICS = 14
FLOOR_DB = -60.0  # below the strongest harmonic

MIN_SHARE = 0.1
MIN_TIME_S = 0.3

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polyphony:
    """Where several notes seem to sound at once.

    Args:
        share: Of the time with a pitch, 0 to 1.
        first_s: Where it is first so, in seconds.
    """

    share: float
    first_s: float


def find_polyphony(audio: NDArray[np.float32], track: PitchTrack) -> Polyphony | None:
    """Find out whether several notes sound at once.

    A frame of 128 ms does so where a tenth of the amplitude of its spectral peaks
    stands at no multiple of the tracked pitch and does not merely die away, or where
    that pitch itself is not there and neither are the harmonics that no chord gives
    it.

    Args:
        audio: Mono, 16 kHz, [N].
        track: Of the same audio.

    Returns:
        None where that is less than a tenth of the time with a pitch, or less than
        0.3 s.
    """
    hop_s = HOP / SAMPLE_RATE_HZ
    checked, found = 0, []
    for first, magnitudes, pitches in _chunks(audio, track):
        is_pitched = np.isfinite(pitches).mean(axis=1) >= 0.8
        is_chord = _has_foreign(magnitudes, pitches) | _lacks_its_own(
            magnitudes[DECAY_FRAMES:], pitches
        )
        checked += int(is_pitched.sum())
        found += (first + np.flatnonzero(is_pitched & is_chord)).tolist()
    if len(found) * hop_s < MIN_TIME_S or len(found) < MIN_SHARE * checked:
        return None
    return Polyphony(share=len(found) / checked, first_s=found[0] * hop_s)


def _chunks(
    audio: NDArray[np.float32], track: PitchTrack
) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield the number of the first frame, magnitudes and pitches of some frames.

    Magnitudes are [n + DECAY_FRAMES, bins], with those of the frames before; pitches
    [n, 10] in Hz over each window, NaN where there is none.
    """
    before = WINDOW // 2 + DECAY_FRAMES * HOP
    padded = np.pad(np.asarray(audio, np.float32), (before, WINDOW // 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    shape = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    f0_hz = np.where(track.voiced, track.f0_hz, np.nan)
    reach = round(WINDOW / 2 / SAMPLE_RATE_HZ * TRACK_RATE_HZ) - 3
    offsets = np.arange(-reach, reach + 1, 3)
    for first in range(0, len(windows) - DECAY_FRAMES, CHUNK_FRAMES):
        last = min(first + CHUNK_FRAMES, len(windows) - DECAY_FRAMES)
        spectra = np.fft.rfft(windows[first : last + DECAY_FRAMES] * shape, axis=1)
        centres = np.arange(first, last) * HOP * TRACK_RATE_HZ / SAMPLE_RATE_HZ
        places = np.round(centres).astype(np.intp)[:, None] + offsets
        is_inside = (places >= 0) & (places < len(f0_hz))
        pitches = f0_hz[np.clip(places, 0, len(f0_hz) - 1)]
        yield first, np.abs(spectra), np.where(is_inside, pitches, np.nan)


def _has_foreign(magnitudes: Floats, pitches: Floats) -> Flags:
    """[n] whether a tenth of the peaks is of another note that goes on sounding."""
    hertz = SAMPLE_RATE_HZ / WINDOW
    low, high = int(LOWEST_HZ / hertz), int(HIGHEST_HZ / hertz)
    now = magnitudes[DECAY_FRAMES:]
    inner = now[:, low:high]
    is_peak = (inner > now[:, low - 1 : high - 1]) & (
        inner >= now[:, low + 1 : high + 1]
    )
    highest = inner.max(axis=1, keepdims=True)
    is_peak &= inner > highest * 10 ** (-PEAK_RANGE_DB / 20)
    frame, place = np.nonzero(is_peak)
    bins = low + place
    amplitude = inner[frame, place]
    levels = np.log(np.maximum(now, 1e-12))
    sides = (levels[frame, bins + side] for side in (-1, 0, 1))
    left, middle, right = sides
    curve = np.minimum(left - 2 * middle + right, -1e-9)
    frequency = hertz * (bins + 0.5 * (left - right) / curve)
    is_foreign = ~_is_explained(frequency, pitches[frame])
    is_foreign &= middle - _around(levels)[frame, bins] > SALIENCE_DB * np.log(10) / 20
    earlier = np.max([magnitudes[frame, bins + side] for side in range(-2, 3)], axis=0)
    is_foreign &= amplitude >= earlier * 10 ** (-DECAY_DB / 20)
    total = np.bincount(frame, amplitude, len(now))
    foreign = np.bincount(frame, amplitude * is_foreign, len(now))
    return foreign > FOREIGN_SHARE * np.maximum(total, 1e-12)


def _is_explained(frequency: Floats, pitches: Floats) -> Flags:
    """[K] whether each peak stands at a multiple of a pitch of its window, [K, 10]."""
    tolerance = TOLERANCE_HZ + TOLERANCE_SHARE * frequency
    multiples = np.maximum(np.round(frequency[:, None] / pitches), 1) * pitches
    near = np.abs(frequency[:, None] - multiples) <= tolerance[:, None]
    lowest = np.where(np.isfinite(pitches), pitches, np.inf).min(axis=1)
    highest = np.where(np.isfinite(pitches), pitches, 0.0).max(axis=1)
    middle = np.sqrt(np.maximum(lowest, 1.0) * np.maximum(highest, 1.0))
    number = np.maximum(np.round(frequency / middle), 1)
    is_swept = frequency >= number * lowest - tolerance
    is_swept &= frequency <= number * highest + tolerance
    is_swept &= highest < SWEEP * lowest
    explained: Flags = near.any(axis=1) | is_swept
    return explained


def _around(levels: Floats) -> Floats:
    """Mean level of the bins around each, [n, bins]."""
    size = 2 * NEIGHBOURS + 1
    padded = np.pad(levels, ((0, 0), (NEIGHBOURS + 1, NEIGHBOURS)), mode="reflect")
    total = np.cumsum(padded, axis=1)
    around: Floats = (total[:, size:] - total[:, :-size]) / size
    return around


def _lacks_its_own(magnitudes: Floats, pitches: Floats) -> Flags:
    """[n] whether the pitch is only the fundamental that the notes of a chord share."""
    pitch = np.nanmedian(np.where(np.isfinite(pitches), pitches, 0.0), axis=1)
    numbers = np.arange(1, NUM_HARMONICS + 1)
    places = np.round(pitch[:, None] * numbers * WINDOW / SAMPLE_RATE_HZ).astype(int)
    is_inside = places < magnitudes.shape[1] - 1
    places = np.clip(places, 1, magnitudes.shape[1] - 2)
    rows = np.arange(len(pitch))[:, None]
    heights = np.max([magnitudes[rows, places + side] for side in (-1, 0, 1)], axis=0)
    levels = 20 * np.log10(np.where(is_inside, heights, 0.0) + 1e-12)
    levels -= levels.max(axis=1, keepdims=True)
    levels = np.maximum(levels, FLOOR_DB)
    primes = np.array(PRIMES) - 1
    neighbours = (levels[:, primes - 1] + levels[:, primes + 1]) / 2
    holes = (levels[:, primes] - neighbours).mean(axis=1)
    lacking: Flags = (levels[:, 0] < ABSENT_DB) & (holes < HOLE_DB)
    return lacking
