from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.score import KeySignature, Note, Part, Score, TimeSignature
from musegen.render.bar_range import BarRange
from musegen.render.text_roll import text_roll

TICKS = 480
NAMES = ("Soprano", "Alto", "Tenor", "Bass")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def chorale() -> Score:
    """Four voices, one bar: two halves, the bass in quarters."""
    lines = {
        "Soprano": [(0, 4, 72), (4, 4, 71)],
        "Alto": [(0, 8, 67)],
        "Tenor": [(0, 4, 64), (4, 4, 62)],
        "Bass": [(0, 2, 48), (2, 2, 52), (4, 4, 55)],
    }
    eighth = TICKS // 2
    return Score(
        ticks_per_quarter=TICKS,
        title="Cadence",
        parts=tuple(
            Part(
                name=name,
                notes=tuple(
                    Note(onset=onset * eighth, duration=length * eighth, pitch=pitch)
                    for onset, length, pitch in line
                ),
            )
            for name, line in lines.items()
        ),
    )


def one_part(*notes: tuple[float, float, int], **fields: object) -> Score:
    """One part of (onset, duration, pitch), times in quarters."""
    part = Part(
        name=str(fields.pop("name", "Soprano")),
        is_drum=bool(fields.pop("is_drum", False)),
        notes=tuple(
            Note(
                onset=round(onset * TICKS), duration=round(length * TICKS), pitch=pitch
            )
            for onset, length, pitch in notes
        ),
    )
    return Score(ticks_per_quarter=TICKS, parts=(part,), **fields)  # type: ignore[arg-type]


def roll_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if "|" in line]


def test_chorale_in_ascii() -> None:
    text = text_roll(chorale(), given_parts=frozenset({0}), use_unicode=False)
    assert text == (
        "Cadence\n"
        "S Soprano (given)   A Alto   T Tenor   B Bass   1 column = a sixteenth\n"
        "\n"
        "   1\n"
        "C5 |S=======.   .   |\n"
        "B4 |.   .   S=======|\n"
        "G4 |A---------------|\n"
        "E4 |T-------.   .   |\n"
        "D4 |.   .   T-------|\n"
        "G3 |.   .   B-------|\n"
        "E3 |.   B---.   .   |\n"
        "C3 |B---.   .   .   |"
    )


def test_chorale_in_box_characters() -> None:
    text = text_roll(chorale(), given_parts=frozenset({0}))
    assert text.splitlines()[4:7] == [
        "C5 │S━━━━━━━·   ·   │",
        "B4 │·   ·   S━━━━━━━│",
        "G4 │A───────────────│",
    ]


def test_color_adds_only_color() -> None:
    plain = text_roll(chorale(), given_parts=frozenset({0}))
    colored = text_roll(chorale(), given_parts=frozenset({0}), use_color=True)
    assert ANSI.sub("", colored) == plain
    assert "│\x1b[1;38;5;166mS━━━━━━━\x1b[0m·" in colored  # given: bold
    assert "│\x1b[38;5;25mA───────────────\x1b[0m│" in colored
    assert "\x1b" not in plain


def test_given_parts_change_the_roll() -> None:
    assert "G4 |A===" in text_roll(
        chorale(), given_parts=frozenset({1}), use_unicode=False
    )


def test_systems_wrap_at_bar_lines_with_numbers() -> None:
    score = one_part(*((i, 1, 60 + i % 2 * 2) for i in range(16)))
    text = text_roll(score, width_columns=40, use_unicode=False)
    assert text.splitlines() == [
        "S Soprano   1 column = a sixteenth",
        "",
        "   1                2",
        "D4 |.   S---.   S---|.   S---.   S---|",
        "C4 |S---.   S---.   |S---.   S---.   |",
        "",
        "   3                4",
        "D4 |.   S---.   S---|.   S---.   S---|",
        "C4 |S---.   S---.   |S---.   S---.   |",
    ]


def test_range_of_bars_shows_held_notes_as_held() -> None:
    score = one_part((0, 6, 60), (6, 10, 62))
    text = text_roll(score, bars=BarRange(first=2, last=2), use_unicode=False)
    assert text.splitlines()[2:] == [
        "   2",
        "D4 |.   .   S-------|",
        "C4 |--------.   .   |",
    ]


def test_pickup_is_bar_zero_and_counts_beats_from_its_end() -> None:
    score = one_part((0, 0.5, 60), (0.5, 1, 62), (1.5, 4, 64), pickup=TICKS * 3 // 2)
    lines = text_roll(score, use_unicode=False).splitlines()
    assert lines[2:] == [
        "   0      1",
        "E4 |  .   |S---------------|",
        "D4 |  S---|.   .   .   .   |",
        "C4 |S-.   |.   .   .   .   |",
    ]


def test_rests_for_a_whole_system_leave_an_empty_row() -> None:
    score = one_part((0, 1, 60), (12, 1, 60))
    text = text_roll(score, width_columns=24, use_unicode=False)
    assert text.splitlines()[5:8] == ["", "   2", "   |.   .   .   .   |"]


@pytest.mark.parametrize(
    ("width", "step", "row"),
    [
        (80, "a sixteenth", "C4 |S---S---.   .   |"),
        (20, "an eighth", "C4 |S-S-. . |"),
    ],
)
def test_columns_grow_where_a_bar_does_not_fit(width: int, step: str, row: str) -> None:
    text = text_roll(
        one_part((0, 1, 60), (1, 1, 60)), width_columns=width, use_unicode=False
    )
    assert f"1 column = {step}" in text
    assert row in text.splitlines()


def test_bar_longer_than_any_line_is_split() -> None:
    metre = TimeSignature(tick=0, numerator=32, denominator=4)
    score = one_part((0, 32, 60), (32, 32, 60), time_signatures=(metre,))
    text = text_roll(score, width_columns=20, use_unicode=False)
    assert "1 column = a quarter" in text
    assert all(len(line) <= 20 for line in text.splitlines()[1:])
    held = "".join(line[3:] for line in roll_lines(text) + _whole_rows(text))
    assert held.count("-") == 62
    assert held.count("S") == 2


def test_bar_that_fills_a_line_leaves_no_line_alone() -> None:
    metre = TimeSignature(tick=0, numerator=16, denominator=4)
    score = one_part((0, 16, 60), (16, 16, 60), time_signatures=(metre,))
    text = text_roll(score, width_columns=20, use_unicode=False)
    assert text.splitlines()[3:] == [
        "   1",
        "C4 |S---------------",
        "",
        "   2",
        "C4 |S---------------",
    ]


def _whole_rows(text: str) -> list[str]:
    return [
        line for line in text.splitlines() if line.startswith("C4") and "|" not in line
    ]


def test_metre_of_three_eighths_has_bars_of_six_columns() -> None:
    metre = TimeSignature(tick=0, numerator=3, denominator=8)
    score = one_part((0, 1.5, 60), (1.5, 1.5, 62), time_signatures=(metre,))
    assert roll_lines(text_roll(score, use_unicode=False)) == [
        "D4 |. . . |S-----|",
        "C4 |S-----|. . . |",
    ]


def test_triplets_fall_into_the_nearest_columns() -> None:
    score = one_part((0, 1 / 3, 60), (1 / 3, 1 / 3, 62), (2 / 3, 1 / 3, 64))
    assert roll_lines(text_roll(score, use_unicode=False)) == [
        "E4 |.  S.   .   .   |",
        "D4 |.S- .   .   .   |",
        "C4 |S   .   .   .   |",
    ]


def test_note_played_early_stands_on_its_beat() -> None:
    score = one_part((0, 1, 60), (0.98, 1.01, 62))
    assert roll_lines(text_roll(score, use_unicode=False))[0].startswith("D4 |.   S---")


def test_note_just_before_the_last_bar_line_stays_in_the_roll() -> None:
    score = one_part((0, 3, 60), (3.95, 0.05, 62))
    assert roll_lines(text_roll(score, use_unicode=False))[0] == "D4 |.   .   .   .  S|"


def test_notes_in_one_column_are_counted() -> None:
    score = one_part((0, 0.05, 60), (0.06, 0.05, 60), (0.12, 0.05, 60))
    assert text_roll(score).splitlines()[-2:] == [
        "2 notes begin in the same column as another of the same pitch and part, and",
        "cannot be seen apart.",
    ]


def test_unison_of_two_voices_is_marked_and_explained() -> None:
    one = one_part((0, 1, 60)).parts[0]
    score = Score(
        ticks_per_quarter=TICKS,
        parts=(
            one,
            Part(
                name="Alto", notes=(*one.notes, Note(onset=480, duration=480, pitch=60))
            ),
        ),
    )
    text = text_roll(score, use_unicode=False)
    assert "* several at once" in text
    assert "C4 |*---A---.   .   |" in text


def test_beginning_shows_through_a_held_note() -> None:
    score = Score(
        ticks_per_quarter=TICKS,
        parts=(
            one_part((0, 4, 60)).parts[0],
            one_part((1, 1, 60), name="Alto").parts[0],
        ),
    )
    assert "C4 |S---A-----------|" in text_roll(score, use_unicode=False)
    assert "*" not in text_roll(score, use_unicode=False)


def test_drums_have_rows_of_keys() -> None:
    score = one_part((0, 0.25, 36), (1, 0.25, 38), name="Kit", is_drum=True)
    text = text_roll(score, use_unicode=False)
    assert text.splitlines()[0] == "x Kit (drums)   1 column = a sixteenth"
    assert roll_lines(text) == [
        "key 38 |.   x   .   .   |",
        "key 36 |x   .   .   .   |",
    ]


def test_row_used_by_a_voice_and_a_drum_has_the_pitch_name() -> None:
    drum = one_part((0, 0.25, 60), name="Kit", is_drum=True).parts[0]
    voice = one_part((1, 1, 60)).parts[0]
    for parts in ((drum, voice), (voice, drum)):
        text = text_roll(Score(ticks_per_quarter=TICKS, parts=parts), use_unicode=False)
        assert roll_lines(text) == ["C4 |x   S---.   .   |"]


def test_rows_are_named_in_the_key() -> None:
    score = one_part((0, 1, 63), key_signatures=(KeySignature(tick=0, sharps=-3),))
    assert "Eb4 |S---" in text_roll(score, use_unicode=False)


def test_title_of_a_stranger_cannot_steer_the_terminal() -> None:
    score = one_part((0, 1, 60), name="\x1b[2J\x1b]0;x\x07", title="a\x1b[31m\nb")
    assert "\x1b" not in text_roll(score)
    assert text_roll(score, title="Mine\x07").splitlines()[0] == "Mine"


def test_ascii_roll_is_ascii() -> None:
    text = text_roll(
        one_part(
            (0, 1, 60), name="Bläser \N{CJK UNIFIED IDEOGRAPH-65E5}", title="Café"
        ),
        use_unicode=False,
    )
    assert text.isascii()
    assert text.splitlines()[:2] == ["Cafe", "B Blaser ?   1 column = a sixteenth"]


def test_very_long_score_is_cut_and_says_so() -> None:
    score = one_part((0, 1, 60), (4 * 1500 - 1, 1, 60))
    last = text_roll(score, width_columns=200).splitlines()[-1]
    assert last.startswith("Bars 1001 to 1500 are not shown")
    excerpt = text_roll(score, bars=BarRange(first=1400, last=1450))
    assert "not shown" not in excerpt


def test_score_without_notes_is_an_error() -> None:
    with pytest.raises(EmptyScoreError, match="nothing to show"):
        text_roll(one_part())


def test_range_outside_the_score_is_an_error() -> None:
    with pytest.raises(UsageError, match="bar 9 is not in the score"):
        text_roll(chorale(), bars=BarRange(first=9))


def test_given_part_outside_the_score_is_an_error() -> None:
    with pytest.raises(VoiceNotFoundError, match="part 5"):
        text_roll(chorale(), given_parts=frozenset({4}))


def test_too_narrow_a_width_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 20; got 19"):
        text_roll(chorale(), width_columns=19)


@given(
    notes=st.lists(
        st.tuples(st.integers(0, 9000), st.integers(0, 3000), st.integers(0, 127)),
        min_size=1,
        max_size=12,
    ),
    width=st.integers(20, 90),
    numerator=st.integers(1, 13),
    denominator=st.sampled_from([2, 4, 8, 16]),
    pickup=st.integers(0, 900),
)
def test_every_note_begins_somewhere(
    notes: list[tuple[int, int, int]],
    width: int,
    numerator: int,
    denominator: int,
    pickup: int,
) -> None:
    score = Score(
        ticks_per_quarter=TICKS,
        pickup=pickup,
        time_signatures=(
            TimeSignature(tick=0, numerator=numerator, denominator=denominator),
        ),
        parts=(
            Part(
                name="Zink",
                notes=tuple(
                    Note(onset=onset, duration=length, pitch=pitch)
                    for onset, length, pitch in sorted(notes)
                ),
            ),
        ),
    )
    lines = text_roll(score, width_columns=width, use_unicode=False).splitlines()
    merged = re.findall(r"^(\d+) notes? begins?", "\n".join(lines), re.MULTILINE)
    rows = [line for line in lines if re.match(r" *[A-G][#b]?-?\d+ ", line)]
    begun = sum(line.count("Z") for line in rows)
    assert begun + sum(map(int, merged)) == len(notes)
    assert all(len(line) <= width for line in lines)
