"""The nearest notes, looked for by the graph and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.beat_features import DECAYS
from musegen.coconet.beat_onnx_features import NO_NOTE, NUM_SLOTS, add_nearest
from musegen.coconet.config import NUM_VOICES
from musegen.engine.export import OPSET
from musegen.engine.onnx_predictor import OnnxPredictor
from musegen.engine.onnx_program import OnnxProgram
from musegen.engine.onnx_writing import ELEMENT_TYPES

Array = NDArray[np.float32]


def look(pitch: NDArray[np.int64], is_hidden: Array, reach: int) -> tuple[Array, Array]:
    """Anchors and nearness as the graph finds them."""
    program = OnnxProgram({}, opset=OPSET)
    shape = ("batch", "time", NUM_VOICES)
    program.graph.input("pitch", "int32", shape)
    program.graph.input("is_hidden", "float32", shape)
    nearest = add_nearest(program, reach_steps=reach)
    anchor = program.op("Cast", nearest.anchor, to=ELEMENT_TYPES["float32"])
    program.output("anchor", anchor, ("batch", "time", NUM_SLOTS))
    width = NUM_SLOTS * (len(DECAYS) + 1)
    program.output("nearness", nearest.nearness, ("batch", "time", width))
    predictor = OnnxPredictor(program.graph.to_bytes(), device="cpu", num_threads=1)
    outputs = predictor({"pitch": pitch, "is_hidden": is_hidden})
    return outputs["anchor"], outputs["nearness"]


def by_hand(
    pitch: NDArray[np.int64], is_hidden: Array, seen: int
) -> tuple[Array, Array]:
    """The same, each cell looking at up to `seen` steps to either side, itself too."""
    batch, time, _ = pitch.shape
    anchor = np.full((batch, time, NUM_SLOTS), NO_NOTE, dtype=np.float32)
    fading = np.zeros((batch, time, NUM_SLOTS, len(DECAYS)), dtype=np.float32)
    found = np.zeros((batch, time, NUM_SLOTS), dtype=np.float32)
    for item, step, slot in np.ndindex(*anchor.shape):
        side, voice = divmod(slot, NUM_VOICES)
        for distance in range(seen):
            place = step + distance * (1 if side else -1)
            if not 0 <= place < time or is_hidden[item, place, voice]:
                continue
            if pitch[item, place, voice] >= 0:
                anchor[item, step, slot] = pitch[item, place, voice]
                fading[item, step, slot] = np.exp(-distance / np.array(DECAYS))
                found[item, step, slot] = 1
                break
    flat = fading.reshape(batch, time, -1)
    return anchor, np.concatenate([flat, found], axis=-1)


@pytest.mark.parametrize(
    ("reach", "seen"), [(0, 1), (1, 2), (2, 4), (3, 4), (8, 16), (128, 256)]
)
def test_the_nearest_notes_are_found_as_far_as_strides_reach(
    reach: int, seen: int
) -> None:
    rng = np.random.default_rng(reach)
    shape = (2, 40, NUM_VOICES)
    pitch = rng.integers(-1, 46, shape)
    is_hidden = (rng.random(shape) < 0.9).astype(np.float32)
    found = look(pitch, is_hidden, reach)
    for array, expected in zip(found, by_hand(pitch, is_hidden, seen), strict=True):
        np.testing.assert_allclose(array, expected, atol=1e-6)
    assert 0 < (found[0] == NO_NOTE).mean() < 1


def test_a_note_is_found_through_a_long_piece_and_no_further() -> None:
    pitch = np.full((1, 600, NUM_VOICES), -1)
    pitch[0, 300] = 45
    anchor, _ = look(pitch, np.zeros(pitch.shape, np.float32), 128)
    after = anchor[0, :, :NUM_VOICES] == 45  # of the cells whose note lies before
    before = anchor[0, :, NUM_VOICES:] == 45
    assert np.flatnonzero(after.all(axis=1)).tolist() == list(range(300, 556))
    assert np.flatnonzero(before.all(axis=1)).tolist() == list(range(45, 301))


def test_hidden_pitches_have_no_influence() -> None:
    rng = np.random.default_rng(1)
    pitch = rng.integers(-1, 46, (1, 16, NUM_VOICES))
    is_hidden = (rng.random(pitch.shape) < 0.5).astype(np.float32)
    others = np.where(is_hidden > 0, 45 - pitch.clip(0), pitch)
    for one, other in zip(
        look(pitch, is_hidden, 8), look(others, is_hidden, 8), strict=True
    ):
        np.testing.assert_array_equal(one, other)
