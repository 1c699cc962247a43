"""Recorded notes made straight: no vibrato, no drift, no swing of level, known phase.

A note of a sound font carries the pitch and level of the day it was recorded. Here they
are measured, the note's pitch being known, and taken out, so that the player can put in
its own: the level by gain, the pitch by reading the note at the speed that the phase of
its fundamental asks for. Not for tracking unknown audio (`musegen.midi_ddsp.analysis`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.parameters import midi_to_hz
from musegen.midi_ddsp.player.sampler import SAMPLER_RATE_HZ

FloatArray = NDArray[np.float64]

OVERSAMPLING = 4
FLAT_RMS = 0.1

_GRID_SAMPLES = 32  # 1500 Hz: room for a partial's band up to a pitch of 1500 Hz
_GRID_RATE_HZ = SAMPLER_RATE_HZ / _GRID_SAMPLES
_BAND_SHARE = (0.3, 0.48)  # of the pitch: passed; and stopped beyond
_MOST_PARTIALS = 8
_PARTIALS_UNTIL_HZ = 6000.0
_SLOW_PHASE_S = 0.3
_WORTH_LOCKING = 0.01  # of the strongest partial
_PHASE_SMOOTHING_S = 0.015
_LEVEL_PERIODS = 3.0
_LEVEL_SMOOTHING_S = 0.025
_MOST_GAIN_DB = 15.0
_RELIABLE_SHARE = 0.15
_HALF_BAND_SHARE = (0.15, 0.25)  # of the pitch, around odd multiples of half of it
_HEARD_HALF_SHARE = 0.1  # of the power: the octave below is heard
_GONE_HALF_SHARE = 0.04
_HALF_UNTIL_S = 0.3
_HALF_SMOOTHING_S = 0.015
_TRANSIENT_PERIODS = 4.0  # what is shorter is a noise of the attack, of no pitch
_TRANSIENT_S = 0.02
_TOP_BAND = (0.45, 0.49)  # of the output rate: passed; and stopped beyond
_SILENCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class StraightNote:
    """A recorded note of even level, to be read at any speed.

    Args:
        samples: [N], float32, RMS `FLAT_RMS`, `OVERSAMPLING` times the output rate.
        rate_hz: Samples a second of `samples`.
        cycles: [G], the phase of the fundamental in cycles, ascending; 0 where its
            cosine peaks, as are all whole numbers.
        times_s: [G], where in `samples` each of them is.
        speech_s: When the recorded attack has built up the fundamental, and no longer
            sounds an octave below, as some saxophones do for a tenth of a second.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    cycles: FloatArray
    times_s: FloatArray
    speech_s: float

    def read(self, cycles: FloatArray) -> NDArray[np.float32]:
        """Return the note's samples at the times when its phase is what is wanted.

        Args:
            cycles: [n], phase of the fundamental wanted at each output sample.

        Returns:
            [n], float32, by cubic interpolation.
        """
        position = np.interp(cycles, self.cycles, self.times_s) * self.rate_hz
        np.clip(position, 1.0, len(self.samples) - 3.0, out=position)
        first = position.astype(np.int64)
        x = (position - first).astype(np.float32)
        before, here = self.samples[first - 1], self.samples[first]
        after, beyond = self.samples[first + 1], self.samples[first + 2]
        third = 3.0 * (here - after) + beyond - before
        second = 2.0 * before - 5.0 * here + 4.0 * after - beyond
        curve: NDArray[np.float32] = here + 0.5 * x * (
            after - before + x * (second + x * third)
        )
        return curve


def straighten(
    recorded: NDArray[np.float32], pitch: int, *, sample_rate: int
) -> StraightNote:
    """Take a note's own wavering of pitch and level out of it.

    Args:
        recorded: [N], the note at `SAMPLER_RATE_HZ`, N a multiple of 96.
        pitch: MIDI note number that it sounds.
        sample_rate: Output rate in Hz that it will be read at.

    Raises:
        FileFormatError: The note is silent.
    """
    spectrum = np.fft.rfft(recorded.astype(np.float64))
    nominal_hz = float(midi_to_hz(pitch))
    partials = np.stack(
        [
            _partial(spectrum, len(recorded), nominal_hz, number, band=_BAND_SHARE)
            for number in range(1, _num_partials(nominal_hz) + 1)
        ]
    )
    strength = np.abs(partials[0])
    typical = float(np.median(strength))
    if typical < _SILENCE:
        raise FileFormatError(f"the sound font has no tone for note {pitch}")
    speech = _speech_index(strength > _RELIABLE_SHARE * typical)
    times_s = np.arange(len(strength)) / _GRID_RATE_HZ
    deviation = _deviation_cycles(partials, speech)
    halves = _power_of_halves(spectrum, len(recorded), nominal_hz)
    shortest_s = max(_TRANSIENT_S, _TRANSIENT_PERIODS / nominal_hz)
    speech = _past_octave_below(partials, halves, speech, shortest_s=shortest_s)
    _lock_partials(spectrum, partials, deviation, nominal_hz)
    locked = np.fft.irfft(spectrum, len(recorded))
    rate_hz = OVERSAMPLING * sample_rate
    even = locked * _flattening_gain(locked, nominal_hz)
    return StraightNote(
        samples=_oversampled(np.fft.rfft(even), len(recorded), sample_rate),
        rate_hz=rate_hz,
        cycles=nominal_hz * times_s + deviation,
        times_s=times_s,
        speech_s=float(times_s[speech]),
    )


def _partial(
    spectrum: NDArray[np.complex128],
    num_samples: int,
    nominal_hz: float,
    number: float,
    *,
    band: tuple[float, float],
) -> NDArray[np.complex128]:
    """Return [G]: one harmonic alone, moved down by its nominal frequency.

    `band` is how far from it, as shares of the pitch, all is passed and all stopped.
    """
    hz = np.arange(len(spectrum)) * (SAMPLER_RATE_HZ / num_samples)
    distance = np.abs(hz / nominal_hz - number)
    inner, outer = band
    slope = np.clip((outer - distance) / (outer - inner), 0.0, 1.0)
    passed = np.flatnonzero(slope)
    weights = 0.5 - 0.5 * np.cos(np.pi * slope[passed])
    num_grid = num_samples // _GRID_SAMPLES
    centre = round(number * nominal_hz * num_samples / SAMPLER_RATE_HZ)
    bins = np.zeros(num_grid, np.complex128)
    np.add.at(bins, (passed - centre) % num_grid, spectrum[passed] * weights)
    moved = np.fft.ifft(bins) * (2.0 * num_grid / num_samples)
    rest_hz = centre * SAMPLER_RATE_HZ / num_samples - number * nominal_hz
    turn = np.exp(2j * np.pi * rest_hz * np.arange(num_grid) / _GRID_RATE_HZ)
    shifted: NDArray[np.complex128] = moved * turn
    return shifted


def _num_partials(nominal_hz: float) -> int:
    return int(np.clip(_PARTIALS_UNTIL_HZ // nominal_hz, 1, _MOST_PARTIALS))


def _speech_index(is_strong: NDArray[np.bool_]) -> int:
    """Return where the fundamental is there for good: strong for 20 ms on end."""
    run = round(0.02 * _GRID_RATE_HZ)
    counts = np.convolve(is_strong, np.ones(run), mode="valid")
    full = np.flatnonzero(counts >= run)
    return int(full[0]) if len(full) else 0


def _power_of_halves(
    spectrum: NDArray[np.complex128], num_samples: int, nominal_hz: float
) -> FloatArray:
    """Return [G]: power at odd multiples of half the pitch."""
    power = np.zeros(num_samples // _GRID_SAMPLES)
    for number in range(1, _num_partials(nominal_hz) + 1):
        half = _partial(
            spectrum, num_samples, nominal_hz, number - 0.5, band=_HALF_BAND_SHARE
        )
        power += np.square(np.abs(half))
    return power


def _past_octave_below(
    partials: NDArray[np.complex128],
    halves: FloatArray,
    speech: int,
    *,
    shortest_s: float,
) -> int:
    """Return where, at `speech` or soon after, the octave below has died away.

    A reed may speak an octave too low before it finds its pitch. What lasts for less
    than `shortest_s` is let be.
    """
    width = _HALF_SMOOTHING_S * _GRID_RATE_HZ
    whole = smoothed(np.square(np.abs(partials)).sum(axis=0), width)
    half = smoothed(halves, width)
    until = speech + round(_HALF_UNTIL_S * _GRID_RATE_HZ)
    share = half[speech:until] / (half + whole + _SILENCE**2)[speech:until]
    heard = np.flatnonzero(share > _HEARD_HALF_SHARE)
    if not len(heard) or heard[-1] < shortest_s * _GRID_RATE_HZ:
        return speech
    return speech + int(np.flatnonzero(share > _GONE_HALF_SHARE)[-1]) + 1


def _deviation_cycles(partials: NDArray[np.complex128], speech: int) -> FloatArray:
    """Return [G]: phase beside the nominal one, of partials [P, G], in cycles.

    The partials' pitches are averaged, each by how well it tells: power times the
    square of its number; their sum is shifted to the phase of the fundamental.
    """
    numbers = np.arange(1, len(partials) + 1)[:, None]
    turns = np.angle(partials[:, 1:] * np.conj(partials[:, :-1])) / (2.0 * np.pi)
    power = np.square(np.abs(partials))
    weights = numbers**2 * np.minimum(power[:, 1:], power[:, :-1]) + 1e-30
    steps = (weights * turns / numbers).sum(axis=0) / weights.sum(axis=0)
    settled = steps[speech : speech + round(0.05 * _GRID_RATE_HZ)]
    steps[:speech] = np.median(settled)
    low, middle, high = np.quantile(steps, (0.02, 0.5, 0.98))
    steps = np.clip(steps, 2.5 * low - 1.5 * middle, 2.5 * high - 1.5 * middle)
    steps = smoothed(steps, _PHASE_SMOOTHING_S * _GRID_RATE_HZ)
    deviation = np.concatenate([[0.0], np.cumsum(steps)])
    error = np.angle(partials[0] * np.exp(-2j * np.pi * deviation))
    middle = np.angle(np.mean(np.exp(1j * error[speech:])))
    aligned: FloatArray = deviation + middle / (2.0 * np.pi)
    return aligned


def _lock_partials(
    spectrum: NDArray[np.complex128],
    partials: NDArray[np.complex128],
    deviation: FloatArray,
    nominal_hz: float,
) -> None:
    """Take out of each partial the fast phase that it does not share with the others.

    A vibrato that was recorded moves the partials across the body's resonances, which
    turn the phase of each in its own way. The spectrum is changed in place.
    """
    strengths = np.median(np.abs(partials), axis=1)
    num_grid = partials.shape[1]
    for number, partial in enumerate(partials, start=1):
        if strengths[number - 1] < _WORTH_LOCKING * strengths.max():
            continue
        shared = np.exp(-2j * np.pi * number * deviation)
        own = np.unwrap(np.angle(partial * shared))
        fast = own - smoothed(own, _SLOW_PHASE_S * _GRID_RATE_HZ)
        change = 0.5 * _GRID_SAMPLES * partial * (np.exp(-1j * fast) - 1.0)
        _add_band(spectrum, change, number * nominal_hz * num_grid / _GRID_RATE_HZ)


def _add_band(
    spectrum: NDArray[np.complex128], band: NDArray[np.complex128], centre: float
) -> None:
    """Add a slow signal [G] to a spectrum in place, moved up by `centre` bins."""
    num_grid = len(band)
    whole = round(centre)
    rest = np.exp(2j * np.pi * (centre - whole) * np.arange(num_grid) / num_grid)
    places = whole + np.fft.fftfreq(num_grid, 1.0 / num_grid).astype(np.int64)
    is_inside = (places > 0) & (places < len(spectrum))
    spectrum[places[is_inside]] += np.fft.fft(band * rest)[is_inside]


def _flattening_gain(recorded: FloatArray, nominal_hz: float) -> FloatArray:
    """Return [N]: what brings the note to an even `FLAT_RMS`, within limits."""
    power = np.square(recorded).reshape(-1, _GRID_SAMPLES)
    window_s = max(_LEVEL_SMOOTHING_S, _LEVEL_PERIODS / nominal_hz)
    level = np.sqrt(smoothed(power.mean(axis=1), window_s * _GRID_RATE_HZ))
    typical = float(np.median(level))
    most = 10.0 ** (_MOST_GAIN_DB / 20.0)
    gain = typical / np.maximum(level, typical / most)
    places = np.arange(len(gain)) * _GRID_SAMPLES + 0.5 * _GRID_SAMPLES
    wanted: FloatArray = np.interp(np.arange(len(recorded)), places, gain)
    return wanted * (FLAT_RMS / typical)


def smoothed(values: FloatArray, width: float) -> FloatArray:
    """Return a curve [n] under a Hann window of `width` steps; the ends see less."""
    half = max(1, round(width / 2.0))
    window = np.hanning(2 * half + 3)[1:-1]
    if len(values) < len(window):
        window = np.ones(1)
    mass = np.convolve(np.ones(len(values)), window, mode="same")
    curve: FloatArray = np.convolve(values, window, mode="same") / mass
    return curve


def _oversampled(
    spectrum: NDArray[np.complex128], num_samples: int, sample_rate: int
) -> NDArray[np.float32]:
    """Return the signal cut at the output's band and sampled `OVERSAMPLING` times."""
    hz = np.arange(len(spectrum)) * (SAMPLER_RATE_HZ / num_samples)
    inner, outer = (share * sample_rate for share in _TOP_BAND)
    slope = np.clip((outer - hz) / (outer - inner), 0.0, 1.0)
    num_out = num_samples * OVERSAMPLING * sample_rate // SAMPLER_RATE_HZ
    wanted = np.zeros(num_out // 2 + 1, np.complex128)
    kept = min(len(wanted), len(spectrum))
    wanted[:kept] = (spectrum * (0.5 - 0.5 * np.cos(np.pi * slope)))[:kept]
    signal = np.fft.irfft(wanted, num_out) * (num_out / num_samples)
    return signal.astype(np.float32)
