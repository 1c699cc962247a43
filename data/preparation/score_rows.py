"""A `Score` as nested columns of a record, and back, without loss.

One struct with a list of parts, each with a list of notes, so that pandas and DuckDB
can unnest it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from musegen.data.preparation.records import Row, import_pyarrow, list_type
from musegen.data.score import (
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
)

_EVENTS_OF_SCORE = {
    "tempos": Tempo,
    "time_signatures": TimeSignature,
    "key_signatures": KeySignature,
    "markers": TextEvent,
}
_EVENTS_OF_PART = {
    "notes": Note,
    "lyrics": TextEvent,
    "controls": ControlChange,
    "pitch_bends": PitchBend,
    "program_changes": ProgramChange,
}


def score_to_row(score: Score) -> Row:
    """Return a score as plain values: ticks, lists and strings."""
    return {
        "ticks_per_quarter": score.ticks_per_quarter,
        "pickup": score.pickup,
        "title": score.title,
        **{name: _plain(getattr(score, name)) for name in _EVENTS_OF_SCORE},
        "parts": [
            {
                "name": part.name,
                "program": part.program,
                "channel": part.channel,
                "is_drum": part.is_drum,
                "fermatas": list(part.fermatas),
                **{name: _plain(getattr(part, name)) for name in _EVENTS_OF_PART},
            }
            for part in score.parts
        ],
    }


def row_to_score(row: Row) -> Score:
    """Return the score that `score_to_row` was given.

    Raises:
        ValueError: A value is out of its range, as in a file that was altered.
    """
    parts = tuple(
        Part(
            **{
                **part,
                **_events(part, _EVENTS_OF_PART),
                "fermatas": tuple(part["fermatas"]),
            }
        )
        for part in row["parts"]
    )
    return Score(**{**row, **_events(row, _EVENTS_OF_SCORE), "parts": parts})


def score_type() -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the Arrow type of the column."""
    arrow = import_pyarrow()
    number, small, text = arrow.int32(), arrow.int16(), arrow.string()

    def events(**columns: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
        return list_type(arrow.struct(list(columns.items())))

    part = events(
        name=text,
        program=small,
        channel=small,
        is_drum=arrow.bool_(),
        fermatas=list_type(number),
        notes=events(onset=number, duration=number, pitch=small, velocity=small),
        lyrics=events(tick=number, text=text),
        controls=events(tick=number, number=small, value=small),
        pitch_bends=events(tick=number, value=small),
        program_changes=events(tick=number, program=small),
    )
    return arrow.struct(
        [
            ("ticks_per_quarter", number),
            ("pickup", number),
            ("title", text),
            ("tempos", events(tick=number, qpm=arrow.float64())),
            (
                "time_signatures",
                events(tick=number, numerator=small, denominator=small),
            ),
            (
                "key_signatures",
                events(tick=number, sharps=small, is_minor=arrow.bool_()),
            ),
            ("markers", events(tick=number, text=text)),
            ("parts", part),
        ]
    )


def _plain(events: Iterable[Any]) -> list[Row]:
    """Return dataclasses as dicts, one level deep."""
    listed = list(events)
    names = [field.name for field in fields(listed[0])] if listed else []
    return [{name: getattr(event, name) for name in names} for event in listed]


def _events(row: Row, types: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {
        name: tuple(kind(**event) for event in row[name])
        for name, kind in types.items()
    }
