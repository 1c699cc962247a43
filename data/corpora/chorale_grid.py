"""From a chorale as written to the sixteenth grid of the standard arrays, and more.

Cuts, holds, transposes and doubles as the map says; beside the pitches it keeps
attacks, fermatas and the place in the bar. Pure functions on arrays; no files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.corpora.chorale_map import MapEntry, measured_music21_version
from musegen.data.corpora.jsb_arrays import NUM_VOICES, SILENCE, PitchGrid
from musegen.data.corpora.mxl import WrittenScore
from musegen.data.errors import InputError

Steps = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]

_STEPS_PER_WHOLE = 4 * STEPS_PER_QUARTER


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChoraleGrid:
    """The arrays of `musegen.data.corpora.chorales.Chorale`, by the same names."""

    grid: PitchGrid
    is_onset: Flags
    is_fermata: Flags
    bar_phase: Steps
    bar_length_steps: Steps
    metre: Steps
    source_step: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Raster:
    """A score as written, on sixteenths: arrays of (time, ...)."""

    pitch: PitchGrid
    is_onset: Flags
    is_fermata: Flags
    bar_phase: Steps
    metre: Steps


def cut_chorale(written: WrittenScore, entry: MapEntry) -> ChoraleGrid:
    """Put a chorale on the grid as the standard arrays have it.

    Args:
        written: Four parts: soprano, alto, tenor, bass.
        entry: Which piece, and how to cut it.

    Returns:
        Arrays of `entry.num_steps` sixteenths.

    Raises:
        InputError: The score is too short for the cuts, as in an edition other than the
            measured.

    Source:
        The cutting of the arrays, found by aligning them with the scores; see
        `jsb_split.json`.
    """
    raster = _scaled(_rasterize(written), entry.time_scale)
    position, is_held, keeps_rests = _plan(entry)
    if (
        position.max(initial=-1) >= len(raster.pitch)
        or len(position) != entry.num_steps
    ):
        raise InputError(
            f"{entry.file} has {len(raster.pitch)} sixteenths, but {entry.name} is cut "
            f"from {int(position.max(initial=-1)) + 1}: install music21 "
            f"{measured_music21_version()}, which the split was measured on"
        )
    pitch = np.where(
        keeps_rests[:, None], raster.pitch[position], _filled(raster.pitch)[position]
    )
    pitch = np.where(pitch == SILENCE, pitch, pitch + entry.transpose_semitones)
    grid = pitch.astype(np.int16)
    is_onset = _onsets(grid, raster.is_onset[position] & ~is_held[:, None])
    metre = raster.metre[position]
    bar_length = (metre[:, 0] * _STEPS_PER_WHOLE // metre[:, 1]).astype(np.int16)
    delay = _delay(position, is_held=is_held, is_onset=is_onset)
    return ChoraleGrid(
        grid=grid,
        is_onset=is_onset,
        is_fermata=raster.is_fermata[position],
        bar_phase=((raster.bar_phase[position] + delay) % bar_length).astype(np.int16),
        bar_length_steps=bar_length,
        metre=metre,
        source_step=(position // entry.time_scale).astype(np.int32),
    )


def _rasterize(written: WrittenScore) -> _Raster:
    """Sample a score on sixteenths; a note shorter than that may have no cell."""
    step_ticks = written.score.ticks_per_quarter // STEPS_PER_QUARTER
    num_steps = round(written.num_ticks / step_ticks)
    pitch = np.full((num_steps, NUM_VOICES), SILENCE, dtype=np.int16)
    is_onset = np.zeros((num_steps, NUM_VOICES), dtype=np.bool_)
    is_fermata = np.zeros(num_steps, dtype=np.bool_)
    for voice, part in enumerate(written.score.parts):
        for note in part.notes:
            first, last = -(-note.onset // step_ticks), -(-note.end // step_ticks)
            pitch[first:last, voice] = note.pitch
            is_onset[first : min(first + 1, last), voice] = True
            if voice == 0:
                marks = [
                    tick for tick in part.fermatas if note.onset <= tick < note.end
                ]
                if marks:
                    is_fermata[-(-marks[0] // step_ticks) : last] = True
    phase, metre = _bars(written, num_steps=num_steps, step_ticks=step_ticks)
    return _Raster(
        pitch=pitch,
        is_onset=is_onset,
        is_fermata=is_fermata,
        bar_phase=phase,
        metre=metre,
    )


def _bars(
    written: WrittenScore, *, num_steps: int, step_ticks: int
) -> tuple[Steps, Steps]:
    """Return the sixteenth within the bar, (time,), and the metre, (time, 2)."""
    phase = np.zeros(num_steps, dtype=np.int16)
    metre = np.tile(np.array([4, 4], dtype=np.int16), (num_steps, 1))
    for measure in written.measures:
        first = measure.tick // step_ticks
        count = len(phase[first:])
        places = measure.offset // step_ticks + np.arange(count)
        phase[first:] = places % (measure.bar_ticks // step_ticks)
        metre[first:] = (measure.numerator, measure.denominator)
    return phase, metre


def _scaled(raster: _Raster, time_scale: int) -> _Raster:
    """Lengthen every value `time_scale` times; 4/4 becomes 4/2."""
    if time_scale == 1:
        return raster
    place = np.arange(len(raster.pitch) * time_scale) % time_scale
    is_onset = np.repeat(raster.is_onset, time_scale, axis=0) & (place == 0)[:, None]
    phase = np.repeat(raster.bar_phase, time_scale) * time_scale + place
    metre = np.repeat(raster.metre, time_scale, axis=0)
    return _Raster(
        pitch=np.repeat(raster.pitch, time_scale, axis=0),
        is_onset=is_onset,
        is_fermata=np.repeat(raster.is_fermata, time_scale),
        bar_phase=phase.astype(np.int16),
        metre=metre // np.array([1, time_scale], dtype=np.int16),
    )


def _plan(entry: MapEntry) -> tuple[npt.NDArray[np.int64], Flags, Flags]:
    """Return of each step its source step, whether it is held, if it keeps rests."""
    positions, held, rests = [], [], []
    for segment in entry.segments:
        first = segment.first_quarter * STEPS_PER_QUARTER
        count = segment.num_quarters * STEPS_PER_QUARTER
        is_held = segment.kind == "hold"
        positions.append(
            np.full(count, first + STEPS_PER_QUARTER - 1)
            if is_held
            else np.arange(first, first + count)
        )
        held.append(np.full(count, is_held))
        rests.append(np.full(count, segment.kind == "rest"))
    return np.concatenate(positions), np.concatenate(held), np.concatenate(rests)


def _filled(pitch: PitchGrid) -> PitchGrid:
    """Fill every rest after the first note of a voice by holding the note before."""
    steps = np.arange(len(pitch))[:, None]
    last_sounding = np.maximum.accumulate(np.where(pitch == SILENCE, 0, steps), axis=0)
    filled: PitchGrid = np.take_along_axis(pitch, last_sounding, axis=0)
    return filled


def _onsets(grid: PitchGrid, is_written_onset: Flags) -> Flags:
    """A cell begins a note where one is written, or where the pitch is a new one."""
    is_new = np.ones_like(is_written_onset)
    is_new[1:] = grid[1:] != grid[:-1]
    onsets: Flags = (grid != SILENCE) & (is_written_onset | is_new)
    return onsets


def _delay(
    position: npt.NDArray[np.int64], *, is_held: Flags, is_onset: Flags
) -> npt.NDArray[np.int64]:
    """Return by how many sixteenths a held chord has pushed each step back in its bar.

    The count of a prolonged chord goes on until something is attacked or the music
    jumps; from there the written bar lines hold again.
    """
    delay = np.zeros(len(position), dtype=np.int64)
    is_attacked: Flags = np.any(is_onset, axis=1)
    for step in range(1, len(position)):
        follows = position[step] == position[step - 1] + 1
        if is_held[step]:
            delay[step] = delay[step - 1] + 1
        elif follows and not is_attacked[step]:
            delay[step] = delay[step - 1]
    return delay
