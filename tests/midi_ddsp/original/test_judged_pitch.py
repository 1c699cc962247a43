"""What the discriminator of the original is told of the pitch."""

from __future__ import annotations

import keras
import numpy as np

from musegen.midi_ddsp.original.judged_pitch import pitch_term


def test_the_pitch_is_scaled_or_as_the_released_program_has_it() -> None:
    f0_hz = np.array([0.0, 440.0, 880.0], np.float32)
    ours = keras.ops.convert_to_numpy(pitch_term(f0_hz, compat=False))
    np.testing.assert_allclose(ours, [0, 69 / 127, 81 / 127], rtol=1e-5)
    theirs = keras.ops.convert_to_numpy(pitch_term(f0_hz, compat=True))
    shift = 12 * np.log2(127)  # 83.9 semitones
    np.testing.assert_allclose(theirs, [0, 69 - shift, 81 - shift], rtol=1e-4)
