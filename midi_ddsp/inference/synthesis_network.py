"""A network of DDSP Inference with the synthesizer behind it, for training.

What is trained is heard: the loss compares sound, so the parameters need no labels.
"""

from __future__ import annotations

from typing import Any

import keras

from musegen.engine.keras_predictor import input_names
from musegen.midi_ddsp.dsp.layers import (
    Reverb,
    SynthesisControls,
    Synthesizer,
    multi_scale_spectral_loss,
)
from musegen.midi_ddsp.parameters import HOP_SAMPLES, NUM_HARMONICS


@keras.saving.register_keras_serializable(package="musegen")
class MultiScaleSpectralLoss(keras.losses.Loss):
    """The multi-scale spectral loss of each clip, logarithms clamped at 1e-5."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss [B] of audio [B, N] against the recording [B, N]."""
        return multi_scale_spectral_loss(y_true, y_pred)


def build_training_network(
    network: keras.Model,
    *,
    crop_frames: int,
    num_reverbs: int = 0,
    seed: int | None = None,
) -> keras.Model:
    """Build the network that hears itself.

    Args:
        network: From its inputs to `logits` [B, T, 126]; its weights are shared.
        crop_frames: T of every batch.
        num_reverbs: Slots of learned rooms by instrument; 0 for dry recordings. Needs
            a network with an input `instrument`.
        seed: Of the noise.

    Returns:
        A model from the network's inputs and `f0_hz` [B, T, 1] to audio [B, 64 T].
    """
    inputs = {
        name: keras.Input(
            [size or crop_frames for size in tensor.shape[1:]],
            name=name,
            dtype=tensor.dtype,
        )
        for name, tensor in _named_inputs(network).items()
    }
    f0_hz = keras.Input((crop_frames, 1), name="f0_hz")
    logits = network([inputs[name] for name in _named_inputs(network)])
    controls = SynthesisControls(name="controls")(
        f0_hz,
        logits[..., :1],
        logits[..., 1 : 1 + NUM_HARMONICS],
        logits[..., 1 + NUM_HARMONICS :],
    )
    audio = Synthesizer(seed=seed, name="synthesizer")(f0_hz, *controls)
    audio = keras.layers.Reshape((crop_frames * HOP_SAMPLES,), name="audio")(audio)
    if num_reverbs:
        room = inputs["instrument"][:, 0]
        audio = Reverb(num_reverbs, name="reverb")(audio, room)
    return keras.Model({**inputs, "f0_hz": f0_hz}, audio, name="training")


def _named_inputs(network: keras.Model) -> dict[str, Any]:
    return dict(zip(input_names(network), network.inputs, strict=True))
