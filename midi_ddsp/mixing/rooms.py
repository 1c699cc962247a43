"""Rooms to play in: synthetic stereo impulse responses, and those of a WAV file.

Ours are made from a fixed seed, so they are the same everywhere and at every sample
rate (a lower rate has the same room without what lies above its band). Reverberation
itself is `musegen.midi_ddsp.dsp.convolution`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.engine.seeds import generator
from musegen.midi_ddsp.dsp.transforms import fast_size

NO_ROOM = "none"
OUR_LICENCE = "CC0-1.0, made by musegen from a formula and a seed"
LEVEL_BAND_HZ = (200.0, 4000.0)  # where the mean power gain of a room is 1

_SEED = 1685
_MIN_SPECTRUM = 4096
_MAX_RATIO = 1.2  # of RT60: how long a response lasts; what is left is faded out
_FADE_SHARE = 0.1  # of the response, at its end
_ONSET_S = 0.012  # in which the diffuse sound sets in
_EARLY_S = 0.16
_EARLY_CORNER_HZ = 5000.0  # walls reflect less above it
_TILT_CORNER_HZ = 1500.0  # above it the diffuse sound begins softer
_TILT_EXPONENT = 0.5  # of the power gain, 1 / (1 + (f / corner)^2): 3 dB an octave
_BAND_CENTRES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Room:
    """What a room adds to a click, left and right.

    Args:
        name: As the user names it.
        taps: [n, 2] float32; the first is the click itself and counts as 0, since the
            dry sound is added apart. Between 200 Hz and 4 kHz the power of both
            channels together is, in the mean, that of the dry sound.
        sample_rate: In Hz.
        licence: Licence and source, in words.

    Raises:
        InputError: Not two rows of finite numbers.
    """

    name: str
    taps: NDArray[np.float32]
    sample_rate: int
    licence: str

    def __post_init__(self) -> None:
        taps = np.array(self.taps, dtype=np.float32)
        if taps.ndim != 2 or taps.shape[1] != 2 or not np.isfinite(taps).all():
            raise InputError(
                "The impulse response of a room must be finite numbers, two to a "
                f"sample; got an array of the shape {list(taps.shape)}."
            )
        taps[:1] = 0.0
        object.__setattr__(self, "taps", taps)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.taps) / self.sample_rate

    def mono(self) -> NDArray[np.float32]:
        """Return one channel of it, [n], as strong as both together."""
        total = self.taps.sum(axis=1, dtype=np.float64)
        power = _band_power(total[None], self.sample_rate)
        both = _band_power(self.taps.T.astype(np.float64), self.sample_rate)
        scale = math.sqrt(both / power) if power > 0.0 else 1.0
        return np.asarray(total * scale, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """What a synthetic room is like. All figures are our own choice.

    Args:
        name: As the user names it.
        description: In a few words, for lists.
        rt60_s: Time in which sound falls by 60 dB, 500 to 1000 Hz.
        predelay_s: When the diffuse sound begins.
        reflections: Early reflections: delay in s, gain left, gain right, relative to
            the first.
        early_share: Of the power that early reflections have.
        low_ratio: RT60 at 125 Hz over that at mid frequencies.
        high_ratio: RT60 at 8 kHz over that at mid frequencies.
    """

    name: str
    description: str
    rt60_s: float
    predelay_s: float
    reflections: tuple[tuple[float, float, float], ...]
    early_share: float
    low_ratio: float
    high_ratio: float


ROOM_PLANS: tuple[RoomPlan, ...] = (
    RoomPlan(
        name="chamber",
        description="a panelled room for twenty people, RT60 0.5 s",
        rt60_s=0.5,
        predelay_s=0.006,
        reflections=(
            (0.0043, 1.0, 0.55),
            (0.0061, 0.5, 0.95),
            (0.0088, 0.75, 0.4),
            (0.0117, 0.35, 0.7),
            (0.0163, 0.5, 0.45),
        ),
        early_share=0.3,
        low_ratio=1.1,
        high_ratio=0.6,
    ),
    RoomPlan(
        name="hall",
        description="a concert hall, RT60 1.6 s",
        rt60_s=1.6,
        predelay_s=0.022,
        reflections=(
            (0.0151, 0.9, 0.4),
            (0.0193, 0.4, 0.9),
            (0.0277, 0.65, 0.45),
            (0.0341, 0.35, 0.6),
            (0.0462, 0.5, 0.35),
            (0.0589, 0.3, 0.45),
        ),
        early_share=0.15,
        low_ratio=1.15,
        high_ratio=0.5,
    ),
    RoomPlan(
        name="church",
        description="a stone church, RT60 3.5 s",
        rt60_s=3.5,
        predelay_s=0.035,
        reflections=(
            (0.0237, 0.8, 0.45),
            (0.0314, 0.4, 0.8),
            (0.0473, 0.6, 0.4),
            (0.0668, 0.35, 0.55),
            (0.0911, 0.45, 0.3),
        ),
        early_share=0.08,
        low_ratio=1.2,
        high_ratio=0.35,
    ),
)
"""`chamber` (RT60 0.5 s), `hall` (1.6 s) and `church` (3.5 s)."""

ROOM_NAMES: tuple[str, ...] = (*(plan.name for plan in ROOM_PLANS), NO_ROOM)
"""What `room_named` knows beside files; for help and completion."""


def room_named(text: str, sample_rate: int) -> Room | None:
    """Return a room by its name, or from a sound file.

    Args:
        text: One of `ROOM_NAMES`, or the path of a file; what looks like a path (it has
            a separator or an extension, or is there) is taken as one.
        sample_rate: In Hz.

    Returns:
        The room; None for `none`.

    Raises:
        UsageError: The name is not known.
        InputError: There is no such file, or it cannot serve as a room.
        FileFormatError: It is no sound file.
    """
    name = text.strip().lower()
    if name == NO_ROOM:
        return None
    for plan in ROOM_PLANS:
        if plan.name == name:
            return make_room(plan, sample_rate)
    from musegen.midi_ddsp.mixing.room_files import looks_like_a_path, read_room

    if looks_like_a_path(text):
        return read_room(text, sample_rate)
    choices = ", ".join(ROOM_NAMES)
    raise UsageError(
        f"no room is named {text!r}: choose from {choices}, or give a WAV file"
    )


def make_room(plan: RoomPlan, sample_rate: int) -> Room:
    """Return a synthetic room at a sample rate; always the same.

    Diffuse sound is noise in octave bands, each with a decay of its own, independent
    left and right; before it come a few reflections.
    """
    num_taps = round(plan.rt60_s * _MAX_RATIO * sample_rate)
    num_taps += num_taps % 2
    early = _scaled(_early(plan, sample_rate), sample_rate)[:, :num_taps]
    taps = _scaled(_diffuse(plan, num_taps, sample_rate), sample_rate)
    taps *= math.sqrt(1.0 - plan.early_share)
    taps[:, : early.shape[1]] += early * math.sqrt(plan.early_share)
    return Room(
        name=plan.name,
        taps=level_taps(taps.T, sample_rate),
        sample_rate=sample_rate,
        licence=OUR_LICENCE,
    )


def level_taps(taps: NDArray[np.float64], sample_rate: int) -> NDArray[np.float32]:
    """Return taps [n, 2] so scaled that their mean power gain is 1.

    Measured from 200 Hz to 4 kHz, both channels together, without the first tap: so a
    room is as strong at every sample rate. Silence stays silence.
    """
    rows = np.array(taps.T, order="C")
    rows[:, :1] = 0.0
    return _scaled(rows, sample_rate).T.astype(np.float32)


def _scaled(taps: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Return taps [channels, n] whose power gain is 1."""
    found = _band_power(taps, sample_rate)
    return taps / math.sqrt(found) if found > 0.0 else taps


def _band_power(taps: NDArray[np.float64], sample_rate: int) -> float:
    """Return the mean of the power gain of [channels, n] over the band, summed."""
    size = max(fast_size(taps.shape[1]), _MIN_SPECTRUM)
    spectrum = np.fft.rfft(taps, n=size)
    frequencies = np.arange(spectrum.shape[1]) * (sample_rate / size)
    lowest, highest = LEVEL_BAND_HZ
    is_in_band = (frequencies >= lowest) & (frequencies <= highest)
    if not is_in_band.any():
        return 0.0
    return float((np.abs(spectrum[:, is_in_band]) ** 2).sum(axis=0).mean())


def _diffuse(plan: RoomPlan, num_taps: int, sample_rate: int) -> NDArray[np.float64]:
    """Return noise that decays, each octave at its own pace, [2, num_taps]."""
    frequencies = np.arange(num_taps // 2 + 1) * (sample_rate / num_taps)
    tilt = 1.0 + (frequencies / _TILT_CORNER_HZ) ** 2
    weights = _band_weights(np.asarray(frequencies, np.float64))
    weights *= tilt ** (-_TILT_EXPONENT / 2)
    time_s = np.arange(num_taps) / sample_rate
    since_s = time_s - plan.predelay_s
    spectra = np.stack([_noise(plan, side, len(frequencies)) for side in range(2)])
    taps = np.zeros((2, num_taps))
    for weight, rt60_s in zip(weights, _decay_times(plan), strict=True):
        if not weight.any():
            continue
        band = np.fft.irfft(spectra * weight, n=num_taps, axis=-1)
        taps += band * np.exp(-math.log(1000.0) / rt60_s * since_s)
    onset = np.clip(since_s / _ONSET_S, 0.0, 1.0)
    end_s = num_taps / sample_rate
    fade = np.clip((end_s - time_s) / (_FADE_SHARE * end_s), 0.0, 1.0)
    return np.asarray(taps * onset * np.sin(0.5 * math.pi * fade) ** 2)


def _noise(plan: RoomPlan, side: int, num_bins: int) -> NDArray[np.complex128]:
    """Return white noise as a spectrum; at a lower rate the same, cut off."""
    numbers = generator(_SEED, plan.name, side).standard_normal((num_bins, 2))
    return np.asarray(numbers[:, 0] + 1j * numbers[:, 1], np.complex128)


def _band_weights(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return [num_bands, num_bins]: raised cosines over octaves that sum to 1."""
    centres = np.log2(_BAND_CENTRES_HZ)
    octaves = np.log2(np.maximum(frequencies, 1.0))
    octaves = np.clip(octaves, centres[0], centres[-1])
    distance = np.minimum(np.abs(octaves - centres[:, None]), 1.0)
    weights = 0.5 + 0.5 * np.cos(np.pi * distance)
    weights[:, 0] = 0.0  # no constant
    return np.asarray(weights)


def _decay_times(plan: RoomPlan) -> NDArray[np.float64]:
    """Return RT60 of each band: level up to 125 Hz, falling from 1 kHz on."""
    octaves = np.log2(_BAND_CENTRES_HZ)
    known = np.log2([125.0, 500.0, 1000.0, 8000.0, 16000.0])
    ratios = [plan.low_ratio, 1.0, 1.0, plan.high_ratio, plan.high_ratio * 0.7]
    return np.asarray(plan.rt60_s * np.interp(octaves, known, ratios))


def _early(plan: RoomPlan, sample_rate: int) -> NDArray[np.float64]:
    """Return the reflections, [2, n], between samples where they fall there."""
    num_taps = round(_EARLY_S * sample_rate)
    num_taps += num_taps % 2
    frequencies = np.arange(num_taps // 2 + 1) * (sample_rate / num_taps)
    walls = np.exp(-0.5 * (frequencies / _EARLY_CORNER_HZ) ** 2)
    delays, left, right = np.array(plan.reflections).T
    turns = np.exp(-2j * np.pi * delays[:, None] * frequencies)
    sides = np.stack([left @ turns, right @ turns]) * walls
    return np.asarray(np.fft.irfft(sides, n=num_taps))
