from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.score import Note, Part, Score, Tempo, TimeSignature
from musegen.render.bar_range import BarRange
from musegen.render.layout import (
    BAR_LABEL_PX,
    DEFAULT_WIDTH_PX,
    KEY_WIDTH_PX,
    MARGIN_PX,
    MAX_QUARTER_PX,
    MAX_ROW_PX,
    MIN_QUARTER_PX,
    MIN_ROW_PX,
    RollLayout,
    roll_layout,
)

TICKS = 24
PANEL_LEFT = MARGIN_PX + KEY_WIDTH_PX


def quarters(num_quarters: int, *, pitches: tuple[int, ...] = (60,)) -> Score:
    """One part that goes round `pitches` in quarter notes."""
    notes = tuple(
        Note(onset=TICKS * i, duration=TICKS, pitch=pitches[i % len(pitches)])
        for i in range(num_quarters)
    )
    return Score(ticks_per_quarter=TICKS, parts=(Part(name="Tune", notes=notes),))


def bars_of(layout: RollLayout) -> list[list[int]]:
    return [[bar.number for bar in frame.bars] for frame in layout.systems]


def test_notes_stand_at_their_time_and_pitch() -> None:
    layout = roll_layout(quarters(4, pitches=(60, 64)))
    (frame,) = layout.systems
    assert layout.px_per_tick == MAX_QUARTER_PX / TICKS
    assert [(box.x, box.width) for box in layout.notes] == [
        (PANEL_LEFT + i * MAX_QUARTER_PX, MAX_QUARTER_PX) for i in range(4)
    ]
    rows = [(box.y - frame.top) / layout.row_px for box in layout.notes]
    assert rows == [frame.high - 60, frame.high - 64] * 2
    assert all(box.height == layout.row_px == MAX_ROW_PX for box in layout.notes)


@given(
    st.lists(
        st.tuples(st.integers(0, 4000), st.integers(0, 900), st.integers(0, 127)),
        min_size=1,
        max_size=20,
    )
)
def test_time_scale_is_exact_and_no_note_is_lost(
    notes: list[tuple[int, int, int]],
) -> None:
    line = tuple(Note(onset=o, duration=d, pitch=p) for o, d, p in sorted(notes))
    layout = roll_layout(Score(ticks_per_quarter=TICKS, parts=(Part(notes=line),)))
    drawn = {note: 0 for note in line}
    for box in layout.notes:
        drawn[box.note] += min(box.note.duration, round(box.width / layout.px_per_tick))
        frame = next(f for f in layout.systems if f.top <= box.y < f.bottom)
        onset = max(box.note.onset, frame.first_tick)
        assert box.x == pytest.approx(
            frame.left + (onset - frame.first_tick) * layout.px_per_tick
        )
        assert box.y == pytest.approx(
            frame.top + (frame.high - box.note.pitch) * layout.row_px
        )
        assert box.x + min(box.width, 0.0) <= frame.right
    assert all(
        total >= note.duration * line.count(note) * 0.99
        for note, total in drawn.items()
    )
    assert {box.note for box in layout.notes} == set(line)


def test_everything_stays_within_the_picture() -> None:
    layout = roll_layout(quarters(200, pitches=(30, 90)))
    assert layout.width_px == pytest.approx(DEFAULT_WIDTH_PX)
    for frame in layout.systems:
        assert frame.left - frame.key_width == MARGIN_PX
        assert frame.right <= layout.width_px - MARGIN_PX + 1e-6
    assert layout.systems[-1].bottom == pytest.approx(layout.height_px - MARGIN_PX)
    tops = [frame.top for frame in layout.systems]
    bottoms = [frame.bottom for frame in layout.systems]
    assert all(
        top >= bottom + BAR_LABEL_PX
        for top, bottom in zip(tops[1:], bottoms, strict=False)
    )


def test_score_that_fits_is_one_system() -> None:
    assert bars_of(roll_layout(quarters(40))) == [list(range(1, 11))]


def test_longer_score_breaks_into_fours() -> None:
    assert bars_of(roll_layout(quarters(48))) == [
        list(range(1, 9)),
        list(range(9, 13)),
    ]


def test_pickup_does_not_count_towards_the_four() -> None:
    layout = roll_layout(
        Score(ticks_per_quarter=TICKS, parts=quarters(50).parts, pickup=TICKS)
    )
    assert bars_of(layout) == [list(range(9)), list(range(9, 14))]


@pytest.mark.parametrize(
    ("width_px", "bars_a_system"), [(300.0, 2), (600.0, 4), (2400.0, 20)]
)
def test_width_decides_the_bars_of_a_system(
    width_px: float, bars_a_system: int
) -> None:
    layout = roll_layout(quarters(200), width_px=width_px)
    assert len(layout.systems[0].bars) == bars_a_system
    assert layout.width_px <= width_px + 1e-6
    assert layout.px_per_tick * TICKS >= MIN_QUARTER_PX


def test_bar_longer_than_a_system_shrinks_the_scale() -> None:
    metre = TimeSignature(tick=0, numerator=100, denominator=4)
    score = Score(
        ticks_per_quarter=TICKS, parts=quarters(200).parts, time_signatures=(metre,)
    )
    layout = roll_layout(score)
    assert bars_of(layout) == [[1], [2]]
    assert layout.px_per_tick * TICKS < MIN_QUARTER_PX
    assert layout.width_px == pytest.approx(DEFAULT_WIDTH_PX)


def test_bars_of_changing_length_never_overfill_a_system() -> None:
    metres = tuple(
        TimeSignature(tick=TICKS * 12 * i, numerator=3 + 9 * (i % 2), denominator=4)
        for i in range(20)
    )
    score = Score(
        ticks_per_quarter=TICKS, parts=quarters(240).parts, time_signatures=metres
    )
    layout = roll_layout(score)
    assert [n for numbers in bars_of(layout) for n in numbers] == list(range(1, 51))
    assert layout.px_per_tick * TICKS >= MIN_QUARTER_PX


def test_note_over_a_system_break_is_drawn_in_both() -> None:
    long = Note(onset=TICKS * 30, duration=TICKS * 4, pitch=67)
    parts = (*quarters(48).parts, Part(name="Long", notes=(long,)))
    layout = roll_layout(Score(ticks_per_quarter=TICKS, parts=parts))
    pieces = [box for box in layout.notes if box.note == long]
    quarter_px = layout.px_per_tick * TICKS
    assert [box.x for box in pieces] == [
        pytest.approx(PANEL_LEFT + 30 * quarter_px),
        PANEL_LEFT,
    ]
    assert [box.width for box in pieces] == [pytest.approx(2 * quarter_px)] * 2
    assert [bool(box.label) for box in pieces] == [True, False]


def test_rows_shrink_for_a_wide_compass() -> None:
    layout = roll_layout(quarters(4, pitches=(0, 127)))
    assert layout.row_px == MIN_ROW_PX
    assert (layout.systems[0].low, layout.systems[0].high) == (-1, 128)


def test_narrow_compass_still_has_an_octave_of_rows() -> None:
    (frame,) = roll_layout(quarters(4)).systems
    assert frame.high - frame.low + 1 == 13
    assert frame.low < 60 < frame.high


def test_range_of_bars_shows_only_these() -> None:
    layout = roll_layout(quarters(48), bars=BarRange(first=3, last=4))
    assert bars_of(layout) == [[3, 4]]
    assert {box.note.onset // (4 * TICKS) for box in layout.notes} == {2, 3}
    assert "bars 3 to 4 of 12" in layout.description
    assert not layout.notices


def test_range_of_bars_takes_its_own_compass() -> None:
    low = quarters(8).parts[0].notes
    high = tuple(
        Note(onset=TICKS * (8 + i), duration=TICKS, pitch=100) for i in range(8)
    )
    score = Score(ticks_per_quarter=TICKS, parts=(Part(notes=low + high),))
    (frame,) = roll_layout(score, bars=BarRange(first=3, last=4)).systems
    assert frame.low > 90


def test_bars_of_rest_alone_are_drawn_empty() -> None:
    notes = (
        Note(onset=0, duration=TICKS, pitch=60),
        Note(onset=TICKS * 20, duration=TICKS, pitch=62),
    )
    score = Score(ticks_per_quarter=TICKS, parts=(Part(notes=notes),))
    layout = roll_layout(score, bars=BarRange(first=3, last=3))
    assert layout.notes == ()
    assert layout.systems[0].low < 60 < layout.systems[0].high


def test_height_limits_the_systems_and_says_what_is_missing() -> None:
    layout = roll_layout(quarters(400), max_height_px=500.0)
    assert layout.height_px <= 500.0
    shown = layout.systems[-1].bars[-1].number
    (notice,) = layout.notices
    assert notice.code == "bars-left-out"
    assert f"bars 1 to {shown}; {100 - shown} more, up to bar 100" in notice.message
    assert f"bars 1 to {shown} of 100" in layout.description
    assert all(box.note.onset < layout.systems[-1].end_tick for box in layout.notes)


def test_one_system_always_stays() -> None:
    layout = roll_layout(quarters(400), max_height_px=1.0)
    assert len(layout.systems) == 1
    assert layout.notices


def test_endless_score_is_bounded() -> None:
    far = Note(onset=TICKS * 4 * 10**6, duration=TICKS, pitch=60)
    score = Score(ticks_per_quarter=TICKS, parts=(Part(notes=(far,)),))
    layout = roll_layout(score, max_height_px=1000.0)
    assert sum(map(len, bars_of(layout))) < 200
    assert "up to bar 1000001" in layout.notices[0].message


def test_given_part_is_marked_and_drawn_after_the_others() -> None:
    tune = quarters(4).parts[0].notes
    kit = Part(name="Kit", notes=tune, is_drum=True)
    parts = (Part(name="A", notes=tune), kit, Part(name="B", notes=tune))
    score = Score(ticks_per_quarter=TICKS, parts=parts)
    layout = roll_layout(score, given_parts=frozenset({0}))
    order = [layout.voices[box.voice].label for box in layout.notes]
    assert order == ["B"] * 4 + ["A"] * 4 + ["Kit"] * 4
    assert {layout.voices[box.voice].label for box in layout.notes if box.is_given} == {
        "A"
    }
    assert [swatch.is_given for swatch in layout.swatches] == [True, False, False]


def test_title_of_the_caller_comes_first() -> None:
    score = Score(ticks_per_quarter=TICKS, parts=quarters(4).parts, title="Own")
    assert roll_layout(score).title == "Own"
    assert roll_layout(score, title="Mine").title == "Mine"
    assert roll_layout(quarters(4)).title == ""


def test_description_says_what_is_seen() -> None:
    score = Score(
        ticks_per_quarter=TICKS,
        parts=quarters(4).parts,
        tempos=(Tempo(tick=0, qpm=72.5),),
    )
    layout = roll_layout(score, title="Air", given_parts=frozenset({0}))
    assert layout.description == (
        "Piano roll of Air: 4/4 \N{MIDDLE DOT} quarter = 72.5 \N{MIDDLE DOT} 1 bar. "
        "Tune (given)."
    )


def test_same_score_gives_the_same_layout() -> None:
    assert roll_layout(quarters(48)) == roll_layout(quarters(48))


def test_score_without_notes_is_an_error() -> None:
    with pytest.raises(EmptyScoreError, match="nothing to show"):
        roll_layout(Score(ticks_per_quarter=TICKS))


def test_part_that_is_not_there_is_an_error() -> None:
    with pytest.raises(VoiceNotFoundError, match="part 3"):
        roll_layout(quarters(4), given_parts=frozenset({2}))


def test_bars_that_are_not_there_are_an_error() -> None:
    with pytest.raises(UsageError, match="bar 7"):
        roll_layout(quarters(4), bars=BarRange(first=7))


def test_too_narrow_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 300; got 299"):
        roll_layout(quarters(4), width_px=299)
