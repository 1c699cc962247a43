"""What pieces are compared with: Bach's histograms, or those of other pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.errors import InputError
from musegen.data.grading import bach_tables
from musegen.data.grading.distances import Category, normalized, ranked
from musegen.data.grading.features import FIFTHS, OCTAVES, Counts, count_features
from musegen.data.grading.lines import grid_parts
from musegen.data.grading.naming import SpellingMethod, parts_key, spell_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeReferences:
    """Histograms of the pieces in major, or of those in minor.

    Args:
        note: Scale degrees.
        harmonic: Types of sonorities.
        intervals: Melodic intervals of soprano, alto, tenor and bass.
    """

    note: Mapping[str, float]
    harmonic: Mapping[str, float]
    intervals: tuple[Mapping[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What a grade is measured against; all histograms add up to one, in rank order.

    Args:
        name: What was counted, for people.
        major: Of pieces in major.
        minor: Of pieces in minor.
        rhythm: Durations in quarter notes.
        parallel: Shares of parallel fifths and octaves.
        parallels_per_note: Both together, above 0.
        repeated: Lengths of repeated fragments in sixteenths.
    """

    name: str
    major: ModeReferences
    minor: ModeReferences
    rhythm: Mapping[float, float]
    parallel: Mapping[str, float]
    parallels_per_note: float
    repeated: Mapping[int, float]

    def of_mode(self, *, is_minor: bool) -> ModeReferences:
        """Return the histograms of one mode."""
        return self.minor if is_minor else self.major


@lru_cache(maxsize=1)
def bach_references() -> References:
    """Return the published histograms of Bach's chorales.

    Source:
        See `musegen.data.grading.bach_tables`.
    """
    return References(
        name="351 chorales as engraved (Fang et al. 2020)",
        major=ModeReferences(
            note=_table(bach_tables.NOTE_MAJOR),
            harmonic=_table(bach_tables.HARMONIC_MAJOR),
            intervals=(
                _table(bach_tables.SOPRANO_MAJOR),
                _table(bach_tables.ALTO_MAJOR),
                _table(bach_tables.TENOR_MAJOR),
                _table(bach_tables.BASS_MAJOR),
            ),
        ),
        minor=ModeReferences(
            note=_table(bach_tables.NOTE_MINOR),
            harmonic=_table(bach_tables.HARMONIC_MINOR),
            intervals=(
                _table(bach_tables.SOPRANO_MINOR),
                _table(bach_tables.ALTO_MINOR),
                _table(bach_tables.TENOR_MINOR),
                _table(bach_tables.BASS_MINOR),
            ),
        ),
        rhythm={float(k): v for k, v in _table(bach_tables.RHYTHM).items()},
        parallel=_table(bach_tables.PARALLEL),
        parallels_per_note=bach_tables.PARALLELS_PER_NOTE,
        repeated={int(k): v for k, v in _table(bach_tables.REPEATED).items()},
    )


def grid_references(
    grids: Iterable[npt.ArrayLike],
    *,
    name: str,
    steps_per_beat: int = STEPS_PER_QUARTER,
    spelling: SpellingMethod = "key-aware",
) -> References:
    """Return the histograms of grids, to grade grids by grids.

    A grid has no repeated notes and is often an excerpt; graded by the published
    histograms, even Bach's are some three points worse than as engraved.

    Args:
        grids: Each (time, voice) MIDI pitches, -1 for silence; of the length that will
            be graded, since long pieces repeat more. In major and in minor, with at
            least one parallel among them.
        name: What they are, for people.
        steps_per_beat: Steps of a quarter note.
        spelling: How notes are named; grade with the same.

    Raises:
        InputError: There are too few grids to tell of every feature.
    """
    counted = []
    for grid in grids:
        parts = grid_parts(grid, steps_per_beat=steps_per_beat)
        key = parts_key(parts)
        named = spell_parts(parts, key=key, method=spelling)
        counted.append(count_features(named, key=key))
    return count_references(counted, name=name)


def count_references(pieces: Sequence[Counts], *, name: str) -> References:
    """Return the references that the counts of pieces add up to.

    Args:
        pieces: What `count_features` returned for each.
        name: What they are, for people.

    Raises:
        InputError: No piece is in one of the modes, or something occurs in none.
    """
    parallel = _sum([piece.parallel for piece in pieces])
    num_notes = sum(piece.num_notes for piece in pieces)
    try:
        return References(
            name=name,
            major=_mode_references(pieces, is_minor=False),
            minor=_mode_references(pieces, is_minor=True),
            rhythm=ranked(_sum([piece.rhythm for piece in pieces])),
            parallel=normalized({kind: parallel[kind] for kind in (FIFTHS, OCTAVES)}),
            parallels_per_note=sum(parallel.values()) / max(1, num_notes),
            repeated=ranked(_sum([piece.repeated for piece in pieces])),
        )
    except ValueError as error:
        raise InputError(
            f"{name}: {len(pieces)} pieces are too few to grade by: they need to be in "
            "major and in minor, with parallels and repetitions among them"
        ) from error


def _mode_references(pieces: Sequence[Counts], *, is_minor: bool) -> ModeReferences:
    chosen = [piece for piece in pieces if piece.is_minor == is_minor]
    return ModeReferences(
        note=ranked(_sum([piece.note for piece in chosen])),
        harmonic=ranked(_sum([piece.harmonic for piece in chosen])),
        intervals=tuple(
            ranked(_sum([piece.intervals[voice] for piece in chosen]))
            for voice in range(4)
        ),
    )


def _sum(histograms: Sequence[Mapping[Category, float]]) -> dict[Category, float]:
    total: Counter[Category] = Counter()
    for histogram in histograms:
        total.update(histogram)
    return dict(total)


def _table(text: str) -> dict[str, float]:
    """Read `category probability, ...`."""
    pairs = (entry.rsplit(" ", 1) for entry in " ".join(text.split()).split(", "))
    return {category: float(probability) for category, probability in pairs}
