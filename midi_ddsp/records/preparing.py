"""Many recordings to one clip file: a pool of processes, the same bytes however large.

Outcomes are taken in the order of the jobs, so neither the number of workers nor their
speed changes the file; only a few recordings are in memory at a time.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from musegen import __version__
from musegen.data.errors import InputError, UsageError
from musegen.data.notices import Notice
from musegen.data.preparation.records import RecordMetadata, Rejection
from musegen.midi_ddsp.records.clip_writing import ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout
from musegen.midi_ddsp.records.splits import SplitRule
from musegen.midi_ddsp.records.summaries import Remark

Job = TypeVar("Job")
Result = TypeVar("Result")

MAX_WORKERS = 64
_AHEAD = 2  # jobs a worker may be ahead of the writer


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedClips:
    """A clip file that was written.

    Args:
        path: Where it is.
        metadata: What stands in it.
        num_clips: Rows.
        num_recordings: Recordings that gave clips.
        duration_s: Of these recordings together.
        remarks: What there is to know of them.
        pieces: Of the clips, sorted.
    """

    path: Path
    metadata: RecordMetadata
    num_clips: int
    num_recordings: int
    duration_s: float
    remarks: tuple[Remark, ...]
    pieces: tuple[str, ...]


def prepare_clips(
    jobs: Sequence[Job],
    analyse: Callable[[Job], AnalysedRecording | Rejection],
    *,
    path: Path,
    rule: SplitRule,
    layout: ClipLayout,
    source: str,
    versions: dict[str, str] | None = None,
    rejections: Sequence[Rejection] = (),
    workers: int = 1,
    overwrite: bool = False,
    advance: Callable[[int], object] | None = None,
) -> PreparedClips:
    """Analyse recordings, cut them into clips and write a file.

    Args:
        jobs: In the order of the file.
        analyse: The stage; with several workers it must be picklable.
        path: Where to write.
        rule: Which piece goes to which split.
        layout: Of the clips.
        source: Where the inputs are from, in words.
        versions: Of packages that decided the content, beside musegen.
        rejections: What was rejected before.
        workers: Processes, 1 to 64; 1 works in this one. Does not change the file.
        overwrite: Whether an existing file may be replaced.
        advance: Called with 1 after each job.

    Raises:
        InputError: Not one recording gave a clip.
        UsageError: `workers` is out of its range.
        OutputError: The file cannot be written.
    """
    refused = list(rejections)
    remarks: list[Remark] = []
    pieces: set[str] = set()
    num_recordings = num_samples = 0
    with ClipWriter(path, layout=layout, overwrite=overwrite) as writer:
        for outcome in in_order(analyse, jobs, workers=workers):
            if isinstance(outcome, Rejection):
                refused.append(outcome)
            else:
                split = rule.split_of(outcome.piece)
                for clip in cut_clips(outcome, split=split, layout=layout):
                    writer.add(clip)
                pieces.add(outcome.piece)
                remarks += _remarks(outcome)
                num_recordings += 1
                num_samples += len(outcome.audio)
            if advance is not None:
                advance(1)
        if not num_recordings:
            raise InputError(_nothing(refused))
        metadata = writer.finish(
            source=source,
            versions={**(versions or {}), "musegen": __version__},
            rejections=refused,
            remarks=remarks,
        )
        return PreparedClips(
            path=path,
            metadata=metadata,
            num_clips=writer.num_clips,
            num_recordings=num_recordings,
            duration_s=num_samples / layout.sample_rate,
            remarks=tuple(remarks),
            pieces=tuple(sorted(pieces)),
        )


def in_order(
    work: Callable[[Job], Result], jobs: Sequence[Job], *, workers: int
) -> Iterator[Result]:
    """Yield the result of every job in the order of the jobs.

    Args:
        work: Picklable where there are several workers.
        jobs: Picklable likewise.
        workers: Processes; 1 works in this one.

    Raises:
        UsageError: `workers` is out of its range.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise UsageError(f"workers are 1 to {MAX_WORKERS}; got {workers}")
    if workers == 1 or len(jobs) < 2:
        yield from map(work, jobs)
        return
    # The first here, so that a package that is missing is said before the pool starts.
    yield work(jobs[0])
    # A forked child would inherit the threads of ONNX Runtime, which then hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for job in jobs[1:]:
                waiting.append(pool.submit(work, job))
                if len(waiting) > _AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def empty_split_notices(rule: SplitRule, pieces: Sequence[str]) -> tuple[Notice, ...]:
    """Say which splits get no piece though a share of them is asked for.

    Args:
        rule: What divides.
        pieces: Those that gave clips; twice the same counts once.
    """
    counts = Counter(rule.split_of(piece) for piece in set(pieces))
    shares = {"train": rule.train, "valid": rule.valid, "test": rule.test}
    return tuple(
        Notice(
            code="empty-split",
            message=f"no piece falls to {split}: {len(set(pieces))} are few; name some "
            f"with --{split}-piece"
            if split != "train"
            else "no piece falls to train",
        )
        for split, share in shares.items()
        if share > 0.0 and not counts.get(split)  # type: ignore[call-overload]
    )


def _remarks(outcome: AnalysedRecording) -> list[Remark]:
    return [
        Remark(source=outcome.recording, code=notice.code, message=str(notice))
        for notice in outcome.notices
    ]


def _nothing(refused: Sequence[Rejection]) -> str:
    reasons = Counter(rejection.reason for rejection in refused)
    counted = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    last = f"; the last: {refused[-1]}" if refused else ""
    return f"not one recording gave a clip ({counted or 'there were none'}){last}"
