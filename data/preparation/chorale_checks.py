"""Count and check prepared chorales: what `musegen data stats` and `verify` say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from musegen.data.constants import MAX_MIDI_PITCH
from musegen.data.corpora.chorale_map import Split
from musegen.data.corpora.chorales import VOICES, Chorale
from musegen.data.corpora.jsb_arrays import SILENCE
from musegen.data.errors import FileFormatError
from musegen.data.preparation.chorale_records import (
    check_kind,
    chorale_schema,
    row_to_chorale,
)
from musegen.data.preparation.records import RecordFile, content_digest

_STEPS_PER_WHOLE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCounts:
    """What one split holds.

    Args:
        pieces: Chorales.
        steps: Sixteenths of all pieces.
        shortest: Steps of the shortest piece.
        median: Steps of the median piece.
        longest: Steps of the longest piece.
        notes: Notes that begin on the grid, all voices.
        silent_cells: Cells (time, voice) without a note.
        share_under_fermata: Steps under a fermata, 0 to 1.
        sharing_hymn_tune_with_train: Pieces that open like one of `train`.
        ranges: For each voice its lowest and highest MIDI pitch.
    """

    pieces: int
    steps: int
    shortest: int
    median: float
    longest: int
    notes: int
    silent_cells: int
    share_under_fermata: float
    sharing_hymn_tune_with_train: int
    ranges: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoraleCounts:
    """What a set of chorales holds.

    Args:
        splits: By name, those that have pieces.
        metres: Pieces by their first metre: `4/4`.
        keys: Pieces by key signature and mode: `2 sharps, minor`.
        mean_agreement: With the standard arrays, by cells, 0 to 1.
    """

    splits: dict[str, SplitCounts]
    metres: dict[str, int]
    keys: dict[str, int]
    mean_agreement: float


def count_chorales(chorales: Sequence[Chorale]) -> ChoraleCounts:
    """Count pieces, steps, notes, ranges, metres and keys.

    Args:
        chorales: At least one.
    """
    steps = [chorale.num_steps for chorale in chorales]
    metres = Counter("/".join(map(str, chorale.metre[0])) for chorale in chorales)
    keys = Counter(key_name(chorale) for chorale in chorales)
    return ChoraleCounts(
        splits={
            split: _count_split(chosen)
            for split in get_args(Split)
            if (chosen := [chorale for chorale in chorales if chorale.split == split])
        },
        metres=dict(metres.most_common()),
        keys=dict(keys.most_common()),
        mean_agreement=float(
            np.average([c.agreement for c in chorales], weights=steps)
        ),
    )


def key_name(chorale: Chorale) -> str:
    """Return the key signature of the grid in words: `3 flats, minor`."""
    count = abs(chorale.sharps)
    sign = "sharp" if chorale.sharps >= 0 else "flat"
    mode = "minor" if chorale.is_minor else "major"
    return f"{count or 'no'} {sign}{'' if count == 1 else 's'}, {mode}"


def find_problems(records: RecordFile) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with a file of chorale records.

    Checks the kind and version, the columns, the digest of the content, that nothing
    was lost between reading and writing, and of each piece the shapes and ranges of its
    arrays.
    """
    try:
        check_kind(records, "the file")
    except FileFormatError as error:
        yield str(error)
        return
    expected = {field.name: str(field.type) for field in chorale_schema()}
    if records.columns != expected:
        differing = sorted(set(records.columns.items()) ^ set(expected.items()))
        yield f"the columns differ from the schema: {differing[0][0]}"
        return
    metadata = records.metadata
    if content_digest(records.rows) != metadata.content_sha256:
        yield "the content differs from its digest: the file was altered"
    if metadata.num_read != len(records.rows) + len(metadata.rejections):
        yield (
            f"{metadata.num_read} pieces were read, but {len(records.rows)} written "
            f"and {len(metadata.rejections)} rejected"
        )
    places = Counter((row["split"], row["index"]) for row in records.rows)
    for (split, index), count in places.items():
        if count > 1:
            yield f"{split} {index} is there {count} times"
    for row in records.rows:
        where = f"{row['split']} {row['index']} (BWV {row['bwv']})"
        try:
            chorale = row_to_chorale(row)
        except (KeyError, TypeError, ValueError) as error:
            yield f"{where}: {error}"
        else:
            yield from (f"{where}: {problem}" for problem in chorale_problems(chorale))


def chorale_problems(chorale: Chorale) -> Iterator[str]:
    """Yield a sentence for every rule of `Chorale` that one breaks."""
    steps = chorale.num_steps
    shapes = {
        "grid": (steps, len(VOICES)),
        "is_onset": (steps, len(VOICES)),
        "is_fermata": (steps,),
        "bar_phase": (steps,),
        "bar_length_steps": (steps,),
        "metre": (steps, 2),
        "source_step": (steps,),
    }
    wrong = [
        name for name, shape in shapes.items() if getattr(chorale, name).shape != shape
    ]
    if wrong or not steps:
        yield f"{', '.join(wrong) or 'grid'}: the shape is not that of {steps} steps"
        return
    if chorale.split not in get_args(Split):
        yield f"{chorale.split!r} is no split"
    if len(chorale.score.parts) != len(VOICES):
        yield f"a chorale has {len(VOICES)} parts; got {len(chorale.score.parts)}"
    grid, is_onset = chorale.grid, chorale.is_onset
    if grid.min() < SILENCE or grid.max() > MAX_MIDI_PITCH:
        yield "a pitch is not -1 (silence) or 0 to 127"
    if (is_onset & (grid == SILENCE)).any():
        yield "a note begins in silence"
    is_new = np.ones_like(is_onset)
    is_new[1:] = grid[1:] != grid[:-1]
    if (is_new & (grid != SILENCE) & ~is_onset).any():
        yield "a new pitch sounds without beginning"
    if (
        (chorale.bar_phase < 0) | (chorale.bar_phase >= chorale.bar_length_steps)
    ).any():
        yield "a step lies outside its bar"
    numerator, denominator = chorale.metre.T
    if (denominator < 1).any() or (
        chorale.bar_length_steps * denominator != numerator * _STEPS_PER_WHOLE
    ).any():
        yield "the metre and the length of the bar contradict one another"


def _count_split(chorales: list[Chorale]) -> SplitCounts:
    lengths = [chorale.num_steps for chorale in chorales]
    grid = np.concatenate([chorale.grid for chorale in chorales])
    is_fermata = np.concatenate([chorale.is_fermata for chorale in chorales])
    ranges = {}
    for voice, name in enumerate(VOICES):
        sounding = grid[:, voice][grid[:, voice] != SILENCE]
        if sounding.size:
            ranges[name] = (int(sounding.min()), int(sounding.max()))
    return SplitCounts(
        pieces=len(chorales),
        steps=sum(lengths),
        shortest=min(lengths),
        median=float(np.median(lengths)),
        longest=max(lengths),
        notes=sum(int(chorale.is_onset.sum()) for chorale in chorales),
        silent_cells=int((grid == SILENCE).sum()),
        share_under_fermata=float(is_fermata.mean()),
        sharing_hymn_tune_with_train=sum(
            chorale.shares_hymn_tune_with_train for chorale in chorales
        ),
        ranges=ranges,
    )
