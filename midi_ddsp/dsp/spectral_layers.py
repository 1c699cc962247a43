"""Short-time magnitude spectra as Keras functions, equal to those of `spectra`.

What the loss and the features share: framing without padding ahead of the signal, and
magnitudes whose gradient is finite at silence.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from musegen.midi_ddsp.dsp.spectra import SAFE_LOG_FLOOR, LogConvention, periodic_hann

# Of squared magnitudes: the gradient of the root stays finite. Far below any sound.
_POWER_FLOOR = 1e-36
_SILENT_MAGNITUDE = 2e-18


def frame_audio(
    audio: Any, *, frame_samples: int, hop_samples: int, lead_samples: int = 0
) -> Any:
    """Cut signals into overlapping frames; zeros stand for what lies outside.

    Args:
        audio: Tensor [B, N], N known when the graph is built.
        frame_samples: Length of a frame, a multiple of the hop.
        hop_samples: From one frame to the next.
        lead_samples: How long before sample `hop * t` frame t begins.

    Returns:
        Tensor [B, ceil(N / hop), frame_samples].
    """
    num_samples = audio.shape[1]
    num_frames = -(-num_samples // hop_samples)
    hops_a_frame = frame_samples // hop_samples
    num_blocks = num_frames + hops_a_frame - 1
    behind = num_blocks * hop_samples - num_samples - lead_samples
    if behind < 0:
        audio, behind = audio[:, :behind], 0
    padded = ops.pad(audio, [[0, 0], [lead_samples, behind]])
    blocks = ops.reshape(padded, (-1, num_blocks, hop_samples))
    parts = [blocks[:, part : part + num_frames] for part in range(hops_a_frame)]
    return ops.concatenate(parts, axis=-1)


def stft_power(
    audio: Any,
    *,
    frame_samples: int,
    hop_samples: int,
    fft_size: int | None = None,
    lead_samples: int = 0,
) -> Any:
    """Return squared short-time magnitudes under a periodic Hann window.

    Args:
        audio: Tensor [B, N].
        frame_samples: Length of a frame, a multiple of the hop.
        hop_samples: From one frame to the next.
        fft_size: At least the length of a frame, which it is where None.
        lead_samples: As of `frame_audio`.

    Returns:
        Tensor [B, ceil(N / hop), fft_size / 2 + 1].
    """
    frames = frame_audio(
        audio,
        frame_samples=frame_samples,
        hop_samples=hop_samples,
        lead_samples=lead_samples,
    )
    real, imaginary = ops.rfft(
        frames * periodic_hann(frame_samples), fft_length=fft_size
    )
    return ops.square(real) + ops.square(imaginary)


def magnitude(power: Any) -> Any:
    """The root of squared magnitudes of any shape, with a gradient of 0 at silence."""
    return ops.sqrt(ops.maximum(power, _POWER_FLOOR))


def safe_log(magnitudes: Any, *, convention: LogConvention = "clamped") -> Any:
    """Return the natural logarithm of magnitudes of any shape, as `spectra.safe_log`.

    Values that the floor replaces have no gradient. With `positive` the gradient of
    tiny values has no bound: a loss to compare by, hardly one to train on.
    """
    if convention == "clamped":
        return ops.log(ops.maximum(magnitudes, SAFE_LOG_FLOOR))
    is_positive = magnitudes > _SILENT_MAGNITUDE
    return ops.log(ops.where(is_positive, magnitudes, SAFE_LOG_FLOOR))
