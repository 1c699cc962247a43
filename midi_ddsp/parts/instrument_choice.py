"""Who plays what: General MIDI programs to the nearest of our instruments, and wishes.

For planning parts. The table of programs is in `general_midi`, the instruments in
`musegen.midi_ddsp.instruments`; what happens to notes that the chosen instrument does
not have is a matter of `ranges`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from musegen.data.errors import UsageError, VoiceNotFoundError
from musegen.data.part_labels import part_label
from musegen.data.score import Part, Score
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.parts.general_midi import players_of

SKIP = "skip"

# A semitone out of the comfortable range counts as much as this share of one out of the
# instrument's range altogether. Our own choice.
_DISCOMFORT = 0.1


def available_players(
    program: int, *, available: Sequence[Instrument] = INSTRUMENTS
) -> tuple[Instrument, ...]:
    """Return the instruments that may play a General MIDI program, the likest first.

    Args:
        program: 0 to 127.
        available: Those that there are voices for, at least one. Where none of those
            that the program is meant for is among them, their families stand in, and
            after these everyone.

    Returns:
        Some of `available`; none for programs that have no pitch or are sound effects.
    """
    meant = [instrument_named(name) for name in players_of(program)]
    if not meant:
        return ()
    families = {instrument.family for instrument in meant}
    present = tuple(instrument for instrument in meant if instrument in available)
    relatives = tuple(item for item in available if item.family in families)
    return present or relatives or tuple(available)


def fittest(players: Sequence[Instrument], pitches: Sequence[int]) -> Instrument:
    """Return the instrument whose range fits some pitches best.

    Args:
        players: At least one; the first of those that fit equally well is taken.
        pitches: MIDI note numbers, in any order.
    """
    if len(players) == 1:
        return players[0]
    return min(players, key=lambda player: discomfort(player, pitches))


def discomfort(player: Instrument, pitches: Sequence[int]) -> float:
    """Return how far some pitches are out of an instrument's reach, 0 for not at all.

    Args:
        player: Whose reach it is.
        pitches: MIDI note numbers, in any order; each adds its semitones.
    """
    counts = Counter(pitches)
    return sum(count * _discomfort(player, pitch) for pitch, count in counts.items())


def _discomfort(player: Instrument, pitch: int) -> float:
    """How far a pitch is out of reach, in semitones."""
    beyond = max(player.lowest_pitch - pitch, pitch - player.highest_pitch, 0)
    uneasy = max(
        player.comfortable_lowest_pitch - pitch,
        pitch - player.comfortable_highest_pitch,
        0,
    )
    return beyond + _DISCOMFORT * uneasy


def nearest_instrument(
    program: int,
    pitches: Sequence[int],
    *,
    available: Sequence[Instrument] = INSTRUMENTS,
) -> Instrument | None:
    """Return the instrument that plays a program's notes best; None for effects.

    Args:
        program: 0 to 127.
        pitches: The notes to be played.
        available: As in `available_players`.

    >>> nearest_instrument(48, [40, 45, 50]).name
    'cello'
    """
    players = available_players(program, available=available)
    return fittest(players, pitches) if players else None


def wanted_instrument(
    name: str, *, available: Sequence[Instrument] = INSTRUMENTS
) -> Instrument:
    """Return the instrument that a user names.

    Raises:
        UsageError: There is none of that name, or none that has a voice here.
    """
    instrument = instrument_named(name, listed=available)
    if instrument not in available:
        names = ", ".join(item.name for item in available)
        raise UsageError(
            f"there is no voice for the {instrument.name} in this model; choose one "
            f"of: {names}"
        )
    return instrument


def read_overrides(
    score: Score,
    overrides: Mapping[str, str],
    *,
    available: Sequence[Instrument] = INSTRUMENTS,
) -> dict[int, Instrument | None]:
    """Return which part shall be played by whom, None where it shall be skipped.

    Args:
        score: Whose parts are meant.
        overrides: Part to instrument: `{"1": "violin", "name:Bass": "cello"}`. A part
            is its number from 1, `channel:3` or its name, or a piece of it; `name:`
            before it is for names that are numbers. The instrument may be `skip`.
        available: Instruments that there are voices for.

    Raises:
        VoiceNotFoundError: No part, or more than one, answers.
        UsageError: There is no such instrument, or a part is given two.
    """
    chosen: dict[int, Instrument | None] = {}
    for asked, name in overrides.items():
        index = _find_part(score, asked)
        is_skip = name.strip().lower() == SKIP
        player = None if is_skip else wanted_instrument(name, available=available)
        if index in chosen and chosen[index] != player:
            raise UsageError(
                f"{part_label(score, index)} is given two instruments; name one"
            )
        chosen[index] = player
    return chosen


def _find_part(score: Score, asked: str) -> int:
    """Return the one part that answers to a number, a channel or a name."""
    kind, _, value = asked.strip().partition(":")
    kind, value = kind.strip().casefold(), value.strip()
    parts = list(enumerate(score.parts))
    found: list[int]
    if kind == "channel" and value:
        found = [index for index, part in parts if _is_on_channel(part, value)]
    elif kind.isdecimal() and not value:
        found = [int(kind) - 1] if 1 <= int(kind) <= len(parts) else []
    else:
        wanted = (value if kind == "name" else asked.strip()).casefold()
        names = [(index, part.name.strip().casefold()) for index, part in parts]
        found = [index for index, name in names if wanted and name == wanted]
        found = found or [index for index, name in names if wanted and wanted in name]
    if len(found) == 1:
        return found[0]
    labels = ", ".join(part_label(score, i) for i in (found or range(len(parts))))
    if found:
        raise VoiceNotFoundError(
            f"'{asked}' means more than one part: {labels}; name the part by its number"
        )
    raise VoiceNotFoundError(
        f"no part is '{asked}'; the parts are: {labels or 'none at all'}"
    )


def _is_on_channel(part: Part, number: str) -> bool:
    return part.channel is not None and str(part.channel + 1) == number
