"""What the discriminator of the original is told of the pitch."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from musegen.midi_ddsp.original.synthesis_generator import MIDI_SCALE
from musegen.midi_ddsp.parameters import A4_HZ, A4_PITCH, SEMITONES_AN_OCTAVE


def pitch_term(f0_hz: Any, *, compat: bool) -> Any:
    """Return what it is told of the pitch, of the shape of `f0_hz`.

    Where there is no pitch it is 0. By default the MIDI pitch over 127, as elsewhere in
    the model. With `compat` the pitch of a 127th of the frequency, in semitones: the
    released program has a parenthesis in the wrong place.

    Args:
        f0_hz: Tensor, Hz.
        compat: Whether to do as the released program does.
    """
    divisor = float(MIDI_SCALE) if compat else 1.0
    is_sounding = f0_hz > 0.0
    safe = ops.where(is_sounding, f0_hz, divisor * A4_HZ)
    octaves = ops.log(safe * (1.0 / (divisor * A4_HZ))) / float(np.log(2.0))
    pitch = A4_PITCH + SEMITONES_AN_OCTAVE * octaves
    scaled = pitch if compat else pitch * (1.0 / float(MIDI_SCALE))
    return ops.where(is_sounding, scaled, ops.zeros_like(scaled))


@keras.saving.register_keras_serializable(package="musegen")
class PitchTerm(keras.layers.Layer):
    """What the discriminator is told of f0 [B, T, 1], see `pitch_term`.

    Args:
        compat: Whether to do as the released program does.
        **kwargs: Of Keras.
    """

    def __init__(self, *, compat: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.compat = compat

    def call(self, f0_hz: Any) -> Any:
        """Return the term, of the shape of the input."""
        return pitch_term(f0_hz, compat=self.compat)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of."""
        return {**super().get_config(), "compat": self.compat}
