"""The same score by FluidSynth and by `musegen synth`: a page with sound and figures.

    python benchmarks/beside_fluidsynth.py quartet.mid -o quartet.html
    python benchmarks/beside_fluidsynth.py air.mid -o air.html -- --instrument flute
    python benchmarks/beside_fluidsynth.py           # a minute of legato, figures only

The page is one file that needs nothing else. Tuning, onsets and vibrato are measured
line by line (`performance_figures`): on the stems of `musegen synth`, and on the same
notes of the same parts by FluidSynth, each line alone. Percussion is heard, not
measured. Speed: of the whole process of `musegen synth`, beside FluidSynth inside a
process that has begun.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import odd_midi_music as music
import odd_midi_writing as w
from beside_page import Side, page_html
from numpy.typing import NDArray
from odd_files import COMMAND, play
from performance_figures import (
    VIBRATO_CENTS,
    SustainedNote,
    level_figures,
    onset_errors_ms,
    summarise_onsets,
    sustained_notes,
    tuning_error_cents,
    vibrato_share,
)

from musegen.data.errors import MusegenError
from musegen.data.files import read_score
from musegen.data.score import Note, Score
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.parts.planning import plan_parts
from musegen.midi_ddsp.parts.timing import TempoMap
from musegen.midi_ddsp.player.sound_fonts import find_sound_font
from musegen.midi_ddsp.synthesizing.sound_font_parts import (
    iterate_sound_font_part,
    render_score,
)

Floats = NDArray[np.float32]

TIME_LIMIT_S = 7200.0
ROW = "{:<52}{:>14}{:>14}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """A score as one of the two plays it.

    Args:
        mix: [N, 2], all of it.
        stems: By line of the plan: [N], that line alone.
        seconds: Wall time of the mix.
        peak_mb: Peak memory of the process, NaN where it was not one.
    """

    mix: Floats
    stems: Mapping[int, Floats]
    seconds: float
    peak_mb: float = float("nan")


# === Playing ===


def play_by_fluidsynth(
    score: Score, lines: Sequence[PlayablePart], *, sound_font: Path, sample_rate: int
) -> Performance:
    """Play the whole score, and each of the lines alone."""
    started = time.perf_counter()
    mix = render_score(score, sound_font=sound_font, sample_rate=sample_rate)
    seconds = time.perf_counter() - started
    stems = {
        index: np.concatenate(
            [
                np.zeros(0, np.float32),
                *iterate_sound_font_part(
                    line_alone(score, line),
                    line.part_index,
                    sound_font=sound_font,
                    sample_rate=sample_rate,
                ),
            ]
        )
        for index, line in enumerate(lines)
    }
    return Performance(mix=mix, stems=stems, seconds=seconds)


def line_alone(score: Score, line: PlayablePart) -> Score:
    """Return the score with only one line's notes in its part, as they are written."""
    times = TempoMap(score)
    part = score.parts[line.part_index]
    written: dict[tuple[float, int], list[Note]] = defaultdict(list)
    for note in part.notes:
        written[times.seconds_at(note.onset), note.pitch].append(note)
    kept = []
    for played in line.notes:
        found = written[played.onset_s, played.pitch]
        if found:
            kept.append(found.pop())
    parts = [*score.parts]
    parts[line.part_index] = replace(part, notes=tuple(sorted(kept)))
    return replace(score, parts=tuple(parts))


def play_by_musegen(
    path: Path,
    folder: Path,
    lines: Sequence[PlayablePart],
    *,
    sample_rate: int,
    extra: Sequence[str],
) -> Performance:
    """Play the score in a process of its own.

    Raises:
        SystemExit: It failed; its words are shown.
    """
    output = folder / "musegen.wav"
    wishes = ["--stems", "--json", "--overwrite", "--sample-rate", str(sample_rate)]
    run = play(
        path, output, command=[*COMMAND, *wishes, *extra], time_limit_s=TIME_LIMIT_S
    )
    if run.exit_code or run.sound is None:
        raise SystemExit(run.words.strip() or f"musegen synth: exit {run.exit_code}")
    told = json.loads(run.printed)
    paths = {item["part"]: item["path"] for item in told["outputs"] if "part" in item}
    keys = {
        (item["part"], item.get("voice")): item["key"]
        for item in told["parts"]
        if item["key"] in paths
    }
    stems = {}
    for index, line in enumerate(lines):
        key = keys.get((line.part_index + 1, line.voice_index + 1))
        if key is not None:
            stems[index] = _read(Path(paths[key])).mean(axis=1)
    return Performance(
        mix=_read(output), stems=stems, seconds=run.seconds, peak_mb=run.peak_mb
    )


def _read(path: Path) -> Floats:
    import soundfile

    samples, _ = soundfile.read(str(path), dtype="float32", always_2d=True)
    found: Floats = samples
    return found


# === Figures ===


def figures_of(
    performance: Performance, lines: Sequence[PlayablePart], sample_rate: int
) -> dict[str, float]:
    """Measure a performance: the name of each figure, with its unit, and its value."""
    held: list[SustainedNote] = []
    errors, notes, ranges = [], [], []
    for index, stem in performance.stems.items():
        line = lines[index]
        num_frames = round(len(stem) / sample_rate * FRAME_RATE_HZ) + 1
        bend = line.automation.bend_cents.at(0, num_frames)
        held += sustained_notes(stem, sample_rate, line.notes, bend_cents=bend)
        errors.append(onset_errors_ms(stem, sample_rate, line.notes))
        notes += line.notes
        ranges.append(level_figures(stem, sample_rate, line.notes).range_db)
    swings = [note for note in held if note.vibrato_extent_cents >= VIBRATO_CENTS]
    onsets = summarise_onsets(np.concatenate([np.zeros(0), *errors]), notes)
    mono = performance.mix.mean(axis=1)
    level = level_figures(mono, sample_rate, [n for line in lines for n in line.notes])
    centres = [abs(note.error_cents) for note in held]
    return {
        "lines measured": float(len(performance.stems)),
        "notes of 0.3 s and more": float(len(held)),
        "tuning: median error of these, cents": tuning_error_cents(held),
        "tuning: 90 % are within, cents": _quantile(centres, 0.9),
        "onsets: median error, ms": onsets.median_abs_ms,
        "onsets: median in the first minute, late +, ms": onsets.first_minute_ms,
        "onsets: median in the last minute, late +, ms": onsets.last_minute_ms,
        "onsets: drift from first to last minute, ms": onsets.drift_ms,
        "onsets: share that could be heard, %": 100.0 * onsets.heard_share,
        "vibrato: share of these notes, %": 100.0 * vibrato_share(held),
        "vibrato: median extent, cents": _quantile(
            [note.vibrato_extent_cents for note in swings], 0.5
        ),
        "vibrato: median rate, Hz": _quantile(
            [note.vibrato_rate_hz for note in swings], 0.5
        ),
        "level where notes are, RMS dB": level.rms_db,
        "level: largest sample, dB": level.peak_db,
        "dynamic range of notes, median of lines, dB": _quantile(ranges, 0.5),
        "speed, times real time": len(mono) / sample_rate / performance.seconds,
        "time taken, s": performance.seconds,
        "peak memory, MB": performance.peak_mb,
    }


def _quantile(values: Sequence[float], share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")


def print_figures(sides: Sequence[Side]) -> None:
    """Print a table of both."""
    print(ROW.format("", *(side.name for side in sides)))
    for name in sides[0].figures:
        print(ROW.format(name, *(f"{side.figures[name]:.4g}" for side in sides)))


# === The command ===


def default_score(folder: Path) -> Path:
    """Write a minute of one line in legato."""
    events = music.legato_notes(music.MINUTE)
    path = folder / "legato.mid"
    path.write_bytes(w.midi(w.track(w.program(music.VIOLIN), *events)))
    return path


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("score", nargs="?", type=Path, help="MIDI or MusicXML")
    parser.add_argument("-o", "--output", type=Path, help="the page, .html")
    parser.add_argument("--sound-font", type=Path, help="an .sf2 file")
    parser.add_argument("--sample-rate", type=int, default=16000, help="16000 or 48000")
    parser.add_argument("--figures", type=Path, help="JSON file for the figures")
    parser.add_argument(
        "--picture-seconds", type=float, default=20.0, help="of the spectrograms"
    )
    own = list(itertools.takewhile(lambda item: item != "--", arguments))
    options = parser.parse_args(own)
    options.extra = list(arguments[len(own) + 1 :])
    return options


def compare(options: argparse.Namespace) -> None:
    """Play, measure, and write what is asked for."""
    font, rate = find_sound_font(options.sound_font), options.sample_rate
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = options.score or default_score(folder)
        score = read_score(path).score
        lines = plan_parts(score).parts
        ours = play_by_musegen(
            path, folder, lines, sample_rate=rate, extra=options.extra
        )
    theirs = play_by_fluidsynth(score, lines, sound_font=font.path, sample_rate=rate)
    played = {
        "FluidSynth": (theirs, f"{font.path.name}, {font.licence}"),
        "musegen": (ours, " ".join(["musegen synth", path.name, *options.extra])),
    }
    sides = [
        Side(
            name=name,
            words=words,
            mix=performance.mix,
            figures=figures_of(performance, lines, rate),
        )
        for name, (performance, words) in played.items()
    ]
    print_figures(sides)
    if options.figures is not None:
        named = {side.name: side.figures for side in sides}
        text = json.dumps(named, indent=1).replace("NaN", "null")
        options.figures.write_text(text + "\n", encoding="utf-8")
    if options.output is not None:
        picture_s = options.picture_seconds
        html = page_html(path.stem, sides, lines, sample_rate=rate, picture_s=picture_s)
        options.output.write_text(html, encoding="utf-8")
        print(f"{options.output}: {len(html) / 1e6:.1f} MB")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    options = _options(sys.argv[1:] if arguments is None else arguments)
    try:
        compare(options)
    except MusegenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
