"""What sets the instruments apart in playing: vibrato, colour, noise, attack.

Numbers of our own choosing, by ear and by common knowledge of the instruments; no
measurement stands behind them. Not for drawing a performance (`performer`).
"""

from __future__ import annotations

from dataclasses import dataclass

from musegen.midi_ddsp.instruments import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """How an instrument answers to its player.

    Args:
        vibrato_share: Factor on the pitch swing that a style asks for.
        tremolo_share: Factor on the swing of level that goes with it.
        brightening: Change of spectral tilt per dB of level, (dB/octave)/dB.
        attack_share: Factor on the attack time that a style asks for.
        noise_low_hz: Lower corner of the bow or breath noise.
        noise_high_hz: Its upper corner.
        noise_offset_db: Added to the noise level that a style asks for.
    """

    vibrato_share: float
    tremolo_share: float
    brightening: float
    attack_share: float
    noise_low_hz: float
    noise_high_hz: float
    noise_offset_db: float


_STRINGS = Character(
    vibrato_share=1.0,
    tremolo_share=0.8,
    brightening=0.12,
    attack_share=1.3,
    noise_low_hz=1200.0,
    noise_high_hz=6500.0,
    noise_offset_db=0.0,
)
_LOW_STRINGS = Character(
    vibrato_share=0.85,
    tremolo_share=0.7,
    brightening=0.12,
    attack_share=1.5,
    noise_low_hz=500.0,
    noise_high_hz=3500.0,
    noise_offset_db=0.0,
)
_FLUTE = Character(
    vibrato_share=0.7,
    tremolo_share=1.6,
    brightening=0.16,
    attack_share=0.9,
    noise_low_hz=900.0,
    noise_high_hz=5500.0,
    noise_offset_db=4.0,
)
_REED = Character(
    vibrato_share=0.7,
    tremolo_share=1.0,
    brightening=0.14,
    attack_share=0.7,
    noise_low_hz=1800.0,
    noise_high_hz=6500.0,
    noise_offset_db=-4.0,
)
_CLARINET = Character(
    vibrato_share=0.35,
    tremolo_share=0.5,
    brightening=0.2,
    attack_share=0.8,
    noise_low_hz=1500.0,
    noise_high_hz=6000.0,
    noise_offset_db=-3.0,
)
_SAXOPHONE = Character(
    vibrato_share=1.0,
    tremolo_share=1.0,
    brightening=0.18,
    attack_share=0.6,
    noise_low_hz=1200.0,
    noise_high_hz=6000.0,
    noise_offset_db=0.0,
)
_BRASS = Character(
    vibrato_share=0.5,
    tremolo_share=0.8,
    brightening=0.25,
    attack_share=0.6,
    noise_low_hz=600.0,
    noise_high_hz=4000.0,
    noise_offset_db=-6.0,
)
_BY_NAME = {
    "cello": _LOW_STRINGS,
    "double bass": _LOW_STRINGS,
    "flute": _FLUTE,
    "clarinet": _CLARINET,
}
_BY_FAMILY = {"strings": _STRINGS, "woodwind": _REED, "brass": _BRASS}


def character_of(instrument: Instrument) -> Character:
    """Return how an instrument answers to its player."""
    if instrument.name.endswith("saxophone"):
        return _SAXOPHONE
    return _BY_NAME.get(instrument.name, _BY_FAMILY[instrument.family])
