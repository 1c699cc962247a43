"""Harmonises many melodies and checks that each comes back exactly as it was.

The melodies of `tests/resources/melodies` and the sopranos of the chorale test split go
through `musegen harmonize`. What is compared is what the MIDI files say, read again.
Exits 1 if anything of any melody is lost.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from musegen.cli.main import run
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.score import Note, Part, Score
from musegen.data.voices import extract_melody

MELODIES = Path(__file__).parent.parent / "tests" / "resources" / "melodies"
SCORE_FACTS = (
    "ticks_per_quarter",
    "tempos",
    "time_signatures",
    "key_signatures",
    "pickup",
    "title",
    "markers",
)
PART_FACTS = (
    "name",
    "program",
    "program_changes",
    "channel",
    "lyrics",
    "controls",
    "pitch_bends",
)
NOTE_FACTS = ("onset", "duration", "pitch", "velocity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One melody before and after.

    Args:
        num_notes: Notes that were given.
        num_rests: Gaps between them.
        num_notes_back: Notes that came back exactly, each in its place.
        num_rests_back: Gaps that came back exactly.
        lost: Names of the facts that changed.
    """

    num_notes: int
    num_rests: int
    num_notes_back: int
    num_rests_back: int
    lost: tuple[str, ...]


def compare(before: Score, after: Score, *, voice: str | None = None) -> Comparison:
    """Compare the melody of a score with the first part of its harmonisation.

    Args:
        before: What was read.
        after: What was written, read again.
        voice: Which line was the melody, as for `--voice`.
    """
    melody = extract_melody(before, voice=voice)
    given = replace(before.parts[melody.part_index], notes=melody.notes)
    found = after.parts[0] if after.parts else Part()
    rests, rests_back = _rests(given.notes), _rests(found.notes)
    facts = {
        **{name: (getattr(before, name), getattr(after, name)) for name in SCORE_FACTS},
        **{name: (getattr(given, name), getattr(found, name)) for name in PART_FACTS},
        **{
            name: tuple(
                [getattr(note, name) for note in part.notes] for part in (given, found)
            )
            for name in NOTE_FACTS
        },
        "rests": (rests, rests_back),
    }
    return Comparison(
        num_notes=len(given.notes),
        num_rests=len(rests),
        num_notes_back=_num_common(given.notes, found.notes),
        num_rests_back=_num_common(rests, rests_back),
        lost=tuple(name for name, (old, new) in facts.items() if old != new),
    )


def _num_common(old: Sequence[object], new: Sequence[object]) -> int:
    return (Counter(old) & Counter(new)).total()


def _rests(notes: Sequence[Note]) -> list[tuple[int, int]]:
    """First tick of every silence and the tick after it, the leading one included."""
    rests, end = [], 0
    for note in sorted(notes):
        if note.onset > end:
            rests.append((end, note.onset))
        end = max(end, note.end)
    return rests


def write_sopranos(folder: Path) -> list[Path]:
    """Write the sopranos of the chorale test split, one MIDI file each."""
    from musegen.data.corpora.chorales import load_chorales

    folder.mkdir()
    paths = []
    for chorale in load_chorales("test"):
        path = folder / f"{chorale.index:02d}_bwv{chorale.bwv}.mid"
        soprano = replace(chorale.score, parts=chorale.score.parts[:1])
        path.write_bytes(midi_bytes(soprano))
        paths.append(path)
    return paths


def check(
    paths: Sequence[Path], out: Path, arguments: Sequence[str]
) -> list[Comparison]:
    """Harmonise files into a folder and compare each; tells the losses on stderr."""
    words = ["harmonize", *map(str, paths), "-d", str(out), "--quiet", *arguments]
    with contextlib.redirect_stdout(io.StringIO()):  # the paths of what was written
        code = run(words)
    if code:
        print(f"musegen harmonize ended with exit code {code}", file=sys.stderr)
    comparisons = []
    for path in paths:
        before = read_midi(path).score
        written = out / f"{path.stem}.harmonized.mid"
        after = (
            read_midi(written).score if written.exists() else replace(before, parts=())
        )
        comparison = compare(before, after)
        if comparison.lost:
            print(f"{path.name}: lost {', '.join(comparison.lost)}", file=sys.stderr)
        comparisons.append(comparison)
    return comparisons


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", help="of musegen harmonize (default: its own)")
    parser.add_argument("--model", help="of musegen harmonize (default: its own)")
    parser.add_argument("--seed", default="0", help="of musegen harmonize")
    parser.add_argument("--no-chorales", action="store_true", help="the folder alone")
    options = parser.parse_args(arguments)
    passed = ["--seed", options.seed]
    for name in ("steps", "model"):
        if value := getattr(options, name):
            passed += [f"--{name}", value]
    is_lossless = True
    row = "{:<28} {:>9} {:>15} {:>13} {:>9}"
    with tempfile.TemporaryDirectory() as scratch:
        groups = {"tests/resources/melodies": sorted(MELODIES.glob("*.mid"))}
        if not options.no_chorales:
            sopranos = write_sopranos(Path(scratch, "sopranos"))
            groups["sopranos of the test split"] = sopranos
        print(row.format("melodies", "files", "notes back", "rests back", "intact"))
        for index, (name, paths) in enumerate(groups.items()):
            found = check(paths, Path(scratch, str(index)), passed)
            intact = sum(not comparison.lost for comparison in found)
            is_lossless &= bool(found) and intact == len(found)
            print(
                row.format(
                    name,
                    len(found),
                    f"{sum(c.num_notes_back for c in found)}/"
                    f"{sum(c.num_notes for c in found)}",
                    f"{sum(c.num_rests_back for c in found)}/"
                    f"{sum(c.num_rests for c in found)}",
                    f"{intact}/{len(found)}",
                )
            )
    return 0 if is_lossless else 1


if __name__ == "__main__":
    sys.exit(main())
