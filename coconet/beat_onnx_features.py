"""The first half of the exported beat network: from cells to the first layer's output.

The nearest notes are found by two max-pooling operators a side. The one-hot features
are rows of an identity matrix, laid side by side; rarer codes look their rows up. Slots
are numbered side * 4 + voice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.beat_features import (
    CODE_BASE,
    DECAYS,
    INTERVAL_REACH,
    NUM_INTERVALS,
    NUM_NEARNESS,
    VOICE_PAIRS,
    FeatureRows,
    split_rows,
)
from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, BeatNetworkConfig
from musegen.coconet.planes import NUM_ONSETS
from musegen.engine.onnx_program import OnnxProgram, integer, integers, number
from musegen.engine.onnx_writing import ELEMENT_TYPES

NUM_SLOTS = 2 * NUM_VOICES
NO_NOTE = NUM_PITCHES  # what an anchor is where no note is in reach
_FLOAT, _INT = ELEMENT_TYPES["float32"], ELEMENT_TYPES["int32"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """Names of the values that say which notes are near.

    Args:
        num_steps: Steps of each item, a single int64.
        anchor: (batch, time, slot) int32: pitch index of the nearest note or `NO_NOTE`.
        nearness: (batch, time, slot * (decay + 1)): decays slot by slot, then the flags
            that a note was found.
    """

    num_steps: str
    anchor: str
    nearness: str


def add_nearest(program: OnnxProgram, *, reach_steps: int) -> Nearest:
    """Add what `musegen.coconet.layers.NearestNotes` computes.

    Args:
        program: With the inputs `pitch` and `is_hidden`.
        reach_steps: As of that layer.
    """
    op = program.op
    num_steps = op("Gather", op("Shape", "pitch"), integer(1), axis=0)
    step = op("Cast", op("Range", integer(0), num_steps, integer(1)), to=_FLOAT)
    places = [
        op("Unsqueeze", place, integers(1))
        for place in (
            op("Add", step, number(1)),
            op("Sub", op("Cast", num_steps, to=_FLOAT), step),
        )
    ]
    found_codes = [
        _look(program, _codes(program, place), reach_steps, is_ahead=is_ahead)
        for place, is_ahead in zip(places, (False, True), strict=True)
    ]
    code = op("Transpose", op("Concat", *found_codes, axis=1), perm=(0, 2, 1))
    found_step = op("Floor", op("Mul", code, number(1 / CODE_BASE)))
    note = op("Sub", code, op("Mul", found_step, number(CODE_BASE)))
    is_found = op("Greater", code, number(0))
    place = op("Concat", *(p for p in places for _ in range(NUM_VOICES)), axis=1)
    return Nearest(
        num_steps=num_steps,
        anchor=op("Cast", op("Where", is_found, note, number(NO_NOTE)), to=_INT),
        nearness=_nearness(program, op("Sub", place, found_step), is_found),
    )


def _is_shown(program: OnnxProgram) -> str:
    """Return (batch, time, voice) bool: the cell is not hidden."""
    return program.once(
        ("is shown",), lambda: program.op("Less", "is_hidden", number(0.5))
    )


def _is_silent(program: OnnxProgram) -> str:
    """Return (batch, time, voice) bool: the cell holds no note."""
    zero = np.array(0, dtype=np.int32)
    return program.once(("is silent",), lambda: program.op("Less", "pitch", zero))


def _codes(program: OnnxProgram, place: str) -> str:
    """Pack each shown note and its place (time, 1); 0 where there is none."""
    op = program.op
    is_note = program.once(
        ("is note",),
        lambda: op("And", _is_shown(program), op("Not", _is_silent(program))),
    )
    pitch = program.once(("pitch",), lambda: op("Cast", "pitch", to=_FLOAT))
    code = op("Add", pitch, op("Mul", place, number(CODE_BASE)))
    return op("Where", is_note, code, number(0))


def _look(program: OnnxProgram, code: str, reach_steps: int, *, is_ahead: bool) -> str:
    """Return the largest code within reach on one side, (batch, voice, time).

    Strides of 1, 2, 4 ... to the reach see a power of two of steps; two poolings, of
    neighbours and then of every so many, see the same.
    """
    doublings = reach_steps.bit_length()
    near = 2 ** (doublings // 2)
    far = 2 ** (doublings - doublings // 2)
    beyond = near * far - 1
    # Padded before it is turned: ONNX Runtime would fuse the padding into the pooling
    # and then refuse it.
    pads = (0, 0, 0, 0, beyond, 0) if is_ahead else (0, beyond, 0, 0, 0, 0)
    x = program.op("Pad", code, integers(*pads))
    x = program.op("Transpose", x, perm=(0, 2, 1))
    for size, hole in ((near, 1), (far, near)):
        x = program.op("MaxPool", x, kernel_shape=(size,), dilations=(hole,))
    return x


def _nearness(program: OnnxProgram, distance: str, is_found: str) -> str:
    op = program.op
    found = op("Cast", is_found, to=_FLOAT)
    rates = np.array([-1 / decay for decay in DECAYS], dtype=np.float32)
    axis = integers(3)
    fading = op("Exp", op("Mul", op("Unsqueeze", distance, axis), rates))
    fading = op("Mul", fading, op("Unsqueeze", found, axis))
    fading = op("Reshape", fading, integers(0, 0, NUM_SLOTS * len(DECAYS)))
    return op("Concat", fading, found, axis=2)


def add_embedding(
    program: OnnxProgram, config: BeatNetworkConfig, nearest: Nearest
) -> str:
    """Add the first layer and what is added to it; returns (batch * time, channel)."""
    op = program.op
    rows = split_rows(program.array("embed/kernel"))
    channels = config.step_channels
    silent = op("And", _is_shown(program), _is_silent(program))
    silent = op("Cast", silent, to=_FLOAT)
    dense = op("Concat", nearest.nearness, "is_hidden", silent, axis=2)
    x = op(
        "Gemm",
        op("Reshape", dense, integers(-1, NUM_SLOTS * NUM_NEARNESS + 2 * NUM_VOICES)),
        program.weight("embed/dense", _dense_rows(rows)),
        program.weight("embed/bias"),
    )
    hot = program.weight("embed/hot", _hot_rows(rows))
    x = op("Gemm", _one_hot(program, nearest.anchor), hot, x)
    if looked_up := _looked_up(program, config, rows):
        x = op("Add", x, looked_up)
    if config.knows_beat_position:
        beats = op("Reshape", x, integers(-1, config.steps_per_beat, channels))
        x = op("Add", beats, program.weight("phase/bias"))
        x = op("Reshape", x, integers(-1, channels))
    return x


def _dense_rows(rows: FeatureRows) -> NDArray[np.float32]:
    channels = rows.flags.shape[-1]
    nearness = rows.nearness.swapaxes(0, 1).reshape(NUM_SLOTS, NUM_NEARNESS, channels)
    decays = nearness[:, :-1].reshape(-1, channels)
    return np.concatenate([decays, nearness[:, -1], rows.flags])


def _hot_rows(rows: FeatureRows) -> NDArray[np.float32]:
    """Return the rows of notes, as many a slot as of intervals, then of intervals."""
    channels = rows.flags.shape[-1]
    notes = np.zeros((NUM_SLOTS, NUM_INTERVALS, channels), dtype=np.float32)
    notes[:, :NUM_PITCHES] = rows.nearest.swapaxes(0, 1).reshape(
        NUM_SLOTS, NUM_PITCHES, channels
    )
    return np.concatenate([notes, rows.intervals]).reshape(-1, channels)


def _one_hot(program: OnnxProgram, anchor: str) -> str:
    """Return (batch * time, slots and intervals * class)."""
    op = program.op
    upper = [NUM_VOICES + voice for voice in range(NUM_VOICES)]
    lower = list(range(NUM_VOICES))
    for side in (0, NUM_VOICES):
        upper += [side + high for high, _ in VOICE_PAIRS]
        lower += [side + low for _, low in VOICE_PAIRS]
    one, other = (
        op("Gather", anchor, integers(*slots), axis=2) for slots in (upper, lower)
    )
    interval = op("Min", op("Sub", one, other), _int32(INTERVAL_REACH))
    interval = op("Max", interval, _int32(-INTERVAL_REACH))
    is_missing = op("Equal", op("Max", one, other), _int32(NO_NOTE))
    index = op("Add", interval, _int32(INTERVAL_REACH))
    index = op("Where", is_missing, _int32(NUM_INTERVALS - 1), index)
    index = op("Concat", anchor, index, axis=2)
    identity = np.eye(NUM_INTERVALS, dtype=np.float32)
    width = (NUM_SLOTS + len(upper)) * NUM_INTERVALS
    return op("Reshape", op("Gather", identity, index, axis=0), integers(-1, width))


def _looked_up(
    program: OnnxProgram, config: BeatNetworkConfig, rows: FeatureRows
) -> str | None:
    """Return the sum of the planes' rows (batch * time, channel), None without."""
    op = program.op
    codes: list[str] = []
    tables: list[NDArray[np.float32]] = []
    first: list[int] = []
    if "onset" in config.planes:
        codes.append(op("Where", _is_shown(program), "onset", _int32(0)))
        tables.append(rows.onset)
        first += [voice * NUM_ONSETS for voice in range(NUM_VOICES)]
    for name in ("metre", "fermata"):
        if name in config.planes:
            codes.append(op("Unsqueeze", name, integers(2)))
            first.append(sum(map(len, tables)))
            tables.append(program.array(f"{name}_bias/embeddings"))
    if not codes:
        return None
    index = op("Add", op("Concat", *codes, axis=2), _int32(first))
    table = program.weight("embed/planes", np.concatenate(tables))
    total = op("ReduceSum", op("Gather", table, index), integers(2), keepdims=0)
    return op("Reshape", total, integers(-1, config.step_channels))


def _int32(value: Any) -> NDArray[np.int32]:
    return np.array(value, dtype=np.int32)
