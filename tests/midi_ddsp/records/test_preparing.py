from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from musegen.data.errors import InputError, MissingPackageError, UsageError
from musegen.data.notices import Notice
from musegen.data.preparation.records import Rejection
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.records.analysing import AnalysisSettings, analyse_recording
from musegen.midi_ddsp.records.clip_reading import open_clips
from musegen.midi_ddsp.records.clips import AnalysedRecording
from musegen.midi_ddsp.records.preparing import (
    PreparedClips,
    empty_split_notices,
    in_order,
    prepare_clips,
)
from musegen.midi_ddsp.records.recordings import find_recordings
from musegen.midi_ddsp.records.schema import ClipLayout
from musegen.midi_ddsp.records.splits import SplitRule

Make = Callable[..., AnalysedRecording]
Outcome = AnalysedRecording | Rejection
LAYOUT = ClipLayout(clip_frames=250, hop_frames=250)
REFUSED = Rejection(source="bad.wav", reason="silent", message="so it is")


def same(outcome: Outcome) -> Outcome:
    return outcome


def prepare(
    path: Path, outcomes: Sequence[Outcome], *, rejections: Sequence[Rejection] = ()
) -> PreparedClips:
    return prepare_clips(
        outcomes,
        same,
        path=path,
        rule=SplitRule(test_pieces=("b",)),
        layout=LAYOUT,
        source="tests",
        versions={"x": "1"},
        rejections=rejections,
    )


def test_what_was_read_is_written_or_rejected(
    make_analysed: Make, tmp_path: Path
) -> None:
    path = tmp_path / "c.parquet"
    noticed = make_analysed("b", notices=(Notice(code="clipped", message="loud"),))
    outcomes: list[Outcome] = [make_analysed("a"), REFUSED, noticed]
    alone = Rejection(source="c.mid", reason="no-recording", message="alone")
    prepared = prepare(path, outcomes, rejections=[alone])
    assert (prepared.num_recordings, prepared.num_clips) == (2, 10)
    assert prepared.duration_s == 10.0
    assert prepared.pieces == ("a", "b")
    assert prepared.metadata.num_read == 4
    assert prepared.metadata.rejections == (alone, REFUSED)
    assert [(r.source, r.code) for r in prepared.remarks] == [("b.wav", "clipped")]
    with open_clips(path) as clips:
        assert clips.where(split="test").tolist() == [5, 6, 7, 8, 9]
        assert set(clips.metadata.versions) == {"x", "musegen"}
        assert clips.summary.remarks == prepared.remarks


def test_a_run_that_gives_nothing_fails_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    with pytest.raises(InputError, match=r"\(2 silent\); the last: bad.wav: so it is"):
        prepare(path, [REFUSED, REFUSED])
    named = Rejection(source="b.wav", reason="silent", message="b.wav: so it is")
    with pytest.raises(InputError, match=r"the last: b.wav: so it is$"):
        prepare(path, [named])
    with pytest.raises(InputError, match="there were none"):
        prepare(path, [])
    assert list(tmp_path.iterdir()) == []


def test_every_job_moves_the_bar(make_analysed: Make, tmp_path: Path) -> None:
    steps: list[int] = []
    outcomes: list[Outcome] = [make_analysed("a"), REFUSED]
    prepare_clips(
        outcomes,
        same,
        path=tmp_path / "c.parquet",
        rule=SplitRule(),
        layout=LAYOUT,
        source="tests",
        advance=steps.append,
    )
    assert steps == [1, 1]


def test_results_come_in_the_order_of_the_jobs() -> None:
    jobs = list(range(-20, 5))
    expected = [abs(job) for job in jobs]
    assert list(in_order(abs, jobs, workers=1)) == expected
    assert list(in_order(abs, jobs, workers=2)) == expected


def test_a_missing_package_is_said_whatever_the_workers() -> None:
    def fail(job: int) -> int:
        raise MissingPackageError("x", extra="player", purpose=f"Playing {job}")

    for workers in (1, 2):
        with pytest.raises(MissingPackageError, match="Playing 1 needs"):
            list(in_order(fail, [1, 2, 3], workers=workers))


@pytest.mark.parametrize("workers", [0, 65])
def test_workers_are_one_to_64(workers: int) -> None:
    with pytest.raises(UsageError, match=f"got {workers}"):
        list(in_order(abs, [1], workers=workers))


def test_the_file_does_not_depend_on_the_workers(
    tmp_path: Path,
    write_sound: Callable[..., Path],
    make_scale: Callable[..., tuple[PlayedNote, ...]],
) -> None:
    folder = tmp_path / "takes"
    for name, pitches in {"a": (60, 64, 67), "b": (72, 71, 69), "c": ()}.items():
        notes = make_scale(*pitches)
        if notes:
            write_sound(folder / f"{name}_vn.wav", notes)
            lines = [f"{n.onset_s},{n.offset_s},{n.pitch}" for n in notes]
            text = "\n".join(["onset,offset,pitch", *lines])
            (folder / f"{name}_vn.csv").write_text(text)
        else:
            (folder / f"{name}_vn.wav").write_text("no sound")
    files = []
    for workers in (1, 2):
        path = tmp_path / f"{workers}.parquet"
        prepared = prepare_clips(
            find_recordings(folder).jobs,
            functools.partial(analyse_recording, settings=AnalysisSettings()),
            path=path,
            rule=SplitRule(),
            layout=LAYOUT,
            source="tests",
            workers=workers,
        )
        assert [r.source for r in prepared.metadata.rejections] == ["c_vn.wav"]
        assert prepared.num_recordings == 2
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_a_split_that_gets_nothing_is_said() -> None:
    assert empty_split_notices(SplitRule(), [f"p{k}" for k in range(200)]) == ()
    rule = SplitRule(train=0.0, valid=0.0, test=1.0)
    assert empty_split_notices(rule, ["p"]) == ()
    found = empty_split_notices(SplitRule(test_pieces=("p",)), ["p", "p"])
    assert [notice.message.partition(":")[0] for notice in found] == [
        "no piece falls to train",
        "no piece falls to valid",
    ]
