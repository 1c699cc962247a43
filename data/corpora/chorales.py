"""Bach's four-part chorales in the standard split, with what the usual arrays lose.

Read from the files of an installed music21 and never copied: the music is in the public
domain, but the encodings, by Margaret Greentree, are distributed with music21 by
permission, some not for commercial use. 377 of the 382 pieces; `absent_pieces()` names
the other five.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import get_args

import numpy as np

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.corpora.chorale_grid import Flags, Steps, cut_chorale
from musegen.data.corpora.chorale_map import (
    MapEntry,
    Split,
    absent_pieces,
    map_entries,
    measured_music21_version,
)
from musegen.data.corpora.jsb_arrays import PitchGrid
from musegen.data.corpora.mxl import WrittenScore, read_mxl
from musegen.data.errors import FileFormatError, InputError, MissingPackageError
from musegen.data.notices import Notice
from musegen.data.score import Score

__all__ = [
    "LICENCE",
    "SOURCE",
    "VOICES",
    "Chorale",
    "absent_pieces",
    "corpus_folder",
    "load_chorales",
    "music21_version",
    "read_chorale",
]

VOICES = ("soprano", "alto", "tenor", "bass")
SOURCE = "the files of corpus/bach in the installed package music21"
LICENCE = (
    "Music by J. S. Bach: public domain. Encodings by Margaret Greentree, distributed "
    "with music21 by permission; some may not be used commercially (see license.txt in "
    "music21's corpus). Read from the installed package; do not redistribute. The "
    "standard split follows arrays whose repository states no licence; only facts "
    "about them are used."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chorale:
    """One piece of the standard split.

    A step is a sixteenth of the piece as the standard arrays have it: repeats played,
    some last chords prolonged, most rests between phrases held over. The arrays are
    read-only.

    Args:
        split: `train`, `valid` or `test`.
        index: Position in the split.
        bwv: Number in the catalogue of Bach's works: `135.6`.
        file: Name in music21's corpus.
        title: May be only the number.
        score: As written: soprano, alto, tenor, bass; repeats not played, not
            transposed.
        grid: (time, voice) int16, MIDI pitches, -1 for silence.
        is_onset: (time, voice), whether a note begins; tells repeated notes from held
            ones.
        is_fermata: (time,), whether the soprano sounds under a fermata.
        bar_phase: (time,) int16, sixteenths since the bar line; counts on through a
            prolonged chord and jumps where a repeat does.
        bar_length_steps: (time,) int16, sixteenths in a full bar.
        metre: (time, 2) int16, numerator and denominator.
        source_step: (time,) int32, the sixteenth of `score` that is played.
        sharps: Key signature of `grid`, -7 to 7.
        is_minor: As the file says; False where it says nothing.
        transpose_semitones: From `score` to `grid`.
        time_scale: 2 where `grid` doubles the written values, else 1.
        shares_hymn_tune_with_train: A piece of `valid` or `test` whose soprano opens
            (first 12 notes, any key) like one of `train`; False in `train`.
        agreement: Share of cells equal to the standard arrays, 0 to 1.
        notices: What was left out of the file.
    """

    split: Split
    index: int
    bwv: str
    file: str
    title: str
    score: Score
    grid: PitchGrid
    is_onset: Flags
    is_fermata: Flags
    bar_phase: Steps
    bar_length_steps: Steps
    metre: Steps
    source_step: np.ndarray[tuple[int, ...], np.dtype[np.int32]]
    sharps: int
    is_minor: bool
    transpose_semitones: int
    time_scale: int
    shares_hymn_tune_with_train: bool
    agreement: float
    notices: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chorale):
            return NotImplemented
        return all(
            _is_same(getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)
        )

    def __hash__(self) -> int:
        return hash((self.split, self.index, self.file))

    @property
    def num_steps(self) -> int:
        """Sixteenths in the piece."""
        return len(self.grid)


def corpus_folder() -> Path:
    """Return the folder of Bach's works inside the installed music21.

    Raises:
        MissingPackageError: music21 is not installed.
        InputError: It is installed without its corpus.
    """
    spec = importlib.util.find_spec("music21")
    if spec is None or spec.origin is None:
        raise MissingPackageError(
            "music21", extra="score", purpose="Reading the chorale corpus"
        )
    folder = Path(spec.origin).parent / "corpus" / "bach"
    if not folder.is_dir():
        raise InputError(
            "the installed music21 has no folder corpus/bach; install it anew: "
            'pip install --force-reinstall "musegen[score]"'
        )
    return folder


def music21_version() -> str:
    """Return the version of the installed music21, empty where it is not known."""
    try:
        return importlib.metadata.version("music21")
    except importlib.metadata.PackageNotFoundError:
        return ""


def load_chorales(
    split: str | None = None, *, advance: Callable[[int], object] | None = None
) -> tuple[Chorale, ...]:
    """Read the chorales of one split, or all 377.

    Args:
        split: `train`, `valid` or `test`; None for all, in this order.
        advance: Called with 1 after each piece, for a progress bar.

    Returns:
        By index; 225, 75 or 77 pieces. Takes about 5 seconds for all.

    Raises:
        MissingPackageError: music21 is not installed.
        InputError: No such split, or a file is missing, damaged or of another edition.
    """
    if split is not None and split not in get_args(Split):
        raise InputError(
            f"a split is one of {', '.join(get_args(Split))}; got {split!r}"
        )
    folder = corpus_folder()
    chorales = []
    for entry in map_entries():
        if entry.file is not None and split in (None, entry.split):
            chorales.append(read_chorale(entry, folder))
            if advance is not None:
                advance(1)
    return tuple(chorales)


def read_chorale(entry: MapEntry, folder: Path) -> Chorale:
    """Read one piece.

    Args:
        entry: Which one; it must have a file.
        folder: What `corpus_folder` returns.

    Raises:
        InputError: The piece has no file, or the file is missing, damaged or of another
            edition.
    """
    if entry.file is None:
        raise InputError(f"{entry.name}: music21 does not have this piece")
    path = folder / entry.file
    if not path.is_file():
        raise InputError(
            f"{entry.file} is not in the corpus of music21 {music21_version()}; the "
            f"split was measured on {measured_music21_version()}: install that version"
        )
    written = read_mxl(path, choose=_four_voices)
    cut = cut_chorale(written, entry)
    bwv = entry.file.removeprefix("bwv").rpartition(".")[0]
    keys = written.score.key_signatures
    return Chorale(
        split=entry.split,
        index=entry.index,
        bwv=bwv,
        file=entry.file,
        title=written.score.title or f"BWV {bwv}",
        score=written.score,
        sharps=_transposed_key(
            keys[0].sharps if keys else 0, entry.transpose_semitones
        ),
        is_minor=bool(keys) and keys[0].is_minor,
        transpose_semitones=entry.transpose_semitones,
        time_scale=entry.time_scale,
        shares_hymn_tune_with_train=entry.shares_hymn_tune_with_train,
        agreement=entry.agreement,
        notices=(*written.notices, *_short_note_notices(written)),
        **{field.name: getattr(cut, field.name) for field in fields(cut)},
    )


def _four_voices(names: Sequence[str]) -> list[int]:
    """Choose all of four parts, or else the first that is named after each voice."""
    if len(names) == len(VOICES):
        return list(range(len(VOICES)))
    lowered = [name.lower() for name in names]
    places = []
    for voice in VOICES:
        found = [place for place, name in enumerate(lowered) if name.startswith(voice)]
        if not found:
            raise FileFormatError(
                f"no part is named {voice}; the parts are {', '.join(names)}"
            )
        places.append(found[0])
    return places


def _transposed_key(sharps: int, semitones: int) -> int:
    """Return the signature with fewest accidentals; a semitone up adds seven sharps."""
    return sharps if semitones == 0 else (sharps + 7 * semitones + 5) % 12 - 5


def _short_note_notices(written: WrittenScore) -> tuple[Notice, ...]:
    """Say where the score has notes that fall between the steps of the grid."""
    step_ticks = written.score.ticks_per_quarter // STEPS_PER_QUARTER
    notes = [
        note
        for part in written.score.parts
        for note in part.notes
        if -(-note.onset // step_ticks) == -(-note.end // step_ticks)
    ]
    if not notes:
        return ()
    return (
        Notice(
            code="short-notes-off-grid",
            message=f"{len(notes)} short notes of the score have no cell of their own "
            "on the sixteenth grid",
            place=written.score.bar_beat(notes[0].onset),
        ),
    )


def _is_same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right)
    return left == right
