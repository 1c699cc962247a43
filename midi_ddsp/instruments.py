"""The instruments that MIDI-DDSP plays: names, ids, programs and ranges.

For everything that must know an instrument by name, by the keys of the URMP recordings
or by a MIDI program. Not for sound: voices are models, samples are `player`'s business.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from musegen.data.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One solo instrument; pitches are MIDI note numbers as they sound.

    Args:
        name: English, lower case, as users write it.
        family: `strings`, `woodwind` or `brass`.
        urmp_key: Key in the file names of the URMP recordings.
        urmp_id: Its number in the published model, 0 to 12; None for those that the
            published model does not play.
        gm_program: General MIDI program, from 0.
        lowest_pitch: Lowest note of the instrument.
        highest_pitch: Highest note that players are commonly asked for.
        comfortable_lowest_pitch: From here on every note speaks easily.
        comfortable_highest_pitch: Up to here every note speaks easily.

    Source:
        Keys, ids and programs: Wu et al., ICLR 2022, and its released code. Ranges:
        common orchestration practice, sounding pitch.
    """

    name: str
    family: str
    urmp_key: str
    urmp_id: int | None
    gm_program: int
    lowest_pitch: int
    highest_pitch: int
    comfortable_lowest_pitch: int
    comfortable_highest_pitch: int


def _instrument(
    name: str,
    family: str,
    urmp: tuple[str, int | None],
    gm_program: int,
    pitches: tuple[int, int, int, int],
) -> Instrument:
    """One row of the table; pitches are lowest, comfortable from, to, highest."""
    return Instrument(
        name=name,
        family=family,
        urmp_key=urmp[0],
        urmp_id=urmp[1],
        gm_program=gm_program,
        lowest_pitch=pitches[0],
        comfortable_lowest_pitch=pitches[1],
        comfortable_highest_pitch=pitches[2],
        highest_pitch=pitches[3],
    )


INSTRUMENTS: tuple[Instrument, ...] = (
    _instrument("violin", "strings", ("vn", 0), 40, (55, 55, 91, 103)),
    _instrument("viola", "strings", ("va", 1), 41, (48, 48, 81, 91)),
    _instrument("cello", "strings", ("vc", 2), 42, (36, 36, 69, 81)),
    _instrument("double bass", "strings", ("db", 3), 43, (28, 28, 52, 67)),
    _instrument("flute", "woodwind", ("fl", 4), 73, (59, 62, 91, 98)),
    _instrument("oboe", "woodwind", ("ob", 5), 68, (58, 60, 84, 93)),
    _instrument("clarinet", "woodwind", ("cl", 6), 71, (50, 50, 84, 94)),
    _instrument("tenor saxophone", "woodwind", ("sax", 7), 66, (44, 46, 73, 80)),
    _instrument("bassoon", "woodwind", ("bn", 8), 70, (34, 36, 65, 75)),
    _instrument("trumpet", "brass", ("tpt", 9), 56, (52, 55, 79, 86)),
    _instrument("horn", "brass", ("hn", 10), 60, (34, 43, 72, 77)),
    _instrument("trombone", "brass", ("tbn", 11), 57, (34, 40, 67, 74)),
    _instrument("tuba", "brass", ("tba", 12), 58, (26, 29, 55, 65)),
    _instrument("soprano saxophone", "woodwind", ("sax", None), 64, (56, 58, 85, 92)),
    _instrument("alto saxophone", "woodwind", ("sax", None), 65, (49, 51, 78, 85)),
    _instrument("baritone saxophone", "woodwind", ("sax", None), 67, (36, 39, 66, 73)),
)
"""The instruments of the published model in the order of its ids, then the others."""

_BY_NAME = {instrument.name: instrument for instrument in INSTRUMENTS}
_ALIASES = {
    "saxophone": "tenor saxophone",
    "tenor sax": "tenor saxophone",
    "alto sax": "alto saxophone",
    "soprano sax": "soprano saxophone",
    "baritone sax": "baritone saxophone",
    "contrabass": "double bass",
    "violoncello": "cello",
    "french horn": "horn",
    **{
        instrument.urmp_key: instrument.name
        for instrument in INSTRUMENTS
        if instrument.urmp_id is not None
    },
}


def instrument_named(
    name: str, *, listed: Sequence[Instrument] = INSTRUMENTS
) -> Instrument:
    """Return the instrument of a name, a common other name, or an URMP key.

    Args:
        name: Case, and `_` or `-` for a space, do not matter: `Alto-Sax`, `vn`.
        listed: Those that can be chosen here, for the message.

    Raises:
        UsageError: There is no such instrument; the message lists them all.

    >>> instrument_named("french_horn").gm_program
    60
    """
    key = " ".join(name.lower().replace("_", " ").replace("-", " ").split())
    key = _ALIASES.get(key, key)
    if key in _BY_NAME:
        return _BY_NAME[key]
    names = [instrument.name for instrument in listed]
    others = [alias for alias, full in _ALIASES.items() if full in names]
    near = difflib.get_close_matches(key, [*names, *others], n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise UsageError(
        f'there is no instrument "{name}".{hint} Choose one of: {", ".join(names)}'
    )


def instrument_of_program(gm_program: int) -> Instrument | None:
    """Return the instrument of a General MIDI program, from 0; None if none is."""
    for instrument in INSTRUMENTS:
        if instrument.gm_program == gm_program:
            return instrument
    return None
