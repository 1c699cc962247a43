"""Ensembles by name: who sits in which chair, and which voice of a score goes to whom.

For hearing a setting at once (`--play string-quartet`), whatever programs its parts
have. Not for scores whose own programs count (`musegen.midi_ddsp.parts.planning`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.data.score import Part, Score
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.parts.automation import Automation, constant_curve
from musegen.midi_ddsp.parts.general_midi import players_of
from musegen.midi_ddsp.parts.held_notes import programs_of_notes
from musegen.midi_ddsp.parts.instrument_choice import (
    discomfort,
    fittest,
    nearest_instrument,
)
from musegen.midi_ddsp.synthesizing.automating import combine
from musegen.midi_ddsp.synthesizing.casting import (
    PlanWishes,
    SynthesisPlan,
    plan_synthesis,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chair:
    """One player of an ensemble.

    Args:
        instrument: A name in `musegen.midi_ddsp.instruments`.
        gain_db: Beside the other chairs, for balance.
    """

    instrument: str
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Players, the highest first.

    Args:
        name: As users write it.
        chairs: At least one.
    """

    name: str
    chairs: tuple[Chair, ...]


def _ensemble(name: str, *chairs: tuple[str, float]) -> Ensemble:
    return Ensemble(
        name=name,
        chairs=tuple(Chair(instrument=who, gain_db=gain) for who, gain in chairs),
    )


# Chairs of strings, woodwind and mixed: the chorales of Wu et al., ICLR 2022, and its
# released code. Brass is our own choice: a second trumpet and a trombone have every
# note of an alto and a bass with ease, where the published trumpet, horn, trombone and
# tuba strain the tuba. Gains are our own: of four parts played by our voices in the
# common ranges, A-weighted levels moved two thirds of the way to a melody 2 dB above
# three equal voices. The published ones balance the published voices.
ENSEMBLES = {
    ensemble.name: ensemble
    for ensemble in (
        _ensemble(
            "string-quartet",
            ("violin", -1.0),
            ("violin", -2.0),
            ("viola", -1.0),
            ("cello", 4.0),
        ),
        _ensemble(
            "woodwind-quartet",
            ("flute", 3.0),
            ("oboe", -3.0),
            ("clarinet", -2.0),
            ("bassoon", 2.0),
        ),
        _ensemble(
            "brass-quartet",
            ("trumpet", -3.0),
            ("trumpet", -3.0),
            ("horn", 4.0),
            ("trombone", 1.0),
        ),
        _ensemble(
            "mixed-quartet",
            ("clarinet", 1.0),
            ("trumpet", -3.0),
            ("tenor saxophone", 2.0),
            ("tuba", 0.0),
        ),
    )
}
"""Ensembles by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A part of a score and who plays it.

    Args:
        part_index: From 0.
        chair: Its number, from 0.
        instrument: Who sits there.
        gain_db: Of the chair.
    """

    part_index: int
    chair: int
    instrument: Instrument
    gain_db: float


def ensemble_named(
    name: str, *, available: Sequence[Instrument] = INSTRUMENTS
) -> Ensemble:
    """Return an ensemble, or an instrument that plays every voice.

    Args:
        name: Case, and `_` or a space for `-`, do not matter: `String_Quartet`, `vn`.
        available: Instruments that there are voices for, for the message.

    Raises:
        UsageError: There is neither; the message lists those that there are.

    >>> [chair.instrument for chair in ensemble_named("string-quartet").chairs]
    ['violin', 'violin', 'viola', 'cello']
    """
    key = "-".join(name.lower().replace("_", " ").replace("-", " ").split())
    if key in ENSEMBLES:
        return ENSEMBLES[key]
    try:
        instrument = instrument_named(name)
    except UsageError as error:
        known = [instrument.name for instrument in available]
        near = difflib.get_close_matches(key, [*ENSEMBLES, *known], n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise UsageError(
            f'there is no ensemble or instrument "{name}".{hint} Choose one of: '
            f"{', '.join([*ENSEMBLES, *known])}"
        ) from error
    return Ensemble(name=instrument.name, chairs=(Chair(instrument=instrument.name),))


def seat_parts(
    score: Score, ensemble: Ensemble, *, available: Sequence[Instrument] = INSTRUMENTS
) -> tuple[Seat, ...]:
    """Return who plays each part that has notes of a pitch, in the score's order.

    Voices go to chairs from the highest to the lowest, by the mean pitch of what
    sounds. With fewer voices than chairs some chairs stay empty, with more some
    neighbouring voices share one and none stays empty: whatever fits the ranges best,
    and among equals the higher chairs.

    Args:
        score: Percussion, sound effects and parts without notes are passed over.
        ensemble: Who is there.
        available: Instruments that there are voices for. In the place of one that is
            missing sits the nearest: of its family first, then by range.
    """
    voices = sorted(
        (index for index, part in enumerate(score.parts) if _is_voice(part)),
        key=lambda index: (-_mean_pitch(score.parts[index]), index),
    )
    table = [
        [_player(chair, _pitches(score, index), available) for chair in ensemble.chairs]
        for index in voices
    ]
    costs = [
        [discomfort(player, _pitches(score, index)) for player in players]
        for index, players in zip(voices, table, strict=True)
    ]
    seats = [
        Seat(
            part_index=index,
            chair=chair,
            instrument=players[chair],
            gain_db=ensemble.chairs[chair].gain_db,
        )
        for index, players, chair in zip(voices, table, _chairs(costs), strict=True)
    ]
    return tuple(sorted(seats, key=lambda seat: seat.part_index))


def plan_ensemble(
    score: Score, ensemble: Ensemble, *, available: Sequence[Instrument] = INSTRUMENTS
) -> SynthesisPlan:
    """Return a plan in which an ensemble plays a score.

    Args:
        score: Any; see `seat_parts`.
        ensemble: Who is there; each chair's gain is in the automation of its parts.
        available: Instruments that there are voices for, at least one.

    Raises:
        MusegenError: Nothing can be played: see `plan_synthesis`.
    """
    seats = {
        seat.part_index: seat
        for seat in seat_parts(score, ensemble, available=available)
    }
    wishes = PlanWishes(
        overrides={
            str(index + 1): seat.instrument.name for index, seat in seats.items()
        }
    )
    plan = plan_synthesis(score, wishes, available=available)
    parts = tuple(
        replace(part, automation=_louder(part.automation, seats[part.part_index]))
        if part.part_index in seats
        else part
        for part in plan.parts
    )
    substitutes = _substitutes(score, ensemble, seats.values())
    return replace(plan, parts=parts, notices=(*substitutes, *plan.notices))


def _is_voice(part: Part) -> bool:
    """Whether a part has notes that an instrument can play."""
    return not part.is_drum and any(map(players_of, set(programs_of_notes(part))))


def _mean_pitch(part: Part) -> float:
    """Of what sounds; a note of no length counts as the shortest."""
    weights = [max(note.duration, 1) for note in part.notes]
    weighted = zip(part.notes, weights, strict=True)
    return sum(note.pitch * weight for note, weight in weighted) / sum(weights)


def _pitches(score: Score, index: int) -> list[int]:
    return [note.pitch for note in score.parts[index].notes]


def _chairs(costs: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Return the chairs of voices from the highest on, of the least cost together.

    Args:
        costs: Of each voice, in each chair.
    """
    paths: dict[int, tuple[float, tuple[int, ...]]] = {-1: (0.0, ())}
    for place, row in enumerate(costs):
        grown: dict[int, tuple[float, tuple[int, ...]]] = {}
        for last, (cost, path) in paths.items():
            for chair in _free_chairs(
                last, num_chairs=len(row), place=place, num_voices=len(costs)
            ):
                found = (round(cost + row[chair], 6), (*path, chair))
                grown[chair] = min(grown.get(chair, found), found)
        paths = grown
    return min(paths.values())[1]


def _free_chairs(
    last: int, *, num_chairs: int, place: int, num_voices: int
) -> list[int]:
    """Return the chairs that a voice may take.

    Args:
        last: The chair of the voice above, -1 for the highest voice.
        num_chairs: Of the ensemble.
        place: Of the voice, from 0 for the highest.
        num_voices: Of the score.
    """
    num_below = num_voices - place - 1
    if num_voices <= num_chairs:  # a chair each
        return list(range(last + 1, num_chairs - num_below))
    if last < 0:
        return [0]
    num_empty = num_chairs - last - 1
    first = last + 1 if num_empty > num_below else last
    return list(range(first, min(last + 1, num_chairs - 1) + 1))


def _player(
    chair: Chair, pitches: Sequence[int], available: Sequence[Instrument]
) -> Instrument:
    wanted = instrument_named(chair.instrument)
    if wanted in available:
        return wanted
    found = nearest_instrument(wanted.gm_program, pitches, available=available)
    return fittest(available, pitches) if found is None else found


def _louder(automation: Automation, seat: Seat) -> Automation:
    if seat.gain_db == 0.0:
        return automation
    return combine(automation, Automation(gain_db=constant_curve(seat.gain_db)))


def _substitutes(
    score: Score, ensemble: Ensemble, seats: Iterable[Seat]
) -> tuple[Notice, ...]:
    """Say of which chairs somebody else sits in."""
    notices = []
    for seat in seats:
        wanted = instrument_named(ensemble.chairs[seat.chair].instrument)
        if seat.instrument == wanted:
            continue
        label = part_label(score, seat.part_index)
        notices.append(
            Notice(
                code="substitute",
                message=f"there is no voice for the {wanted.name} of the "
                f"{ensemble.name} in this model: the {seat.instrument.name} plays "
                f"{label}",
            )
        )
    return tuple(notices)
