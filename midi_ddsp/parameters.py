"""Synthesis parameters: what the synthesizer plays, 250 times a second.

The third of the model's levels, between note expression and audio. All values are
linear and ready to sound; a network's raw outputs become them by `from_logits`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.midi_ddsp.dsp.distribution import harmonic_distribution
from musegen.midi_ddsp.dsp.nonlinearity import NOISE_BIAS, exp_sigmoid

SAMPLE_RATE_HZ = 16000
FRAME_RATE_HZ = 250.0
HOP_SAMPLES = int(SAMPLE_RATE_HZ / FRAME_RATE_HZ)
NUM_HARMONICS = 60
NUM_NOISE_BANDS = 65

A4_HZ = 440.0
A4_PITCH = 69.0
SEMITONES_AN_OCTAVE = 12.0

MAX_SUM_ERROR = 1e-3  # of a row of harmonics, from 1: room for float16 files
SCHEMA_VERSION = 1
METADATA_KEY = b"musegen.synthesis_parameters"
_REMEDY = "make the file anew from the recording or the score"


def hz_to_midi(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Return continuous MIDI pitch: 69 + 12 log2(f / 440), and 0 for f <= 0.

    Args:
        frequency_hz: Any shape, Hz.
    """
    frequency = np.asarray(frequency_hz, dtype=np.float64)
    is_sounding = frequency > 0.0
    safe = np.where(is_sounding, frequency, A4_HZ)
    pitch = A4_PITCH + SEMITONES_AN_OCTAVE * np.log2(safe / A4_HZ)
    return np.where(is_sounding, pitch, 0.0)


def midi_to_hz(pitch: ArrayLike) -> NDArray[np.float64]:
    """Return the frequency in Hz of continuous MIDI pitches; exactly 0 gives 0 Hz.

    Args:
        pitch: Any shape, semitones; 69 is 440 Hz, 0 stands for a rest.
    """
    semitones = np.asarray(pitch, dtype=np.float64)
    octaves = (semitones - A4_PITCH) / SEMITONES_AN_OCTAVE
    return np.where(semitones == 0.0, 0.0, A4_HZ * np.exp2(octaves))


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisParameters:
    """What the synthesizer plays: T frames, frame t at t / frame_rate_hz seconds.

    Anything that NumPy makes an array of is taken and kept as float32.

    Args:
        f0_hz: [T], Hz, at least 0; 0 where nothing has a pitch.
        amplitude: [T], at least 0, linear: the sum of the harmonics' amplitudes.
        harmonics: [T, K], at least 0: shares of the harmonics 1 to K of f0; a row
            sums to 1, or is all 0.
        noise: [T, M], at least 0, linear: magnitudes of M bands evenly spaced from
            0 Hz to half of `sample_rate`; M is at least 2.
        sample_rate: Samples a second; harmonics and noise are meant up to its half.
        frame_rate_hz: Frames a second.

    Raises:
        InputError: A shape, a value or a rate is not as said above; a ValueError.
    """

    f0_hz: NDArray[np.float32]
    amplitude: NDArray[np.float32]
    harmonics: NDArray[np.float32]
    noise: NDArray[np.float32]
    sample_rate: int = SAMPLE_RATE_HZ
    frame_rate_hz: float = FRAME_RATE_HZ

    def __post_init__(self) -> None:
        for name, num_axes in _AXES.items():
            value = _checked_array(name, getattr(self, name), num_axes)
            object.__setattr__(self, name, value)
        _check_lengths(self)
        _check_rates(self)
        _check_sums(self.harmonics)

    @property
    def num_frames(self) -> int:
        """T."""
        return len(self.f0_hz)

    @property
    def num_harmonics(self) -> int:
        """K."""
        return int(self.harmonics.shape[1])

    @property
    def num_noise_bands(self) -> int:
        """M."""
        return int(self.noise.shape[1])

    @property
    def duration_s(self) -> float:
        """Seconds that the frames cover."""
        return self.num_frames / self.frame_rate_hz

    def frames(self, first: int, last: int) -> SynthesisParameters:
        """Return the frames from `first` to before `last`, by the rules of slices."""
        chosen = slice(first, last)
        return SynthesisParameters(
            f0_hz=self.f0_hz[chosen],
            amplitude=self.amplitude[chosen],
            harmonics=self.harmonics[chosen],
            noise=self.noise[chosen],
            sample_rate=self.sample_rate,
            frame_rate_hz=self.frame_rate_hz,
        )

    def save(self, path: Path | str) -> None:
        """Write a Parquet file: a row a frame, the rates in its metadata.

        Raises:
            MissingPackageError: pyarrow is not installed.
            OSError: The file cannot be written.
        """
        from musegen.data.preparation.records import import_pyarrow

        arrow = import_pyarrow()
        metadata = {
            "schema_version": SCHEMA_VERSION,
            "sample_rate": self.sample_rate,
            "frame_rate_hz": self.frame_rate_hz,
        }
        text = json.dumps(metadata, sort_keys=True).encode()
        columns = {name: _column(arrow, getattr(self, name)) for name in _AXES}
        table = arrow.table(columns).replace_schema_metadata({METADATA_KEY: text})
        arrow.parquet.write_table(table, str(path))

    @classmethod
    def load(cls, path: Path | str) -> SynthesisParameters:
        """Read what `save` wrote.

        Raises:
            FileFormatError: It is no such file, damaged, or of a later version.
            MissingPackageError: pyarrow is not installed.
            OSError: The file cannot be read.
        """
        from musegen.data.preparation.records import import_pyarrow

        arrow = import_pyarrow()
        try:
            table = arrow.parquet.read_table(str(path), partitioning=None)
        except arrow.ArrowException as error:
            raise FileFormatError(
                f"{path} does not hold synthesis parameters: it is no Parquet file, or "
                f"it is damaged; {_REMEDY}"
            ) from error
        try:
            described = read_description(
                (table.schema.metadata or {}).get(METADATA_KEY)
            )
            missing = [name for name in _AXES if name not in table.column_names]
            if missing:
                raise FileFormatError(f"the column {missing[0]} is missing")
            return cls(
                **{name: _array(table.column(name)) for name in _AXES},
                sample_rate=described["sample_rate"],
                frame_rate_hz=described["frame_rate_hz"],
            )
        except (arrow.ArrowException, ValueError, TypeError) as error:
            raise FileFormatError(
                f"{path} does not hold synthesis parameters ({error}); {_REMEDY}"
            ) from error


def read_description(stored: bytes | None) -> dict[str, Any]:
    """Return what a parameter file says of itself: its rates, and what else it names.

    Args:
        stored: The JSON under `METADATA_KEY` in the file's metadata, None if there is
            none.

    Raises:
        FileFormatError: There is none, or it does not give the rates, or it is of a
            later version. The message does not name the file.
    """
    if stored is None:
        raise FileFormatError(
            "it is a Parquet file, but not one of parameters that musegen wrote"
        )
    try:
        described = json.loads(stored)
    except ValueError as error:
        raise FileFormatError("its metadata is no JSON") from error
    if not isinstance(described, dict):
        raise FileFormatError("its metadata is no JSON object")
    if described.get("schema_version") != SCHEMA_VERSION:
        raise FileFormatError("another version of musegen wrote it")
    for name in ("sample_rate", "frame_rate_hz"):
        value = described.get(name)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise FileFormatError(f"its metadata gives no {name}")
    return described


def from_logits(
    f0_hz: ArrayLike,
    amplitude_logits: ArrayLike,
    harmonic_logits: ArrayLike,
    noise_logits: ArrayLike,
    *,
    sample_rate: int = SAMPLE_RATE_HZ,
    frame_rate_hz: float = FRAME_RATE_HZ,
) -> SynthesisParameters:
    """Return the parameters that a network's raw outputs mean.

    Args:
        f0_hz: [T] or [T, 1], Hz.
        amplitude_logits: [T] or [T, 1], any number.
        harmonic_logits: [T, K], any number; harmonics at or above half the sample rate
            are removed and the others scaled to a sum of 1.
        noise_logits: [T, M], any number, before the bias of -5.
        sample_rate: Samples a second.
        frame_rate_hz: Frames a second.

    Raises:
        InputError: Shapes that do not fit, or values that are NaN.

    Source:
        Engel et al., "DDSP", ICLR 2020; Wu et al., "MIDI-DDSP", ICLR 2022.
    """
    frequency = np.asarray(f0_hz, np.float32).reshape(-1)
    return SynthesisParameters(
        f0_hz=frequency,
        amplitude=exp_sigmoid(amplitude_logits).reshape(-1),
        harmonics=harmonic_distribution(
            harmonic_logits, frequency, sample_rate=sample_rate
        ),
        noise=exp_sigmoid(np.asarray(noise_logits, np.float64) + NOISE_BIAS),
        sample_rate=sample_rate,
        frame_rate_hz=frame_rate_hz,
    )


_AXES = {"f0_hz": 1, "amplitude": 1, "harmonics": 2, "noise": 2}


def _checked_array(name: str, value: ArrayLike, num_axes: int) -> NDArray[np.float32]:
    array = np.ascontiguousarray(value, dtype=np.float32)
    if array.ndim != num_axes:
        wanted = "[frames]" if num_axes == 1 else "[frames, bands]"
        raise InputError(
            f"The synthesis parameter {name} must have the shape {wanted}; it has "
            f"{list(array.shape)}."
        )
    is_wrong = ~(np.isfinite(array) & (array >= 0.0))
    if is_wrong.any():
        where = np.unravel_index(int(np.argmax(is_wrong)), array.shape)
        raise InputError(
            f"The synthesis parameter {name} must be finite and at least 0; it is "
            f"{array[where]} at frame {where[0]}."
        )
    return array


def _check_lengths(parameters: SynthesisParameters) -> None:
    lengths = {name: len(getattr(parameters, name)) for name in _AXES}
    if len(set(lengths.values())) != 1:
        raise InputError(
            f"Synthesis parameters must have one number of frames; got {lengths}."
        )
    if parameters.num_harmonics < 1 or parameters.num_noise_bands < 2:
        raise InputError(
            "Synthesis parameters need at least 1 harmonic and 2 noise bands; got "
            f"{parameters.num_harmonics} and {parameters.num_noise_bands}."
        )


def _check_rates(parameters: SynthesisParameters) -> None:
    sample_rate, frame_rate_hz = parameters.sample_rate, parameters.frame_rate_hz
    if not (sample_rate >= 1 and sample_rate == int(sample_rate)):
        raise InputError(f"The sample rate must be a whole number; got {sample_rate}.")
    if not 0.0 < frame_rate_hz <= sample_rate:
        raise InputError(
            f"The frame rate must be above 0 Hz and at most {sample_rate} Hz; got "
            f"{frame_rate_hz}."
        )


def _check_sums(harmonics: NDArray[np.float32]) -> None:
    sums = harmonics.sum(axis=1, dtype=np.float64)
    is_wrong = (np.abs(sums - 1.0) > MAX_SUM_ERROR) & (sums != 0.0)
    if is_wrong.any():
        frame = int(np.argmax(is_wrong))
        raise InputError(
            "The harmonics of a frame must sum to 1, or all be 0; at frame "
            f"{frame} they sum to {sums[frame]:.6g}: divide them by their sum and "
            "multiply the amplitude by it."
        )


def _column(arrow: Any, array: NDArray[np.float32]) -> Any:
    flat = arrow.array(array.reshape(-1))
    if array.ndim == 1:
        return flat
    return arrow.FixedSizeListArray.from_arrays(flat, array.shape[1])


def _array(column: Any) -> NDArray[np.float32]:
    whole = column.combine_chunks()
    if not hasattr(whole.type, "list_size"):
        return np.asarray(whole.to_numpy(zero_copy_only=False), np.float32)
    flat = np.asarray(whole.flatten().to_numpy(zero_copy_only=False), np.float32)
    return flat.reshape(-1, whole.type.list_size)
