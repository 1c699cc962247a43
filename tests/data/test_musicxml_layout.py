from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from musegen.data.musicxml_layout import (
    Event,
    Segment,
    bar_rest,
    exact_events,
    lay_out,
    nearest_notatable,
    rescaled,
    rounded,
    segments_by_bar,
    voices,
    with_whole_beats,
)
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


def metre(tick: int, numerator: int, denominator: int) -> TimeSignature:
    return TimeSignature(tick=tick, numerator=numerator, denominator=denominator)


def one_note(
    end: int, *, pickup: int = 0, time_signatures: tuple[TimeSignature, ...] = ()
) -> Score:
    part = Part(notes=(Note(onset=0, duration=end, pitch=60),))
    return Score(
        ticks_per_quarter=480,
        parts=(part,),
        pickup=pickup,
        time_signatures=time_signatures,
    )


def event(start: float, end: float, *pitches: int) -> Event:
    return Event(
        start=Fraction(start),
        end=Fraction(end),
        notes=tuple(Note(onset=0, duration=1, pitch=pitch) for pitch in pitches),
    )


def test_an_empty_score_has_one_bar() -> None:
    (bar,) = lay_out(Score(ticks_per_quarter=480)).bars
    assert (bar.number, bar.start, bar.end, float(bar.length)) == (1, 0, 1920, 4)
    assert bar.is_complete


def test_a_pickup_is_bar_0_and_its_complement_ends_the_score() -> None:
    bars = lay_out(one_note(1920, pickup=480)).bars
    assert [(b.number, float(b.length), float(b.offset)) for b in bars] == [
        (0, 1, 3),
        (1, 3, 0),
    ]
    filled = lay_out(one_note(1800, pickup=480)).bars
    assert [b.length for b in filled] == [1, 4]


def test_a_new_metre_cuts_the_bar_before_it() -> None:
    signatures = (metre(0, 4, 4), metre(1440, 3, 8))
    bars = lay_out(one_note(2000, time_signatures=signatures)).bars
    assert [(float(b.at), float(b.length)) for b in bars] == [(0, 3), (3, 1.5)]
    assert [b.is_complete for b in bars] == [False, True]


def test_bars_can_be_asked_to_reach_a_tick() -> None:
    assert len(lay_out(one_note(480), until=1920).bars) == 1
    assert len(lay_out(one_note(480), until=1921).bars) == 2


def test_bars_reach_a_fermata_after_the_last_note() -> None:
    score = one_note(480)
    part = replace(score.parts[0], fermatas=(1920,))
    assert len(lay_out(replace(score, parts=(part,))).bars) == 2


def test_a_fermata_in_the_last_bar_keeps_it_whole() -> None:
    score = one_note(1920, pickup=480)
    part = replace(score.parts[0], fermatas=(1920,))
    assert [bar.end for bar in lay_out(score).bars] == [480, 1920]
    assert [bar.end for bar in lay_out(replace(score, parts=(part,))).bars] == [
        480,
        2400,
    ]


def test_a_place_is_in_the_bar_that_begins_there() -> None:
    layout = lay_out(one_note(3840))
    places = [Fraction(0), Fraction(31, 8), Fraction(4), Fraction(99)]
    assert [layout.bar_index_of(place) for place in places] == [0, 0, 1, 1]


def test_a_silent_bar_is_one_rest_from_where_it_begins() -> None:
    pickup, _ = lay_out(one_note(1920, pickup=480)).bars
    rest = bar_rest(pickup)
    assert rest == Segment(start=Fraction(3), end=Fraction(4))


def test_odd_bars_are_rounded_to_a_raster_or_kept() -> None:
    score = one_note(3000, pickup=7)
    assert lay_out(score).bars[0].length == Fraction(1, 16)
    assert lay_out(score, exact=True).bars[0].length == Fraction(7, 480)


def test_places_of_marks_are_rounded_and_of_notes_not() -> None:
    layout = lay_out(one_note(3840))
    assert layout.mark_place(1931) == 4 + Fraction(1, 48)
    assert layout.exact_place(1931) == Fraction(1931, 480)
    assert layout.mark_place(99_999) == 8


def test_few_ticks_a_quarter_are_multiplied_until_beats_are_whole() -> None:
    score = Score(ticks_per_quarter=1, time_signatures=(metre(0, 3, 8),))
    assert with_whole_beats(score).ticks_per_quarter == 2
    fine = one_note(480)
    assert with_whole_beats(fine) is fine


def test_rescaling_moves_everything() -> None:
    part = Part(
        notes=(Note(onset=1, duration=2, pitch=60),),
        lyrics=(TextEvent(tick=1, text="a"),),
        controls=(ControlChange(tick=2, number=1, value=3),),
        pitch_bends=(PitchBend(tick=3, value=4),),
        program_changes=(ProgramChange(tick=4, program=5),),
        fermatas=(1, 3),
    )
    score = Score(
        ticks_per_quarter=4,
        parts=(part,),
        tempos=(Tempo(tick=1, qpm=60.0),),
        time_signatures=(metre(2, 3, 4),),
        key_signatures=(KeySignature(tick=3, sharps=1),),
        pickup=2,
        markers=(TextEvent(tick=4, text="b"),),
    )
    big = rescaled(score, 10)
    (moved,) = big.parts
    assert (moved.notes[0].onset, moved.notes[0].duration) == (10, 20)
    assert (moved.lyrics[0].tick, moved.controls[0].tick) == (10, 20)
    assert (moved.pitch_bends[0].tick, big.tempos[0].tick) == (30, 10)
    assert moved.program_changes == (ProgramChange(tick=40, program=5),)
    assert moved.fermatas == (10, 30)
    assert (big.time_signatures[0].tick, big.key_signatures[0].tick) == (20, 30)
    assert (big.pickup, big.markers[0].tick, big.ticks_per_quarter) == (20, 40, 40)


def test_chords_are_notes_of_one_start_and_end() -> None:
    notes = tuple(
        Note(onset=0, duration=duration, pitch=pitch)
        for duration, pitch in ((480, 60), (480, 64), (960, 67), (480, 60))
    )
    part = Part(notes=notes)
    found = exact_events(part, lay_out(Score(ticks_per_quarter=480, parts=(part,))))
    pitches = sorted([note.pitch for note in e.notes] for e in found)
    assert pitches == [[60], [60, 64], [67]]


def test_voices_hold_all_events_without_overlap() -> None:
    held, moving = event(0, 4, 48), [event(i, i + 1, 70 + i) for i in range(4)]
    top, bottom = voices([held, *moving])
    assert top == moving
    assert bottom == [held]
    assert voices([]) == [[]]
    assert len(voices([event(0, i, 60) for i in range(1, 7)])) == 6


def test_events_of_no_length_do_not_share_a_voice_at_their_instant() -> None:
    assert len(voices([event(1, 1, 60), event(1, 1, 60)])) == 2


def test_segments_are_cut_at_bar_lines_and_filled_with_rests() -> None:
    layout = lay_out(one_note(480 * 12))
    found = segments_by_bar([event(3, 9, 60)], layout)
    assert sorted(found) == [0, 1, 2]
    assert [(float(s.start), float(s.end), s.event is None) for s in found[0]] == [
        (0, 3, True),
        (3, 4, False),
    ]
    assert (found[1][0].is_tied_in, found[1][0].is_tied_out) == (True, True)
    assert (found[2][0].is_tied_in, found[2][0].is_tied_out) == (True, False)
    assert [(float(s.start), float(s.end)) for s in found[2]] == [(0, 1), (1, 4)]


def test_notatable_places_are_exact_or_a_tick_beside() -> None:
    assert nearest_notatable(160, 480) == Fraction(1, 3)
    assert nearest_notatable(33, 100) == Fraction(1, 3)
    assert nearest_notatable(67, 100) == Fraction(2, 3)
    assert nearest_notatable(96, 480) == Fraction(1, 5)
    assert nearest_notatable(7, 480) is None
    assert rounded(Fraction(1, 8), 4) == Fraction(1, 4)
