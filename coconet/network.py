"""From a config to a Keras model; every architecture has these inputs and outputs.

`pitch` (batch, time, voice) int32, index above MIDI 36 or -1 for silence; `is_hidden`
(batch, time, voice) float32, 1 = to be predicted; the planes that the config names
(`musegen.coconet.planes`), int32; `logits` (batch, time, voice, class) float32; and,
where the config asks for it, `onset_odds` (batch, time, voice) float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from musegen.coconet.config import BeatNetworkConfig, NetworkConfig

if TYPE_CHECKING:
    import keras


def build_network(config: NetworkConfig) -> keras.Model:
    """Build the network that a config describes, with fresh weights."""
    if isinstance(config, BeatNetworkConfig):
        from musegen.coconet.beat_network import build_beat_network

        return build_beat_network(config)
    from musegen.coconet.paper_network import build_paper_network

    return build_paper_network(config)
