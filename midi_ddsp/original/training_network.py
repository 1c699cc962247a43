"""The Synthesis Generator with the synthesizer behind it and its losses, for training.

What is trained is heard: the timbre is compared with the recording by sound, the pitch
by its classes, and a discriminator may judge the raw parameters.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and its program.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from musegen.midi_ddsp.adversarial.config import DiscriminatorConfig
from musegen.midi_ddsp.adversarial.discriminator import build_discriminator
from musegen.midi_ddsp.adversarial.losses import AdversarialLosses
from musegen.midi_ddsp.dsp.layers import (
    Reverb,
    SynthesisControls,
    Synthesizer,
    multi_scale_spectral_loss,
)
from musegen.midi_ddsp.original.judged_pitch import PitchTerm
from musegen.midi_ddsp.original.keras_synthesis_generator import (
    NUM_LOGITS,
    build_synthesis_network,
    condition_size,
)
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.synthesis_generator import NUM_CONDITIONS
from musegen.midi_ddsp.original.training_config import SynthesisTrainingConfig
from musegen.midi_ddsp.parameters import HOP_SAMPLES, NUM_HARMONICS

SUPERVISED_TERMS = ("cross_entropy", "spectral")


def build_training_network(
    config: SynthesisTrainingConfig, *, reverbs: Array | None = None
) -> tuple[keras.Model, keras.Model]:
    """Build the network to be trained, and the one that is trained inside.

    Args:
        config: The run.
        reverbs: [slots, taps], the room of each instrument, unfaded; it does not
            learn. None for dry recordings.

    Returns:
        The Synthesis Generator; and a model from the arrays of
        `training_batches.clip_batch` (with a discriminator also `judged` [B], the
        weight of its judgement) to losses [B] by name: `cross_entropy`, `spectral`,
        and with a discriminator `discriminator` and `adversarial`.
    """
    network = build_synthesis_network(config.network)
    inputs = _inputs(config)
    made = network([inputs[name] for name in ("frames", "instrument", "bins", "pitch")])
    audio = _rendered(made["timbre_logits"], inputs, reverbs)
    outputs = {
        "cross_entropy": CrossEntropy(name="cross_entropy")(
            inputs["bins"], made["pitch_logits"], inputs["counted"]
        ),
        "spectral": SpectralDistance(name="spectral")(inputs["audio"], audio),
    }
    if config.is_adversarial:
        outputs |= _judged(config, inputs, made)
    return network, keras.Model(inputs, outputs, name="training")


def _inputs(config: SynthesisTrainingConfig) -> dict[str, Any]:
    frames = config.clip_frames
    samples = frames * HOP_SAMPLES
    inputs = {
        "frames": keras.Input((frames, NUM_CONDITIONS), name="frames"),
        "instrument": keras.Input((1,), name="instrument", dtype="int32"),
        "bins": keras.Input((frames,), name="bins", dtype="int32"),
        "pitch": keras.Input((frames, 1), name="pitch"),
        "f0_hz": keras.Input((frames, 1), name="f0_hz"),
        "counted": keras.Input((frames,), name="counted"),
        "audio": keras.Input((samples,), name="audio"),
        "noise": keras.Input((samples,), name="noise"),
    }
    if config.is_adversarial:
        inputs["heard_logits"] = keras.Input((frames, NUM_LOGITS), name="heard_logits")
        inputs["judged"] = keras.Input((), name="judged")
    return inputs


def _rendered(logits: Any, inputs: dict[str, Any], reverbs: Array | None) -> Any:
    """What the timbre sounds like with the recording's pitch, [B, 64 T]."""
    f0_hz = inputs["f0_hz"]
    controls = SynthesisControls(name="controls")(
        f0_hz,
        logits[..., :1],
        logits[..., 1 : 1 + NUM_HARMONICS],
        logits[..., 1 + NUM_HARMONICS :],
    )
    audio = Synthesizer(name="synthesizer")(f0_hz, *controls, inputs["noise"])
    audio = keras.layers.Reshape(inputs["noise"].shape[1:], name="dry")(audio)
    if reverbs is None:
        return audio
    slots, num_taps = reverbs.shape
    room = Reverb(slots, num_taps=num_taps, trainable=False, name="reverb")
    room.build()
    room.taps.assign(np.asarray(reverbs, np.float32))
    return room(audio, inputs["instrument"][:, 0])


def _judged(
    config: SynthesisTrainingConfig, inputs: dict[str, Any], made: dict[str, Any]
) -> dict[str, Any]:
    judge = build_discriminator(
        DiscriminatorConfig(
            num_conditions=condition_size(config.network),
            units=config.discriminator_units,
            num_scales=config.discriminator_scales,
            num_blocks=config.discriminator_blocks,
        )
    )
    pitch = PitchTerm(compat=config.compat, name="pitch_term")(inputs["f0_hz"])
    heard, fake = (
        keras.layers.Concatenate(name=name)([pitch, logits])
        for name, logits in (
            ("heard_parameters", inputs["heard_logits"]),
            ("made_parameters", made["timbre_logits"]),
        )
    )
    losses = AdversarialLosses(judge, name="judgement")
    discriminator, adversarial, features = losses(made["condition"], heard, fake)
    return {
        "discriminator": discriminator,
        "adversarial": (adversarial + features) * inputs["judged"],
    }


@keras.saving.register_keras_serializable(package="musegen")
class CrossEntropy(keras.layers.Layer):
    """The mean cross entropy of each example over the frames that count.

    Input: classes [B, T], logits [B, T, C], weights [B, T]. Output: [B].
    """

    def call(self, classes: Any, logits: Any, counted: Any) -> Any:
        """Return the loss of each example."""
        losses = keras.losses.sparse_categorical_crossentropy(
            classes, logits, from_logits=True
        )
        total = ops.maximum(ops.sum(counted, axis=-1), 1.0)
        return ops.sum(losses * counted, axis=-1) / total


@keras.saving.register_keras_serializable(package="musegen")
class SpectralDistance(keras.layers.Layer):
    """The multi-scale spectral loss of audio [B, N] against recordings [B, N]: [B]."""

    def call(self, target: Any, audio: Any) -> Any:
        """Return the loss of each example."""
        return multi_scale_spectral_loss(target, audio)
