"""The virtual performer: from written notes to how, and when, each is played.

Draws every intention of `NoteExpression` and the real onsets and offsets. Not for
sound: `curves` says what the intentions mean, `tone` and `shaping` make them heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import EmptyScoreError, PolyphonyError
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.characters import Character
from musegen.midi_ddsp.player.interpretation_rules import follow_rules
from musegen.midi_ddsp.player.note_context import context_of
from musegen.midi_ddsp.player.performance import NoteExpression
from musegen.midi_ddsp.player.phrases import phrase_arc
from musegen.midi_ddsp.player.styles import Range, Style

FloatArray = NDArray[np.float64]
Columns = dict[str, FloatArray]

_HABIT_SPREAD = 0.08  # standard deviation, as a share of the range
_STACCATO_SHARE: Range = (0.3, 0.55)
_SHORTEST_S = 0.06
_SMALLEST_GAP_S = 0.012
_SHORTEST_GLIDE_S = 0.008
_WIDEST_LEGATO_SEMITONES = 12
_LARGEST_WRITTEN_GAP_S = 0.03
_SHORTEST_WITH_VIBRATO_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """Notes as played and the intentions behind them, in order of time."""

    notes: tuple[PlayedNote, ...]
    expression: tuple[NoteExpression, ...]


def interpret(
    written: Sequence[PlayedNote],
    *,
    style: Style,
    character: Character,
    rng: np.random.Generator,
) -> Interpretation:
    """Decide how to play a tune.

    Args:
        written: The notes as the score has them, in seconds; a later onset ends the
            note before. Velocities are not read.
        style: From what ranges to draw.
        character: How the instrument answers.
        rng: Where randomness comes from.

    Raises:
        EmptyScoreError: There are no notes.
        PolyphonyError: Two notes begin at the same time, or within 10 ms.
    """
    if not written:
        raise EmptyScoreError("there are no notes to play; give a tune with notes")
    notes = sorted(written, key=lambda note: note.onset_s)
    onsets = np.array([note.onset_s for note in notes])
    ends = np.array([note.offset_s for note in notes])
    ends[:-1] = np.minimum(ends[:-1], onsets[1:])
    if len(notes) > 1 and np.diff(onsets).min() < 0.01:
        at_s = onsets[:-1][int(np.argmin(np.diff(onsets)))]
        raise PolyphonyError(
            f"two notes begin together at {at_s:.2f} s; the player plays one voice: "
            "choose one part, or the top notes of the chords"
        )
    pitches = np.array([note.pitch for note in notes])
    joinable = _joinable(pitches, onsets, ends)
    if style.follows_notes:
        columns, is_legato = follow_rules(
            context_of(pitches, onsets, ends),
            onsets=onsets,
            joinable=joinable,
            style=style,
            rng=rng,
        )
    else:
        columns = _draw_columns(len(notes), style=style, rng=rng)
        arc = phrase_arc(onsets, ends, rng.uniform(*style.phrase_arc_db))
        columns["volume_db"] = np.clip(columns["volume_db"] + arc, *style.volume_db)
        wanted = rng.random(len(notes)) < rng.uniform(*style.legato_share)
        is_legato = wanted & joinable
    _suit_instrument(columns, character)
    played = _play_times(onsets, ends, is_legato, columns)
    _fit_to_lengths(columns, played, is_legato, style=style, rng=rng)
    return _interpretation(notes, played, columns, is_legato)


def _draw_columns(num_notes: int, *, style: Style, rng: np.random.Generator) -> Columns:
    """Draw every control whose range the style names; [notes] each."""
    columns: Columns = {}
    for field in fields(NoteExpression):
        if not hasattr(style, field.name):
            continue
        low, high = getattr(style, field.name)
        habit = rng.uniform(low, high)
        near = habit + _HABIT_SPREAD * (high - low) * rng.standard_normal(num_notes)
        fresh = rng.uniform(low, high, num_notes)
        is_fresh = rng.random(num_notes) < style.independence
        columns[field.name] = np.clip(np.where(is_fresh, fresh, near), low, high)
    is_staccato = rng.random(num_notes) < rng.uniform(*style.staccato_share)
    short = rng.uniform(*_STACCATO_SHARE, num_notes)
    columns["sounding_share"] = np.where(is_staccato, short, columns["sounding_share"])
    return columns


def _suit_instrument(columns: Columns, character: Character) -> None:
    """Change what was wanted to what the instrument makes of it."""
    columns["vibrato_extent_cents"] *= character.vibrato_share
    columns["tremolo_db"] *= character.tremolo_share
    columns["attack_s"] *= character.attack_share
    columns["noise_db"] += character.noise_offset_db
    columns["attack_noise_db"] += character.noise_offset_db


def _joinable(
    pitches: NDArray[np.int64], onsets: FloatArray, ends: FloatArray
) -> NDArray[np.bool_]:
    """Return [notes]: which can grow out of the one before."""
    step = np.abs(np.diff(pitches, prepend=pitches[0]))
    gap_s = np.concatenate([[np.inf], onsets[1:] - ends[:-1]])
    is_next = gap_s <= _LARGEST_WRITTEN_GAP_S
    possible: NDArray[np.bool_] = (
        is_next & (step > 0) & (step <= _WIDEST_LEGATO_SEMITONES)
    )
    return possible


def _play_times(
    onsets: FloatArray,
    ends: FloatArray,
    is_legato: NDArray[np.bool_],
    columns: Columns,
) -> FloatArray:
    """Return [notes, 2]: onset and offset as played; records the real shift."""
    starts = np.maximum(onsets + columns["onset_shift_s"], 0.0)
    room = _SHORTEST_S + _SMALLEST_GAP_S
    for index in range(1, len(starts)):
        starts[index] = max(starts[index], starts[index - 1] + room)
    columns["onset_shift_s"] = starts - onsets
    lengths = np.maximum((ends - onsets) * columns["sounding_share"], _SHORTEST_S)
    stops = starts + lengths
    following = np.append(starts[1:], np.inf)
    stops = np.minimum(stops, following - _SMALLEST_GAP_S)
    into_legato = np.append(is_legato[1:], False)
    stops = np.where(into_legato, following, stops)
    columns["sounding_share"] = (stops - starts) / (ends - onsets)
    return np.stack([starts, stops], axis=1)


def _fit_to_lengths(
    columns: Columns,
    played: FloatArray,
    is_legato: NDArray[np.bool_],
    *,
    style: Style,
    rng: np.random.Generator,
) -> None:
    """Bring what takes time into the time that there is."""
    lengths = played[:, 1] - played[:, 0]
    before = np.concatenate([lengths[:1], lengths[:-1]])
    gaps = np.append(played[1:, 0] - played[:-1, 1], np.inf)
    vibrates = rng.random(len(lengths)) < rng.uniform(*style.vibrato_share)
    vibrates &= lengths >= _SHORTEST_WITH_VIBRATO_S
    for name in ("vibrato_extent_cents", "tremolo_db"):
        columns[name] = np.where(vibrates, columns[name], 0.0)
    for name in ("vibrato_delay_s", "vibrato_growth_s"):
        columns[name] = np.minimum(columns[name], 0.3 * lengths)
    columns["attack_s"] = np.minimum(columns["attack_s"], 0.4 * lengths)
    widest = np.maximum(0.6 * np.minimum(lengths, before), _SHORTEST_GLIDE_S)
    glides = np.minimum(columns["glide_s"], widest)
    columns["glide_s"] = np.where(is_legato, glides, 0.0)
    columns["dip_db"] = np.where(is_legato, columns["dip_db"], 0.0)
    columns["release_s"] = np.minimum(columns["release_s"], 1.5 * np.maximum(gaps, 0.0))


def _interpretation(
    notes: Sequence[PlayedNote],
    played: FloatArray,
    columns: Columns,
    is_legato: NDArray[np.bool_],
) -> Interpretation:
    expression = tuple(
        NoteExpression(
            is_legato=bool(is_legato[index]),
            **{name: float(column[index]) for name, column in columns.items()},
        )
        for index in range(len(notes))
    )
    return Interpretation(
        notes=tuple(
            replace(note, onset_s=float(onset_s), offset_s=float(offset_s))
            for note, (onset_s, offset_s) in zip(notes, played, strict=True)
        ),
        expression=expression,
    )
