"""The multi-scale spectral loss as Keras functions, for training.

Equal to `musegen.midi_ddsp.dsp.spectra.multi_scale_spectral_loss`, which measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

from musegen.midi_ddsp.dsp.spectra import FFT_SIZES, HOPS_A_FRAME, LogConvention
from musegen.midi_ddsp.dsp.spectral_layers import magnitude, safe_log, stft_power


def multi_scale_spectral_loss(
    target: Any,
    audio: Any,
    *,
    fft_sizes: Sequence[int] = FFT_SIZES,
    convention: LogConvention = "clamped",
) -> Any:
    """Return the loss of each clip: the sum of `spectral_loss_parts`.

    Args:
        target: Tensor [B, N].
        audio: Tensor [B, N].
        fft_sizes: Multiples of 4.
        convention: Of the logarithm, see `musegen.midi_ddsp.dsp.spectra.safe_log`.

    Returns:
        Tensor [B]; its mean is the loss of the batch.
    """
    parts = spectral_loss_parts(
        target, audio, fft_sizes=fft_sizes, convention=convention
    )
    return ops.sum(parts, axis=(1, 2))


def spectral_loss_parts(
    target: Any,
    audio: Any,
    *,
    fft_sizes: Sequence[int] = FFT_SIZES,
    convention: LogConvention = "clamped",
) -> Any:
    """Return the distances of each clip at each resolution.

    Args:
        target: Tensor [B, N], N known when the graph is built.
        audio: Tensor [B, N].
        fft_sizes: S sizes, multiples of 4.
        convention: Of the logarithm, see `musegen.midi_ddsp.dsp.spectra.safe_log`.

    Returns:
        Tensor [B, S, 2]: mean |S - S'| and mean |log S - log S'|.

    Source:
        Engel et al., "DDSP", ICLR 2020; Wu et al., "MIDI-DDSP", ICLR 2022.
    """
    parts = [_distances(target, audio, size, convention) for size in fft_sizes]
    return ops.stack(parts, axis=1)


def _distances(
    target: Any, audio: Any, fft_size: int, convention: LogConvention
) -> Any:
    wanted, found = (
        magnitude(
            stft_power(
                signal, frame_samples=fft_size, hop_samples=fft_size // HOPS_A_FRAME
            )
        )
        for signal in (target, audio)
    )
    apart = ops.abs(wanted - found)
    logs_apart = ops.abs(
        safe_log(wanted, convention=convention) - safe_log(found, convention=convention)
    )
    means = [ops.mean(part, axis=(1, 2)) for part in (apart, logs_apart)]
    return ops.stack(means, axis=-1)
