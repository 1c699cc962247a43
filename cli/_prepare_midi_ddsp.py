"""`musegen data prepare midi-ddsp`: recordings or the virtual player to a clip file."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen.cli._clip_options import ClipWishes
from musegen.cli._errors import EXIT_FAILURE
from musegen.cli._output import Item, Output, table
from musegen.data.errors import UsageError
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.data.preparation.records import Rejection
    from musegen.midi_ddsp.records.preparing import PreparedClips
    from musegen.midi_ddsp.records.schema import ClipLayout
    from musegen.midi_ddsp.records.splits import SplitRule

COLLECTION = "midi-ddsp"
MAX_CLIP_S = 300.0
"""Longest clip; the writer holds 32 of them."""
_PLAYER_ONLY = frozenset({"--minutes", "--style", "--sound-font", "--seed"})
_RECORDINGS_ONLY = frozenset(
    {"--notes", "--align", "--min-seconds", "--min-note-seconds"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What there is to do, wherever it comes from."""

    jobs: Sequence[Any]
    analyse: Callable[[Any], Any]
    source: str
    rejections: tuple[Rejection, ...]
    notices: tuple[Notice, ...]
    description: str
    duration_s: Callable[[Any], float]

    def pieces(self) -> list[str]:
        """Return the piece of every job."""
        return [job.piece for job in self.jobs]


def refuse_clip_options(wishes: ClipWishes, *, collection: str) -> None:
    """Refuse the options of clips for a collection that is not made of clips.

    Raises:
        UsageError: One was given.
    """
    wishes.refuse_given(
        frozenset(wishes.given), because=f"is of midi-ddsp, not of {collection}"
    )


def prepare_midi_ddsp(
    wishes: ClipWishes,
    path: Path | None,
    *,
    overwrite: bool,
    item: Item,
    output: Output,
) -> None:
    """Prepare a clip file, or count what it would hold.

    Args:
        wishes: The options.
        path: Where the file goes; None is stdout, which is refused.
        overwrite: Whether an existing file may be replaced.
        item: Takes what was done.
        output: Takes what is said.

    Raises:
        UsageError: Options contradict one another.
        InputError: Not one recording gave a clip.
    """
    from musegen.midi_ddsp.records.preparing import prepare_clips

    _check(wishes)
    if path is None and not wishes.is_dry_run:
        raise UsageError("clips are too many for stdout: name a file with -o FILE")
    rule, layout = _rule(wishes), _layout(wishes)
    work = _player_work(wishes) if wishes.from_player else _recordings_work(wishes)
    rule.check_pieces(work.pieces())
    for notice in work.notices:
        item.notice(notice)
    if path is None:
        _tell_counts(work, rule, item, output)
        return
    with output.progress(work.description, len(work.jobs)) as advance:
        prepared = prepare_clips(
            work.jobs,
            work.analyse,
            path=path,
            rule=rule,
            layout=layout,
            source=work.source,
            versions=_versions(),
            rejections=work.rejections,
            workers=wishes.workers,
            overwrite=overwrite,
            advance=advance,
        )
    _tell_prepared(prepared, rule, item, output)


def _check(wishes: ClipWishes) -> None:
    if bool(wishes.from_player) == (wishes.from_recordings is not None):
        raise UsageError(
            "say where the sound comes from: --from-recordings FOLDER, or "
            "--from-player chorales (or a score), one of the two"
        )
    if wishes.from_player:
        wishes.refuse_given(_RECORDINGS_ONLY, because="is of --from-recordings only")
        if not wishes.instruments:
            raise UsageError("--from-player needs --instrument NAME, one or several")
    else:
        wishes.refuse_given(_PLAYER_ONLY, because="is of --from-player only")
        if wishes.notes == "paired":
            wishes.refuse_given(
                frozenset({"--min-note-seconds"}),
                because="does nothing with --notes paired, where no notes are heard",
            )
        if len(wishes.instruments) > 1:
            raise UsageError(
                "--instrument says what plays in all recordings: give one, or put the "
                "instruments into the names of the files"
            )


def _rule(wishes: ClipWishes) -> SplitRule:
    from musegen.midi_ddsp.records.splits import SplitRule

    train, valid, test = wishes.split_shares
    return SplitRule(
        train=train,
        valid=valid,
        test=test,
        valid_pieces=wishes.valid_pieces,
        test_pieces=wishes.test_pieces,
    )


def _layout(wishes: ClipWishes) -> ClipLayout:
    from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
    from musegen.midi_ddsp.records.schema import ClipLayout

    hop_s = wishes.clip_seconds if wishes.hop_seconds is None else wishes.hop_seconds
    if wishes.clip_seconds > MAX_CLIP_S:
        raise UsageError(
            f"--clip-seconds {wishes.clip_seconds:g} is too long: every clip is in "
            f"memory, and {MAX_CLIP_S:g} s is the longest"
        )
    if hop_s > wishes.clip_seconds:
        raise UsageError(
            f"--hop-seconds {hop_s:g} is longer than a clip of {wishes.clip_seconds:g} "
            "s: something would be left out"
        )
    return ClipLayout(
        clip_frames=round(wishes.clip_seconds * FRAME_RATE_HZ),
        hop_frames=round(hop_s * FRAME_RATE_HZ),
    )


def _recordings_work(wishes: ClipWishes) -> _Work:
    from musegen.midi_ddsp.analysis.segmentation import MIN_NOTE_S
    from musegen.midi_ddsp.records.analysing import AnalysisSettings, analyse_recording
    from musegen.midi_ddsp.records.recordings import NOT_STATED, find_recordings

    folder = wishes.from_recordings
    if folder is None:
        raise UsageError("--from-recordings FOLDER is needed")
    instrument = wishes.instruments[0] if wishes.instruments else None
    found = find_recordings(folder, instrument=instrument, licence=wishes.licence)
    settings = AnalysisSettings(
        notes=wishes.notes,
        is_aligned=wishes.align,
        min_duration_s=wishes.min_seconds,
        min_note_s=(
            MIN_NOTE_S if wishes.min_note_seconds is None else wishes.min_note_seconds
        ),
    )
    notices = list(found.notices)
    unstated = sum(job.licence == NOT_STATED for job in found.jobs)
    if unstated:
        notices.append(
            Notice(
                code="licence-not-stated",
                message=f"the licence of {unstated} recordings is not stated: say it "
                "with --licence, or put a file LICENSE beside them",
            )
        )
    return _Work(
        jobs=found.jobs,
        analyse=functools.partial(analyse_recording, settings=settings),
        source=f"recordings in {folder.name or folder.resolve().name}",
        rejections=found.rejections,
        notices=tuple(notices),
        description="Analysing recordings",
        duration_s=_declared_s,
    )


def _declared_s(job: Any) -> float:  # noqa: ANN401 - a RecordingJob, not imported here
    """Return how long a recording says it is; 0 where that cannot be had."""
    from musegen.data.errors import InputError
    from musegen.midi_ddsp.audio.reading import open_audio

    try:
        with open_audio(job.audio) as stream:
            return stream.declared_duration_s
    except InputError:
        return 0.0


def _player_work(wishes: ClipWishes) -> _Work:
    from musegen.midi_ddsp.player.sound_fonts import find_sound_font
    from musegen.midi_ddsp.player.styles import STYLES, style_named
    from musegen.midi_ddsp.records.performances import perform, plan_performances
    from musegen.midi_ddsp.records.tunes import COLLECTIONS

    if set(wishes.from_player) <= set(COLLECTIONS):
        wishes.refuse_given(
            frozenset({"--licence"}),
            because="is of scores; that of a collection is known",
        )
    font = find_sound_font(wishes.sound_font)
    plan = plan_performances(
        wishes.from_player,
        wishes.instruments,
        minutes=wishes.minutes,
        seed=wishes.seed,
        styles=[style_named(name).name for name in wishes.styles] or list(STYLES),
        licence=wishes.licence,
        sound_font=font.path,
    )
    return _Work(
        jobs=plan.jobs,
        analyse=perform,
        source=f"virtual player with {font.path.name}, seed {wishes.seed}: "
        f"{', '.join(Path(name).name for name in wishes.from_player)}",
        rejections=plan.rejections,
        notices=(*font.notices, *plan.notices),
        description="Playing tunes",
        duration_s=lambda job: float(job.duration_s),
    )


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("numpy", "soxr", "swift-f0", "pyfluidsynth", "music21"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _tell_counts(work: _Work, rule: SplitRule, item: Item, output: Output) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    for job in work.jobs:
        key = rule.split_of(job.piece), job.instrument or "?"
        counts[key] += 1
        seconds[key] += work.duration_s(job)
    groups = [
        {
            "split": split,
            "instrument": instrument,
            "recordings": counts[split, instrument],
            "minutes": round(seconds[split, instrument] / 60, 2),
        }
        for split, instrument in sorted(counts)
    ]
    item.set(
        dry_run=True,
        read=len(work.jobs) + len(work.rejections),
        groups=groups,
        rejected=[asdict(rejection) for rejection in work.rejections],
    )
    _tell_rejections(work.rejections, item, output)
    output.result(
        human=table(
            ("SPLIT", "INSTRUMENT", "RECORDINGS", "MINUTES"),
            [[str(value) for value in group.values()] for group in groups],
        )
    )
    output.note("nothing was written (--dry-run)")


def _tell_prepared(
    prepared: PreparedClips, rule: SplitRule, item: Item, output: Output
) -> None:
    from musegen.midi_ddsp.records.preparing import empty_split_notices

    metadata = prepared.metadata
    item.output(prepared.path, format="parquet", records=prepared.num_clips)
    item.set(
        read=metadata.num_read,
        written=prepared.num_recordings,
        clips=prepared.num_clips,
        minutes=round(prepared.duration_s / 60, 2),
        rejected=[asdict(rejection) for rejection in metadata.rejections],
        remarks=[asdict(remark) for remark in prepared.remarks],
        content_sha256=metadata.content_sha256,
        licence=metadata.licence,
        source=metadata.source,
        versions=dict(metadata.versions),
    )
    _tell_rejections(metadata.rejections, item, output)
    for notice in empty_split_notices(rule, prepared.pieces):
        item.notice(notice)
    remarked = Counter(remark.code for remark in prepared.remarks)
    if remarked:
        output.note(
            "remarks: "
            + ", ".join(f"{code} {count}" for code, count in sorted(remarked.items()))
            + " (see  musegen data inspect)"
        )
    output.note(
        f"read {metadata.num_read}, written {prepared.num_recordings}, rejected "
        f"{len(metadata.rejections)}; {prepared.num_clips} clips of "
        f"{prepared.duration_s / 60:.1f} minutes"
    )
    output.note(f"licence: {metadata.licence}")


def _tell_rejections(
    rejections: Sequence[Rejection], item: Item, output: Output
) -> None:
    for rejection in rejections:
        output.report.failure_codes.append(EXIT_FAILURE)
        item.notice(Notice(code=rejection.reason, message=str(rejection)))
