"""What `musegen data inspect`, `stats` and `verify` say of clip files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._output import Item, Output, table

if TYPE_CHECKING:
    from musegen.midi_ddsp.records.checks import ClipCounts, GroupCounts


def is_clips(file: Path) -> bool:
    """Return whether a file holds clips; False also for what is no Parquet."""
    from musegen.data.preparation.records import is_record_file

    if not is_record_file(file):
        return False
    from musegen.midi_ddsp.records.clip_reading import is_clip_file

    return is_clip_file(file)


def inspect_clips(file: Path, item: Item, output: Output) -> None:
    """List the recordings of a clip file, and those that were rejected, with reasons.

    Args:
        file: A clip file.
        item: Takes the fields.
        output: Takes the tables.
    """
    from musegen.midi_ddsp.records.clip_reading import open_clips

    recordings: dict[str, dict[str, object]] = {}
    with open_clips(file) as clips:
        rate = clips.summary.layout.frame_rate_hz
        remarks = [asdict(remark) for remark in clips.summary.remarks]
        rejected = [asdict(rejection) for rejection in clips.metadata.rejections]
        source = clips.metadata.source
        for clip in clips:
            found = recordings.setdefault(
                clip.recording,
                {
                    "recording": clip.recording,
                    "piece": clip.piece,
                    "split": clip.split,
                    "instrument": clip.instrument,
                    "notes_from": clip.notes_from,
                    "licence": clip.licence,
                    "source": clip.source,
                },
            )
            found["clips"] = clip.clip + 1
            end_s = (clip.start_frame + clip.num_frames) / rate
            found["seconds"] = round(end_s, 3)
            last = max((note.index for note in clip.notes), default=-1)
            found["notes"] = max(last + 1, int(str(found.get("notes", 0))))
    item.set(
        recordings=list(recordings.values()),
        rejected=rejected,
        remarks=remarks,
        source=source,
    )
    columns = ("recording", "split", "instrument", "clips", "seconds", "notes")
    parts = [
        table(
            [name.upper() for name in (*columns, "notes from")],
            [
                [str(row[name]) for name in (*columns, "notes_from")]
                for row in recordings.values()
            ],
        )
    ]
    for title, rows, kind in (
        ("REJECTED", rejected, "reason"),
        ("REMARK ON", remarks, "code"),
    ):
        if rows:
            cells = [[str(row[n]) for n in ("source", kind, "message")] for row in rows]
            parts.append(table((title, kind.upper(), "FOUND"), cells))
    output.result(human="\n\n".join(parts))


def tell_counts(file: Path, item: Item, output: Output) -> None:
    """Count a clip file.

    Args:
        file: A clip file.
        item: Takes the fields.
        output: Takes the tables.
    """
    from musegen.midi_ddsp.records.checks import count_clips
    from musegen.midi_ddsp.records.clip_reading import open_clips

    with open_clips(file) as clips:
        with output.progress("Counting clips") as advance:
            counts = count_clips(clips)
            advance(1)
        item.set(**asdict(counts), layout=asdict(clips.summary.layout))
    output.result(human=_counts_text(counts))


def check_clips(file: Path, output: Output) -> tuple[list[str], int, str]:
    """Return the problems of a clip file, its number of clips and its digest.

    Args:
        file: A clip file.
        output: Shows the progress.
    """
    from musegen.midi_ddsp.records.checks import find_problems
    from musegen.midi_ddsp.records.clip_reading import open_clips

    with open_clips(file) as clips, output.progress("Checking clips") as advance:
        problems = list(find_problems(clips))
        advance(1)
        return problems, len(clips), clips.metadata.content_sha256


def _counts_text(counts: ClipCounts) -> str:
    header = (
        *("SPLIT", "INSTRUMENT", "PIECES", "RECORDINGS", "CLIPS", "MINUTES", "NOTES"),
        *("PITCHES", "VOICED", "LOUDNESS DB"),
    )
    tables = [table(header, [_group_row(group) for group in counts.groups])]
    licences = sorted(counts.licence_minutes.items(), key=lambda pair: -pair[1])
    tables.append(
        table(
            ("LICENCE", "MINUTES"),
            [(name, f"{minutes:.2f}") for name, minutes in licences],
        )
    )
    tables.append(
        table(
            ("NOTES FROM", "CLIPS"),
            [(name, str(count)) for name, count in sorted(counts.notes_from.items())],
        )
    )
    if counts.rejections:
        rows = [(name, str(count)) for name, count in sorted(counts.rejections.items())]
        tables.append(table(("REJECTED", "RECORDINGS"), rows))
    return "\n\n".join(tables)


def _group_row(group: GroupCounts) -> tuple[str, ...]:
    pitches = f"{group.lowest_pitch}/{group.median_pitch}/{group.highest_pitch}"
    return (
        group.split,
        group.instrument,
        str(group.pieces),
        str(group.recordings),
        str(group.clips),
        f"{group.minutes:.2f}",
        str(group.notes),
        "none" if group.lowest_pitch is None else pitches,
        f"{group.voiced_share:.0%}",
        "/".join(str(round(level)) for level in group.loudness_db),
    )
