"""Tunes for the virtual player: of collections, or the parts of given scores.

One shape for both, so that a plan (`performances`) need not know where a tune is from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from musegen.data.errors import EmptyScoreError, PitchRangeError, UsageError
from musegen.data.files import read_score
from musegen.engine.seeds import generator
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote, notes_from_score
from musegen.midi_ddsp.player import tunes as collected

ALL = "all"
COLLECTIONS = (ALL, *collected.COLLECTIONS)
"""Names that stand for the tunes of music21's corpus; `all` for all of them."""

GIVEN_LICENCE = "tune given by the user"
LEAD_IN_S = 0.15
"""Silence before the first note."""


class Tune(Protocol):
    """One voice that may be played."""

    @property
    def piece(self) -> str:
        """The music; whatever has the same is in the same split."""

    @property
    def name(self) -> str:
        """A name that no other tune has."""

    @property
    def source(self) -> str:
        """Where it is from."""

    @property
    def licence(self) -> str:
        """Of the tune."""

    def arranged(
        self, instrument: Instrument, rng: np.random.Generator
    ) -> tuple[PlayedNote, ...]:
        """Return the notes at a height drawn from those that suit an instrument.

        Raises:
            PitchRangeError: None does.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedTune:
    """A tune of music21's corpus; tempo and height are drawn.

    Args:
        tune: As the player's collections give it.
    """

    tune: collected.Tune

    @property
    def piece(self) -> str:
        """The chorale; or the title, since several books hold the same tunes."""
        reference = self.tune.reference
        if reference.collection == collected.CHORALES:
            return reference.file
        title = " ".join(re.findall(r"[a-z0-9]+", self.tune.title.lower()))
        return title.removeprefix("the ") or reference.name

    @property
    def name(self) -> str:
        """Its place in the corpus."""
        return self.tune.reference.name

    @property
    def source(self) -> str:
        """Place and title."""
        return self.tune.source

    @property
    def licence(self) -> str:
        """Of music and encoding."""
        return self.tune.licence

    def arranged(
        self, instrument: Instrument, rng: np.random.Generator
    ) -> tuple[PlayedNote, ...]:
        """Return the notes transposed, at a tempo that is drawn.

        Raises:
            PitchRangeError: It spans more than the instrument plays with ease.
        """
        return collected.arrange(self.tune, instrument, rng=rng)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTune:
    """A part of a score of the user; its timing stays.

    Args:
        piece: Name of the file.
        name: Name and part.
        source: The file.
        licence: As the user says.
        notes: Sorted by onset, none overlapping, at least one.
    """

    piece: str
    name: str
    source: str
    licence: str
    notes: tuple[PlayedNote, ...]

    def arranged(
        self, instrument: Instrument, rng: np.random.Generator
    ) -> tuple[PlayedNote, ...]:
        """Return the notes transposed to where the instrument plays with ease, or can.

        Raises:
            PitchRangeError: The part is wider than the instrument's range.
        """
        lowest = min(note.pitch for note in self.notes)
        highest = max(note.pitch for note in self.notes)
        ranges = (
            (instrument.comfortable_lowest_pitch, instrument.comfortable_highest_pitch),
            (instrument.lowest_pitch, instrument.highest_pitch),
        )
        for low, high in ranges:
            if low - lowest <= high - highest:
                shift = int(rng.integers(low - lowest, high - highest + 1))
                return tuple(
                    replace(note, pitch=note.pitch + shift) for note in self.notes
                )
        raise PitchRangeError(
            f"{self.name} spans {highest - lowest} semitones, more than the "
            f"{instrument.name} plays"
        )


def read_given(
    names: Sequence[str], *, licence: str | None = None
) -> tuple[GivenTune, ...]:
    """Return the tunes of the scores among some names; collections are passed over.

    Args:
        names: `COLLECTIONS`, or paths of MIDI and MusicXML files; every part of a score
            that has pitches is a tune.
        licence: Of the scores.

    Raises:
        UsageError: A name is neither a collection nor a file.
        InputError: A file cannot be read.
        EmptyScoreError: A file has no tune.
    """
    tunes: list[GivenTune] = []
    for name in dict.fromkeys(names):
        if name in COLLECTIONS:
            continue
        if not Path(name).is_file():
            raise UsageError(
                f"{name!r} is neither a file nor a collection: give a MIDI or MusicXML "
                f"file, or one of {', '.join(COLLECTIONS)}"
            )
        tunes += _parts(Path(name), licence or GIVEN_LICENCE)
    return tuple(tunes)


def tunes_in_order(
    names: Sequence[str], given: Sequence[GivenTune], *, seed: int
) -> Iterator[Tune]:
    """Yield every tune once, in an order drawn from a seed: scores, then collections.

    Args:
        names: As `read_given` takes them.
        given: What it returned.
        seed: Any integer.

    Raises:
        MissingPackageError: Collections need music21.
    """
    for place in generator(seed, "given").permutation(len(given)):
        yield given[place]
    chosen = [name for name in names if name in collected.COLLECTIONS]
    if ALL in names:
        chosen = list(collected.COLLECTIONS)
    if chosen:
        for tune in collected.iterate_tunes(seed=seed, collections=chosen):
            yield CollectedTune(tune=tune)


def _parts(path: Path, licence: str) -> list[GivenTune]:
    score = read_score(path).score
    tunes = []
    for index, part in enumerate(score.parts):
        if part.is_drum or not any(note.duration > 0 for note in part.notes):
            continue
        notes, _ = notes_from_score(score, index)
        tunes.append(
            GivenTune(
                piece=path.stem,
                name=f"{path.stem} {index + 1} {part.name}".strip(),
                source=path.name,
                licence=licence,
                notes=notes,
            )
        )
    if not tunes:
        raise EmptyScoreError(f"{path}: there is not one note with a pitch in it")
    return tunes
