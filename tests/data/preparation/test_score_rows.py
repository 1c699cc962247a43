from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.preparation.score_rows import row_to_score, score_to_row, score_type
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
    sorted_notes,
)

ticks = st.integers(0, 100_000)
midi = st.integers(0, 127)
texts = st.text(max_size=6).filter(lambda text: text.isprintable())
notes = st.builds(
    Note, onset=ticks, duration=ticks, pitch=midi, velocity=st.integers(1, 127)
)
parts = st.builds(
    Part,
    notes=st.lists(notes, max_size=4).map(sorted_notes),
    name=texts,
    program=midi,
    channel=st.none() | st.integers(0, 15),
    is_drum=st.booleans(),
    lyrics=st.lists(st.builds(TextEvent, tick=ticks, text=texts), max_size=2).map(
        tuple
    ),
    controls=st.lists(
        st.builds(ControlChange, tick=ticks, number=midi, value=midi), max_size=2
    ).map(tuple),
    pitch_bends=st.lists(
        st.builds(PitchBend, tick=ticks, value=st.integers(-8192, 8191)), max_size=2
    ).map(tuple),
    program_changes=st.lists(
        st.builds(ProgramChange, tick=ticks, program=midi), max_size=2
    ).map(tuple),
    fermatas=st.sets(ticks, max_size=2).map(sorted).map(tuple),
)
scores = st.builds(
    Score,
    ticks_per_quarter=st.integers(1, 32_000),
    parts=st.lists(parts, max_size=3).map(tuple),
    tempos=st.lists(
        st.builds(Tempo, tick=ticks, qpm=st.floats(1, 1000)), max_size=2
    ).map(tuple),
    time_signatures=st.lists(
        st.builds(
            TimeSignature,
            tick=ticks,
            numerator=st.integers(1, 16),
            denominator=st.sampled_from([1, 2, 4, 8, 16]),
        ),
        max_size=2,
    ).map(tuple),
    key_signatures=st.lists(
        st.builds(
            KeySignature, tick=ticks, sharps=st.integers(-7, 7), is_minor=st.booleans()
        ),
        max_size=2,
    ).map(tuple),
    pickup=ticks,
    title=texts,
    markers=st.lists(st.builds(TextEvent, tick=ticks, text=texts), max_size=2).map(
        tuple
    ),
)


@given(scores)
def test_scores_come_back_through_arrow(score: Score) -> None:
    column = pa.array([score_to_row(score)], type=score_type())
    (row,) = column.to_pylist()
    assert row == score_to_row(score)
    assert row_to_score(row) == score


def test_every_field_of_a_score_has_a_column() -> None:
    names = {field.name for field in score_type()}
    assert names == set(Score.__dataclass_fields__)
    part = score_type().field("parts").type.value_type
    assert {field.name for field in part} == set(Part.__dataclass_fields__)


def test_an_impossible_note_is_refused() -> None:
    part = Part(notes=(Note(onset=0, duration=1, pitch=60),))
    row = score_to_row(Score(ticks_per_quarter=480, parts=(part,)))
    row["parts"][0]["notes"][0]["pitch"] = 200
    with pytest.raises(ValueError, match="a pitch is 0 to 127; got 200"):
        row_to_score(row)
