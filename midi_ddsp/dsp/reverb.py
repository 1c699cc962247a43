"""The room: impulse responses, their fade, and reverb of a whole recording.

Streams are reverberated by `musegen.midi_ddsp.dsp.convolution`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import InputError
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ

FADE_START_S = 1.0
FADE_EXPONENT = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpulseResponse:
    """What a room adds to a click.

    Args:
        taps: [R], linear, float32; the first is the click itself and counts as 0, since
            the dry sound is added apart.
        sample_rate: Samples a second.

    Raises:
        InputError: Not a row of finite numbers; a ValueError.
    """

    taps: NDArray[np.float32]
    sample_rate: int = SAMPLE_RATE_HZ

    def __post_init__(self) -> None:
        taps = np.array(self.taps, dtype=np.float32)
        if taps.ndim != 1 or not np.isfinite(taps).all():
            raise InputError(
                "An impulse response must be one row of finite numbers; got an array "
                f"of the shape {list(taps.shape)}."
            )
        taps[:1] = 0.0
        object.__setattr__(self, "taps", taps)

    def faded(self) -> ImpulseResponse:
        """Return it with the fade that the original applies at inference."""
        fade = inference_fade(len(self.taps), sample_rate=self.sample_rate)
        return ImpulseResponse(taps=self.taps * fade, sample_rate=self.sample_rate)

    def at_rate(self, sample_rate: int) -> ImpulseResponse:
        """Return the same room at another sample rate.

        The band that both rates have is kept exactly; above it there is nothing.
        """
        if sample_rate == self.sample_rate or not len(self.taps):
            return ImpulseResponse(taps=self.taps, sample_rate=sample_rate)
        divisor = gcd(sample_rate, self.sample_rate)
        up, down = sample_rate // divisor, self.sample_rate // divisor
        # As much silence behind: what rings before time 0 wraps round into it.
        num_periods = -(-2 * len(self.taps) // down)
        spectrum = np.fft.rfft(self.taps.astype(np.float64), n=num_periods * down)
        resampled = np.fft.irfft(spectrum, n=num_periods * up)
        num_taps = -(-len(self.taps) * up // down)
        # As a filter it is summed over more samples: neither gain nor loss.
        taps = resampled[:num_taps].astype(np.float32)
        return ImpulseResponse(taps=taps, sample_rate=sample_rate)


def inference_fade(
    num_taps: int, *, sample_rate: int = SAMPLE_RATE_HZ
) -> NDArray[np.float32]:
    """Return the fade of an impulse response: 1 for a second, then exp(-4 x).

    Args:
        num_taps: R.
        sample_rate: Samples a second.

    Returns:
        [R]: x goes from 0 to 1 over the taps after the first second.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, the released program: only at inference.
    """
    start = min(round(FADE_START_S * sample_rate), num_taps)
    falling = np.exp(-FADE_EXPONENT * np.linspace(0.0, 1.0, num_taps - start))
    return np.concatenate([np.ones(start), falling]).astype(np.float32)


def reverberate(
    dry: ArrayLike,
    taps: ArrayLike,
    *,
    gain: float = 1.0,
    with_tail: bool = False,
) -> NDArray[np.float32]:
    """Return the dry sound plus its reverb, without any delay.

    Args:
        dry: [N].
        taps: [R], at the same sample rate; the first counts as 0.
        gain: Of the reverb.
        with_tail: Whether the sound goes on until the room is silent.

    Returns:
        [N], or [N + R - 1] with the tail.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022.
    """
    signal = np.asarray(dry, dtype=np.float64)
    room = np.array(taps, dtype=np.float64)
    room[:1] = 0.0
    num_full = max(len(signal) + len(room) - 1, 0)
    if not len(signal) or not len(room):
        return signal.astype(np.float32)
    size = 1 << (num_full - 1).bit_length()
    spectrum = np.fft.rfft(signal, n=size) * np.fft.rfft(room, n=size)
    wet = np.fft.irfft(spectrum, n=size)[:num_full] * gain
    wet[: len(signal)] += signal
    return wet[: num_full if with_tail else len(signal)].astype(np.float32)
