"""What a network of DDSP Inference is given: arrays made of a recording by NumPy.

Every architecture names its inputs in its config; here each is made. All of them stand
at 250 frames a second and can be made for any stretch of a recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.nonlinearity import (
    EXPONENT,
    MAX_VALUE,
    NOISE_BIAS,
    THRESHOLD,
)
from musegen.midi_ddsp.inference.config import (
    LOUDNESS_SCALE_DB,
    NUM_LOGITS,
    CompatNetworkConfig,
    NetworkConfig,
)
from musegen.midi_ddsp.inference.measuring import (
    HARMONIC_WINDOWS,
    LOG_FLOOR,
    Floats,
    Measurement,
    combined_harmonics,
    measure,
)
from musegen.midi_ddsp.parameters import (
    HOP_SAMPLES,
    NUM_HARMONICS,
    NUM_NOISE_BANDS,
    hz_to_midi,
)

NUM_FEATURES = len(HARMONIC_WINDOWS) * NUM_HARMONICS + 2 * NUM_NOISE_BANDS + 3
_LOUDEST_LOG_SIGMOID = -1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some frames of a recording, with the sound around them.

    Args:
        audio: [N], 16 kHz, from the recording's first sample.
        f0_hz: [T], of the whole recording; 0 where there is no pitch.
        loudness_db: [T], of the whole recording.
        instrument_id: Slot of the instrument.
        first_frame: First of the frames that are asked for.
        num_frames: How many.
    """

    audio: Floats
    f0_hz: Floats
    loudness_db: Floats
    instrument_id: int
    first_frame: int
    num_frames: int

    @property
    def frames(self) -> slice:
        """The frames that are asked for."""
        return slice(self.first_frame, self.first_frame + self.num_frames)


def network_inputs(config: NetworkConfig, stretch: Stretch) -> dict[str, NDArray[Any]]:
    """Return the inputs of a network for one stretch, without a batch axis.

    Args:
        config: Names the inputs.
        stretch: Of a recording.

    Returns:
        By name: `features` [T, NUM_FEATURES], `measured` [T, 126] logits, `log_mel`
        [T, 64], `pitch` and `loudness` [T, 1], all float32; `instrument` [1] int32.
    """
    if "features" in config.inputs:
        return _measured_inputs(stretch)
    return {name: _SIMPLE_INPUTS[name](config, stretch) for name in config.inputs}


def _measured_inputs(stretch: Stretch) -> dict[str, NDArray[Any]]:
    f0_hz = np.asarray(stretch.f0_hz[stretch.frames], dtype=np.float32)
    measurement = measure(stretch.audio, f0_hz, first_frame=stretch.first_frame)
    return {
        "features": features_of(measurement, f0_hz),
        "measured": measured_logits(measurement, f0_hz),
    }


def features_of(measurement: Measurement, f0_hz: Floats) -> Floats:
    """Return the levels relative to the frame's own, about in [-2, 2].

    Args:
        measurement: Of T frames.
        f0_hz: [T].

    Returns:
        [T, NUM_FEATURES]: harmonics by window, noise, short bands, level, pitch, and
        whether there is one. Louder sound changes the level only.
    """
    num_frames = len(f0_hz)
    levels = np.concatenate(
        [
            measurement.harmonics.reshape(num_frames, -1),
            measurement.noise,
            measurement.bands,
        ],
        axis=1,
    )
    relative = np.clip((levels - measurement.level[:, None] + 5.0) / 3.0, -2.5, 2.5)
    is_voiced = f0_hz > 0
    octaves = np.log2(np.where(is_voiced, f0_hz, 440.0) / 440.0) / 2.0
    frame = [(measurement.level + 6.0) / 4.0, octaves, is_voiced]
    features: Floats = np.concatenate(
        [relative, np.stack(frame, axis=1)], axis=1, dtype=np.float32
    )
    return features


def measured_logits(measurement: Measurement, f0_hz: Floats) -> Floats:
    """Return the synthesis parameters as measured, in the form of a network's output.

    Args:
        measurement: Of T frames.
        f0_hz: [T].

    Returns:
        [T, 126]: logits of the amplitude, the 60 harmonics and the 65 noise bands.
    """
    levels = combined_harmonics(measurement, f0_hz)
    values = np.exp(levels) * measurement.is_active
    total = values.sum(axis=1, keepdims=True)
    log_total = np.log(np.maximum(total, np.exp(LOG_FLOOR)))
    logits = np.empty((len(f0_hz), NUM_LOGITS), dtype=np.float32)
    logits[:, :1] = _logits_of(log_total)
    logits[:, 1 : 1 + NUM_HARMONICS] = _logits_of(levels - log_total)
    logits[:, 1 + NUM_HARMONICS :] = _logits_of(measurement.noise) - NOISE_BIAS
    return logits


def _logits_of(log_values: Floats) -> Floats:
    """Invert the exp-sigmoid; takes and gives any shape, natural logarithms."""
    value = np.maximum(np.exp(log_values) - THRESHOLD, 0.01 * THRESHOLD)
    log_sigmoid = np.log(value / MAX_VALUE) / EXPONENT
    log_sigmoid = np.minimum(log_sigmoid, _LOUDEST_LOG_SIGMOID)
    logits = log_sigmoid - np.log(-np.expm1(log_sigmoid))
    return np.asarray(logits, dtype=np.float32)


def _pitch(config: NetworkConfig, stretch: Stretch) -> NDArray[Any]:
    del config
    midi = hz_to_midi(stretch.f0_hz[stretch.frames])
    return np.asarray(midi / 127.0, dtype=np.float32)[:, None]


def _loudness(config: NetworkConfig, stretch: Stretch) -> NDArray[Any]:
    definition = getattr(config, "loudness_definition", "new")
    loudness_db = stretch.loudness_db[stretch.frames]
    scaled = loudness_db / LOUDNESS_SCALE_DB[definition]
    return np.asarray(scaled, dtype=np.float32)[:, None]


def _instrument(config: NetworkConfig, stretch: Stretch) -> NDArray[Any]:
    del config
    return np.array([stretch.instrument_id], dtype=np.int32)


def _log_mel(config: NetworkConfig, stretch: Stretch) -> NDArray[Any]:
    from musegen.midi_ddsp.dsp.mel import log_mel

    del config
    # An STFT frame reaches forward from its instant by two hops.
    start = stretch.first_frame * HOP_SAMPLES
    stop = start + (stretch.num_frames + 1) * HOP_SAMPLES
    audio = np.zeros(stop - start, dtype=np.float32)
    inside = stretch.audio[start:stop]
    audio[: len(inside)] = inside
    return np.asarray(log_mel(audio)[: stretch.num_frames], dtype=np.float32)


_SIMPLE_INPUTS: dict[str, Callable[[NetworkConfig, Stretch], NDArray[Any]]] = {
    "log_mel": _log_mel,
    "pitch": _pitch,
    "loudness": _loudness,
    "instrument": _instrument,
}


def needs_old_loudness(config: NetworkConfig) -> bool:
    """Return whether a network wants loudness by the definition of the old library."""
    return (
        isinstance(config, CompatNetworkConfig) and config.loudness_definition == "old"
    )
