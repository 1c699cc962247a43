"""More than fifty MIDI files that are unlike one another, and what should come of each.

    python benchmarks/odd_midi_files.py FOLDER          # writes them

For `odd_files`, which plays them, and for tests. All are made here; the same bytes
every time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import odd_midi_bytes as odd_bytes
import odd_midi_music as music
import odd_midi_writing as w

Outcome = Literal["sound", "sentence", "either"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OddFile:
    """A file and what should come of it.

    Args:
        name: Of the file, without its ending.
        make: Makes its bytes.
        outcome: `sound`, or one `sentence` and an exit code, or `either` of them,
            which the choice for percussion decides.
        skipped: Numbers of the parts of the score, from 1, that no performer plays
            and that must be named: `part 2`.
        is_long: Whether it lasts ten minutes or more.
    """

    name: str
    make: Callable[[], bytes]
    outcome: Outcome = "sound"
    skipped: tuple[int, ...] = ()
    is_long: bool = False


def _solo(number: int) -> Callable[[], bytes]:
    return lambda: w.midi(music.line(number))


ODD_FILES: tuple[OddFile, ...] = (
    OddFile(
        name="drums_only",
        make=lambda: w.midi(music.drum_track()),
        outcome="either",
        skipped=(1,),
    ),
    OddFile(
        name="drums_and_violin",
        make=lambda: w.midi(music.drum_track(), music.line(music.VIOLIN)),
        skipped=(1,),
    ),
    OddFile(
        name="program_127", make=_solo(music.GUNSHOT), outcome="either", skipped=(1,)
    ),
    OddFile(
        name="program_127_and_flute",
        make=lambda: w.midi(
            music.line(music.GUNSHOT), music.line(music.FLUTE, channel=1)
        ),
        skipped=(1,),
    ),
    OddFile(name="empty_tracks", make=music.empty_tracks, skipped=(2,)),
    OddFile(name="no_notes", make=music.no_notes, outcome="sentence", skipped=(1,)),
    OddFile(name="sixteen_voices", make=music.sixteen_voices),
    OddFile(name="sixteen_channels", make=music.sixteen_channels, skipped=(10, 16)),
    OddFile(name="sixty_four_parts", make=music.sixty_four_parts),
    OddFile(name="duplicate_tracks", make=music.duplicate_tracks),
    OddFile(name="all_programs", make=music.all_programs, skipped=(1,)),
    OddFile(name="overlapping_unisons", make=music.overlapping_unisons),
    OddFile(name="zero_lengths", make=music.zero_lengths),
    OddFile(
        name="only_zero_lengths",
        make=music.only_zero_lengths,
        outcome="sentence",
        skipped=(1,),
    ),
    OddFile(name="backward_notes", make=music.backward_notes),
    OddFile(name="very_long_note", make=music.very_long_note),
    OddFile(
        name="a_note_of_two_days", make=music.a_note_of_two_days, outcome="sentence"
    ),
    OddFile(name="out_of_range", make=music.out_of_range),
    OddFile(name="lowest_and_highest", make=music.lowest_and_highest),
    OddFile(name="trills", make=music.trills),
    OddFile(name="grace_note", make=music.grace_note),
    OddFile(name="soft_as_can_be", make=music.soft_as_can_be),
    OddFile(name="pitch_bends", make=music.pitch_bends),
    OddFile(name="microtones", make=music.microtones),
    OddFile(name="aftertouch", make=music.aftertouch),
    OddFile(name="sustain_pedal", make=music.sustain_pedal),
    OddFile(name="controller_storm", make=music.controller_storm),
    OddFile(name="volume_zero", make=music.volume_zero, outcome="either"),
    OddFile(name="sound_off", make=music.sound_off),
    OddFile(name="smpte_time", make=odd_bytes.smpte_time),
    OddFile(name="format_2", make=odd_bytes.format_2),
    OddFile(name="tempo_changes", make=odd_bytes.tempo_changes),
    OddFile(name="one_tick_a_quarter", make=odd_bytes.one_tick_a_quarter),
    OddFile(name="finest_ticks", make=odd_bytes.finest_ticks),
    OddFile(name="seven_eight", make=odd_bytes.seven_eight),
    OddFile(name="latin_1_names", make=odd_bytes.latin_1_names),
    OddFile(name="utf_8_names", make=odd_bytes.utf_8_names),
    OddFile(name="karaoke", make=odd_bytes.karaoke),
    OddFile(name="running_status", make=odd_bytes.running_status),
    OddFile(name="truncated", make=odd_bytes.truncated),
    OddFile(name="no_end_of_track", make=odd_bytes.no_end_of_track),
    OddFile(name="riff", make=odd_bytes.riff),
    OddFile(name="foreign_chunks", make=odd_bytes.foreign_chunks),
    OddFile(name="empty_file", make=odd_bytes.empty_file, outcome="sentence"),
    OddFile(name="a_text", make=odd_bytes.a_text, outcome="sentence"),
    OddFile(name="a_web_page", make=odd_bytes.a_web_page, outcome="sentence"),
    OddFile(name="header_alone", make=odd_bytes.header_alone, outcome="sentence"),
    OddFile(
        name="noise_in_a_header", make=odd_bytes.noise_in_a_header, outcome="sentence"
    ),
    OddFile(name="late_start", make=music.late_start, is_long=True),
    OddFile(name="ten_thousand_notes", make=music.ten_thousand_notes, is_long=True),
    OddFile(
        name="legato_for_ten_minutes", make=music.legato_for_ten_minutes, is_long=True
    ),
    OddFile(name="one_hour", make=music.one_hour, is_long=True),
)


def write_odd_files(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write the files, or those that are named, into a folder that is made."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for odd in ODD_FILES:
        if not names or odd.name in names:
            written.append(folder / f"{odd.name}.mid")
            written[-1].write_bytes(odd.make())
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where; else only counts")
    folder = parser.parse_args(arguments).folder
    if folder is None:
        print(f"{len(ODD_FILES)} files; name a folder to have them written")
    else:
        print(f"{len(write_odd_files(folder))} files in {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
