from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from musegen.data.corpora.chorales import Chorale
from musegen.data.preparation.chorale_checks import (
    chorale_problems,
    count_chorales,
    find_problems,
    key_name,
)
from musegen.data.preparation.chorale_records import (
    chorale_schema,
    chorale_to_row,
    encode_chorales,
)
from musegen.data.preparation.records import RecordFile, Rejection, Row
from musegen.data.score import Note, Part, Score

STEPS = 8
Change = Callable[[npt.NDArray[Any]], None]


def make_chorale(**changes: object) -> Chorale:
    """Two quarters: a soprano that repeats its note, an alto that rests at first."""
    grid = np.tile(np.array([72, 64, 60, 48], dtype=np.int16), (STEPS, 1))
    grid[:4, 1] = -1
    is_onset = np.zeros((STEPS, 4), dtype=np.bool_)
    is_onset[0] = [True, False, True, True]
    is_onset[4] = [True, True, False, False]
    part = Part(notes=(Note(onset=0, duration=960, pitch=72),))
    chorale = Chorale(
        split="train",
        index=0,
        bwv="0",
        file="bwv0.mxl",
        title="",
        score=Score(ticks_per_quarter=480, parts=(part,) * 4),
        grid=grid,
        is_onset=is_onset,
        is_fermata=np.arange(STEPS) >= 6,
        bar_phase=np.arange(STEPS, dtype=np.int16),
        bar_length_steps=np.full(STEPS, 12, dtype=np.int16),
        metre=np.tile(np.array([3, 4], dtype=np.int16), (STEPS, 1)),
        source_step=np.arange(STEPS, dtype=np.int32),
        sharps=1,
        is_minor=False,
        transpose_semitones=0,
        time_scale=1,
        shares_hymn_tune_with_train=False,
        agreement=1.0,
    )
    return replace(chorale, **changes)  # type: ignore[arg-type]


def make_file(*chorales: Chorale) -> RecordFile:
    """What reading the records of these chorales gives."""
    rows = tuple(chorale_to_row(chorale) for chorale in chorales)
    return RecordFile(
        metadata=encode_chorales(chorales).metadata,
        rows=rows,
        columns={field.name: str(field.type) for field in chorale_schema()},
    )


def changed(name: str, change: Change) -> Chorale:
    array = getattr(make_chorale(), name).copy()
    change(array)
    return make_chorale(**{name: array})


def put(place: Any, value: Any) -> Change:  # noqa: ANN401 - whatever NumPy takes
    def change(array: npt.NDArray[Any]) -> None:
        array[place] = value

    return change


def test_counts() -> None:
    test = make_chorale(split="test", shares_hymn_tune_with_train=True, agreement=0.5)
    counts = count_chorales([make_chorale(), make_chorale(index=1), test])
    assert list(counts.splits) == ["train", "test"]
    train = counts.splits["train"]
    assert (train.pieces, train.steps, train.notes, train.silent_cells) == (
        2,
        16,
        10,
        8,
    )
    assert (train.shortest, train.median, train.longest) == (8, 8.0, 8)
    assert train.share_under_fermata == 0.25
    assert train.ranges["alto"] == (64, 64)
    assert train.sharing_hymn_tune_with_train == 0
    assert counts.splits["test"].sharing_hymn_tune_with_train == 1
    assert counts.metres == {"3/4": 3}
    assert counts.keys == {"1 sharp, major": 3}
    assert counts.mean_agreement == pytest.approx(2.5 / 3)


def test_a_voice_that_never_sounds_has_no_range() -> None:
    silent = changed("grid", put((slice(None), 1), -1))
    assert "alto" not in count_chorales([silent]).splits["train"].ranges


@pytest.mark.parametrize(
    ("sharps", "is_minor", "name"),
    [
        (0, False, "no sharps, major"),
        (1, True, "1 sharp, minor"),
        (-1, False, "1 flat, major"),
        (-4, True, "4 flats, minor"),
    ],
)
def test_keys_in_words(sharps: int, is_minor: bool, name: str) -> None:
    assert key_name(make_chorale(sharps=sharps, is_minor=is_minor)) == name


def test_a_sound_chorale_has_no_problem() -> None:
    assert list(chorale_problems(make_chorale())) == []
    assert list(find_problems(make_file(make_chorale(), make_chorale(index=1)))) == []


@pytest.mark.parametrize(
    ("chorale", "problem"),
    [
        (changed("grid", put(0, 128)), "a pitch is not -1"),
        (changed("grid", put((0, 1), -2)), "a pitch is not -1"),
        (changed("is_onset", put((0, 1), True)), "a note begins in silence"),
        (
            changed("is_onset", put((0, 0), False)),
            "a new pitch sounds without beginning",
        ),
        (
            changed("is_onset", put((4, 1), False)),
            "a new pitch sounds without beginning",
        ),
        (changed("bar_phase", put(3, 12)), "a step lies outside its bar"),
        (changed("bar_phase", put(3, -1)), "a step lies outside its bar"),
        (changed("metre", put(2, [4, 4])), "contradict one another"),
        (changed("metre", put((2, 1), 0)), "contradict one another"),
        (make_chorale(split="dev"), "'dev' is no split"),
        (make_chorale(score=Score(ticks_per_quarter=480)), "a chorale has 4 parts"),
        (make_chorale(is_fermata=np.zeros(3, dtype=np.bool_)), "is_fermata: the shape"),
        (make_chorale(grid=np.zeros((8, 3), dtype=np.int16)), "grid: the shape"),
        (make_chorale(grid=np.zeros((0, 4), dtype=np.int16)), "the shape"),
    ],
)
def test_each_rule_is_checked(chorale: Chorale, problem: str) -> None:
    found = list(chorale_problems(chorale))
    assert any(problem in sentence for sentence in found), found


def test_altered_content_is_found() -> None:
    records = make_file(make_chorale())
    rows: tuple[Row, ...] = ({**records.rows[0], "bwv": "1"},)
    assert list(find_problems(replace(records, rows=rows))) == [
        "the content differs from its digest: the file was altered"
    ]


def test_lost_records_are_found() -> None:
    records = make_file(make_chorale())
    lost = Rejection(source="x", reason="y", message="z")
    metadata = replace(records.metadata, num_read=4, rejections=(lost,))
    assert list(find_problems(replace(records, metadata=metadata))) == [
        "4 pieces were read, but 1 written and 1 rejected"
    ]


def test_a_piece_that_stands_twice_is_found() -> None:
    records = make_file(make_chorale(), make_chorale())
    assert list(find_problems(records)) == ["train 0 is there 2 times"]


def test_another_kind_or_schema_is_found() -> None:
    records = make_file(make_chorale())
    metadata = replace(records.metadata, kind="clips")
    (problem,) = find_problems(replace(records, metadata=metadata))
    assert "kind 'clips'" in problem
    columns = {**records.columns, "tempo": "double"}
    assert list(find_problems(replace(records, columns=columns))) == [
        "the columns differ from the schema: tempo"
    ]


def test_problems_name_the_piece() -> None:
    records = make_file(changed("bar_phase", put(3, 12)))
    assert list(find_problems(records)) == [
        "train 0 (BWV 0): a step lies outside its bar"
    ]


def test_values_that_no_score_can_have_are_found() -> None:
    records = make_file(make_chorale())
    row = dict(records.rows[0])
    row["score"] = {**row["score"], "pickup": -1}
    found = list(find_problems(replace(records, rows=(row,))))
    assert found[1] == "train 0 (BWV 0): pickup is at least 0 ticks; got -1"
