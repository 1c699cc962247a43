"""Our network of DDSP Inference: measured parameters, corrected.

It sees the levels that `musegen.midi_ddsp.inference.features` measures, a few frames
back and ahead, and adds to the measured logits what the measuring gets wrong. It begins
as the measurement itself. Nothing is normalised over time, so a recording may be worked
through in pieces.
"""

from __future__ import annotations

import keras

from musegen.midi_ddsp.dilated_taps import dilated_blocks
from musegen.midi_ddsp.inference.config import NUM_LOGITS, CorrectionNetworkConfig
from musegen.midi_ddsp.inference.features import NUM_FEATURES


def build_correction_network(config: CorrectionNetworkConfig) -> keras.Model:
    """Build the network with fresh weights.

    Inputs: `features` [B, T, NUM_FEATURES], `measured` [B, T, 126]. Output: `logits`
    [B, T, 126]. T is free.
    """
    features = keras.Input((None, NUM_FEATURES), name="features")
    measured = keras.Input((None, NUM_LOGITS), name="measured", dtype="float32")
    x = keras.layers.Dense(config.channels, name="embed")(features)
    x = dilated_blocks(
        x,
        channels=config.channels,
        hidden_channels=config.hidden_channels,
        dilations=config.dilations,
    )
    correction = keras.layers.Dense(
        NUM_LOGITS, kernel_initializer="zeros", dtype="float32", name="correction"
    )(x)
    logits = keras.layers.Add(name="logits", dtype="float32")([measured, correction])
    return keras.Model([features, measured], logits, name="correction")
