"""Melodies for the virtual player: fiddle tunes and single voices of chorales.

From the files of an installed music21, read when needed, in an order that a seed
decides. Not for playing them (`playing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from musegen.data.corpora import chorales
from musegen.data.corpora.chorale_map import MapEntry, map_entries
from musegen.data.errors import PitchRangeError, UsageError
from musegen.engine.seeds import derive_seed
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.abc_notation import read_tune, split_book

FIDDLE_BOOKS = ("oneills1850", "airdsAirs", "ryansMammoth")
CHORALES = "chorales"
COLLECTIONS = (*FIDDLE_BOOKS, CHORALES)

_BY_PERMISSION = (
    "distributed with music21 by permission of the encoder; read from the installed "
    "package, not for redistribution"
)
LICENCES = {
    "oneills1850": f"music: public domain (O'Neill 1903); encoding: {_BY_PERMISSION}",
    "airdsAirs": f"music: public domain (Aird 1782); encoding: Jack Campin, "
    f"{_BY_PERMISSION}",
    "ryansMammoth": f"music: public domain (Ryan 1883); encoding: Ray Davies, "
    f"{_BY_PERMISSION}",
    CHORALES: chorales.LICENCE,
}

_MEDIAN_NOTE_S = (0.16, 0.65)
_FEWEST_NOTES = 8
_BOOKS_KEPT = 64
_LEAD_IN_S = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneReference:
    """Where a tune is.

    Args:
        collection: One of `COLLECTIONS`.
        file: Its path below music21's corpus.
        position: Which tune of the book, or which voice of the chorale, from 0.
    """

    collection: str
    file: str
    position: int

    @property
    def name(self) -> str:
        """A name that no other tune has: `airdsAirs/book1.abc#12`."""
        return f"{self.file}#{self.position}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tune:
    """A melody as written.

    Args:
        reference: Where it is from.
        title: As in the book.
        pitches: [notes], MIDI note numbers.
        onsets: [notes], in quarters.
        durations: [notes], in quarters.
    """

    reference: TuneReference
    title: str
    pitches: tuple[int, ...]
    onsets: tuple[Fraction, ...]
    durations: tuple[Fraction, ...]

    @property
    def licence(self) -> str:
        """Of music and encoding, in words."""
        return LICENCES[self.reference.collection]

    @property
    def source(self) -> str:
        """Name and title."""
        return f"{self.reference.name} {self.title}".strip()


def list_tunes(collections: Sequence[str] = COLLECTIONS) -> tuple[TuneReference, ...]:
    """Return where the tunes of some collections are, in the order of the files.

    Raises:
        UsageError: There is no such collection.
        MissingPackageError: music21 is not installed.
    """
    unknown = [name for name in collections if name not in COLLECTIONS]
    if unknown:
        raise UsageError(
            f'there is no collection "{unknown[0]}"; choose from: '
            f"{', '.join(COLLECTIONS)}"
        )
    corpus = chorales.corpus_folder().parent
    found = []
    for collection in collections:
        if collection == CHORALES:
            files = list(_entries())
            counts = [len(chorales.VOICES)] * len(files)
        else:
            paths = sorted((corpus / collection).glob("*.abc"))
            files = [f"{collection}/{path.name}" for path in paths]
            counts = [len(_book(path)) for path in paths]
        found += [
            TuneReference(collection=collection, file=file, position=position)
            for file, count in zip(files, counts, strict=True)
            for position in range(count)
        ]
    return tuple(found)


def load_tune(reference: TuneReference) -> Tune:
    """Read one tune.

    Raises:
        FileFormatError: The file is damaged.
        MissingPackageError: music21 is not installed.
    """
    if reference.collection == CHORALES:
        return _chorale_voice(reference)
    path = chorales.corpus_folder().parent / reference.file
    tune = read_tune(_book(path)[reference.position])
    return Tune(
        reference=reference,
        title=tune.title,
        pitches=tuple(note.pitch for note in tune.notes),
        onsets=tuple(note.onset for note in tune.notes),
        durations=tuple(note.duration for note in tune.notes),
    )


def iterate_tunes(
    *, seed: int, collections: Sequence[str] = COLLECTIONS
) -> Iterator[Tune]:
    """Yield every tune of some collections once, in an order that the seed decides.

    Tunes of fewer than 8 notes are left out.

    Raises:
        UsageError: There is no such collection.
        MissingPackageError: music21 is not installed.
    """
    found = list_tunes(collections)
    for reference in sorted(found, key=lambda item: derive_seed(seed, item.name)):
        tune = load_tune(reference)
        if len(tune.pitches) >= _FEWEST_NOTES:
            yield tune


def arrange(
    tune: Tune,
    instrument: Instrument,
    *,
    rng: np.random.Generator,
    longest_s: float | None = None,
) -> tuple[PlayedNote, ...]:
    """Transpose a tune to suit an instrument, and give it a tempo.

    Args:
        tune: The melody.
        instrument: Any transposition into its comfortable range is as likely.
        rng: For the transposition and the tempo.
        longest_s: Leave out the notes that do not fit into so many seconds.

    Returns:
        The notes in seconds, the first at 0.15 s; the median note lasts 0.16 to 0.65 s.

    Raises:
        PitchRangeError: The tune spans more than the instrument's comfortable range.
    """
    lowest = instrument.comfortable_lowest_pitch - min(tune.pitches)
    highest = instrument.comfortable_highest_pitch - max(tune.pitches)
    if lowest > highest:
        raise PitchRangeError(
            f"{tune.source} spans {max(tune.pitches) - min(tune.pitches)} semitones, "
            f"more than the {instrument.name} plays with ease; take another tune"
        )
    shift = int(rng.integers(lowest, highest + 1))
    low_s, high_s = _MEDIAN_NOTE_S
    median_s = low_s * (high_s / low_s) ** rng.random()
    quarter_s = median_s / float(np.median([float(x) for x in tune.durations]))
    notes: list[PlayedNote] = []
    first = tune.onsets[0]
    for pitch, onset, duration in zip(
        tune.pitches, tune.onsets, tune.durations, strict=True
    ):
        onset_s = _LEAD_IN_S + float(onset - first) * quarter_s
        offset_s = _LEAD_IN_S + float(onset + duration - first) * quarter_s
        if notes and longest_s is not None and offset_s > longest_s:
            break
        notes.append(
            PlayedNote(pitch=pitch + shift, onset_s=onset_s, offset_s=offset_s)
        )
    return tuple(notes)


def _text(path: Path) -> str:
    return path.read_text(encoding="latin-1")


@lru_cache(maxsize=_BOOKS_KEPT)
def _book(path: Path) -> tuple[str, ...]:
    return split_book(_text(path))


@lru_cache(maxsize=1)
def _entries() -> dict[str, MapEntry]:
    return {f"bach/{item.file}": item for item in map_entries() if item.file}


def _chorale_voice(reference: TuneReference) -> Tune:
    entry = _entries()[reference.file]
    chorale = chorales.read_chorale(entry, chorales.corpus_folder())
    notes = chorale.score.parts[reference.position].notes
    quarter = chorale.score.ticks_per_quarter
    return Tune(
        reference=reference,
        title=f"{chorale.title} ({chorales.VOICES[reference.position]})",
        pitches=tuple(note.pitch for note in notes),
        onsets=tuple(Fraction(note.onset, quarter) for note in notes),
        durations=tuple(Fraction(note.duration, quarter) for note in notes),
    )
