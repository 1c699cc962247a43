"""The layers of the beat network, by hand on tiny grids."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.layers import (
    LocalAttention,
    NearestNotes,
    NoIntervalToSilence,
    OnsetFeatures,
    RelativeLogits,
    RootMeanSquareNorm,
)
from musegen.coconet.planes import HELD, STRUCK, UNKNOWN

Untyped = Any  # Keras has no type information; options are of many types

REST = -1


def nearest(
    pitch: list[int], is_hidden: list[int], reach_steps: int = 128
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of one voice: notes before and after (time, side), and their nearness."""
    notes, nearness = NearestNotes(reach_steps)(
        np.array(pitch, dtype=np.int32)[None, :, None],
        np.array(is_hidden, dtype=np.float32)[None, :, None],
    )
    return as_array(notes)[0, :, 0], as_array(nearness)[0, :, 0]


def as_array(tensor: Untyped) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def test_the_nearest_visible_notes_by_hand() -> None:
    notes, nearness = nearest([5, 7, REST, 9, 0, 3, 4], [0, 1, 0, 1, 0, 1, 1])
    assert notes[:, 0].tolist() == [5, 5, 5, 5, 0, 0, 0]
    assert notes[:, 1].tolist() == [5, 0, 0, 0, 0, -1, -1]
    distance_back = np.array([0, 1, 2, 3, 0, 1, 2])
    for index, decay in enumerate((1.5, 6.0, 24.0)):
        expected = np.exp(-distance_back / decay)
        assert nearness[:, 0, index] == pytest.approx(expected, rel=1e-6)
    found_ahead = [1, 1, 1, 1, 1, 0, 0]
    assert nearness[:, 1, 3].tolist() == found_ahead
    assert nearness[1:5, 1, 1] == pytest.approx(np.exp(-np.array([3, 2, 1, 0]) / 6.0))
    assert not nearness[5:, 1].any()


def test_a_visible_note_is_its_own_neighbour_both_ways() -> None:
    notes, nearness = nearest([3, 8, 45], [0, 0, 0])
    assert notes.tolist() == [[3, 3], [8, 8], [45, 45]]
    assert (nearness == 1.0).all()


def test_voices_and_pieces_are_apart() -> None:
    pitch = np.full((2, 4, 2), 9, dtype=np.int32)
    pitch[0, 0, 0], pitch[1, 3, 1] = 1, 2
    is_hidden = np.ones(pitch.shape, dtype=np.float32)
    is_hidden[0, 0, 0] = is_hidden[1, 3, 1] = 0.0
    notes = as_array(NearestNotes(8)(pitch, is_hidden)[0])
    assert (notes[0, :, 0, 0] == 1).all()
    assert (notes[1, :, 1, 1] == 2).all()
    assert (notes[0, :, 1] == -1).all()
    assert (notes[1, :, 0] == -1).all()


@pytest.mark.parametrize(("reach_steps", "seen"), [(1, 1), (2, 3), (4, 7), (5, 7)])
def test_the_look_ends_at_the_sum_of_its_strides(reach_steps: int, seen: int) -> None:
    length = 12
    notes, _ = nearest([6] + [0] * (length - 1), [0] + [1] * (length - 1), reach_steps)
    assert notes[:, 0].tolist() == [6] * (seen + 1) + [-1] * (length - 1 - seen)


@pytest.mark.parametrize("length", [1, 2, 3, 97])
def test_any_length_will_do(length: int) -> None:
    notes, nearness = nearest([4] * length, [1] * (length - 1) + [0])
    assert (notes[:, 1] == 4).all()
    assert nearness.shape == (length, 2, 4)


def test_nearest_notes_are_exact_far_into_a_long_piece() -> None:
    length = 8000
    pitch = (np.arange(length) % 46).tolist()
    notes, _ = nearest(pitch, [0] * length)
    assert notes[:, 0].tolist() == pitch


def interval_scores(*, reach: int, seed: int = 0) -> NDArray[np.float32]:
    shape = (1, 2, 4, 2, 2 * reach + 1)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_interval_scores_land_on_their_pitches() -> None:
    scores = np.zeros((1, 1, 1, 2, 5), dtype=np.float32)
    scores[0, 0, 0, 0] = [1, 2, 3, 4, 5]
    scores[0, 0, 0, 1] = [10, 20, 30, 40, 50]
    anchor = np.array([1, 4], dtype=np.int32)[None, None, None]
    found = as_array(RelativeLogits(7, 2)(scores, anchor))[0, 0, 0]
    # From 1: pitches 0..3 get 2..5. From 4: pitches 2..6 get 10..50.
    assert found.tolist() == [2, 3, 14, 25, 30, 40, 50]


def test_a_missing_neighbour_scores_nothing() -> None:
    scores = interval_scores(reach=3)
    anchor = np.full((1, 2, 4, 2), -1, dtype=np.int32)
    assert not as_array(RelativeLogits(46, 3)(scores, anchor)).any()


def test_transposed_neighbours_transpose_the_scores() -> None:
    scores = interval_scores(reach=4)
    anchor = np.random.default_rng(1).integers(10, 30, (1, 2, 4, 2)).astype(np.int32)
    layer = RelativeLogits(46, 4)
    found = as_array(layer(scores, anchor))
    moved = as_array(layer(scores, anchor + 5))
    assert np.array_equal(moved[..., 5:], found[..., :-5])
    assert found.any()


def test_silence_gets_no_score_from_intervals() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 3, 4, 46)).astype(np.float32)
    found = as_array(NoIntervalToSilence()(scores))
    assert found.shape == (2, 3, 4, 47)
    assert np.array_equal(found[..., :46], scores)
    assert not found[..., 46].any()


def test_onsets_are_one_hot_and_those_of_hidden_cells_unknown() -> None:
    onset = np.array([[[UNKNOWN, HELD, STRUCK, STRUCK], [HELD] * 4]], dtype=np.int32)
    is_hidden = np.array([[[0, 0, 0, 1], [0, 1, 1, 0]]], dtype=np.float32)
    found = as_array(OnsetFeatures()(onset, is_hidden))
    assert found.shape == (1, 2, 12)
    codes = found.reshape(2, 4, 3)
    assert (codes.sum(axis=-1) == 1).all()
    assert codes.argmax(axis=-1).tolist() == [
        [UNKNOWN, HELD, STRUCK, UNKNOWN],
        [HELD, UNKNOWN, UNKNOWN, HELD],
    ]


def test_the_norm_gives_unit_root_mean_square() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype(np.float32) * 40.0
    layer = RootMeanSquareNorm()
    found = as_array(layer(x))
    assert np.sqrt((found**2).mean(axis=-1)) == pytest.approx(np.ones((2, 3)), abs=1e-4)
    assert found == pytest.approx(x / np.sqrt((x**2).mean(-1, keepdims=True)), rel=1e-4)
    assert layer.weights == []
    assert not as_array(layer(np.zeros((1, 1, 8), np.float32))).any()


def attention(reach: int) -> Untyped:
    """Attention whose weights are all at work (the last starts at zero)."""
    layer = LocalAttention(2, reach)
    layer.build((None, None, 6))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) * 0.5 for w in layer.get_weights()])
    return layer


def test_fresh_attention_adds_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(1, 5, 6)).astype(np.float32)
    assert not as_array(LocalAttention(3, 2)(x)).any()


def test_attention_by_hand() -> None:
    layer, reach = attention(2), 2
    x = np.random.default_rng(1).normal(size=(1, 7, 6)).astype(np.float32)
    bias, project_in, project_out, offset = (
        next(w.numpy() for w in layer.weights if w.path.endswith(end))
        for end in ("distance_bias", "in/kernel", "out/kernel", "out/bias")
    )
    query, key, value = (x[0] @ project_in).reshape(7, 3, 2, 3).transpose(1, 2, 0, 3)
    expected = np.zeros((7, 2, 3))
    for head in range(2):
        for beat in range(7):
            near = [k for k in range(7) if abs(k - beat) <= reach]
            score = np.array(
                [
                    query[head, beat] @ key[head, k] / np.sqrt(3.0)
                    + bias[k - beat + reach, head]
                    for k in near
                ]
            )
            share = np.exp(score) / np.exp(score).sum()
            expected[beat, head] = share @ value[head, near]
    found = as_array(layer(x))[0]
    assert found == pytest.approx(
        expected.reshape(7, 6) @ project_out + offset, abs=1e-4
    )


def test_attention_sees_beats_within_its_reach_only() -> None:
    layer = attention(3)
    x = np.random.default_rng(1).normal(size=(1, 12, 6)).astype(np.float32)
    changed = x.copy()
    changed[0, 8] += 5.0
    is_changed = (as_array(layer(x)) != as_array(layer(changed))).any(axis=-1)[0]
    assert is_changed.tolist() == [False] * 5 + [True] * 7


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (NearestNotes(9, name="a"), [(2, 8, 4), (2, 8, 4)]),
        (RelativeLogits(46, 7, name="b"), [(2, 8, 4, 2, 15), (2, 8, 4, 2)]),
        (RootMeanSquareNorm(name="c"), [(2, 8, 10)]),
        (LocalAttention(5, 4, name="d"), [(2, 8, 10)]),
        (NoIntervalToSilence(name="e"), [(2, 8, 4, 46)]),
        (OnsetFeatures(name="f"), [(2, 8, 4), (2, 8, 4)]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_layer_comes_back_from_its_config(
    layer: Untyped, inputs: list[tuple[int, ...]]
) -> None:
    data = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(data)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    arrays = [np.zeros(shape, dtype=np.float32) for shape in inputs]
    if len(arrays) == 2:  # indices: of notes, or of codes
        whole = 0 if isinstance(layer, OnsetFeatures) else -1
        arrays[whole] = arrays[whole].astype(np.int32)
    shapes = [[part.shape for part in flat(made(*arrays))] for made in (layer, again)]
    assert shapes[0] == shapes[1]


def flat(outputs: Untyped) -> list[Any]:
    return list(outputs) if isinstance(outputs, tuple) else [outputs]


def test_layers_work_in_half_precision() -> None:
    x = np.random.default_rng(0).normal(size=(1, 8, 10)).astype(np.float32)
    layer = LocalAttention(5, 4, dtype="mixed_bfloat16")
    found = layer(RootMeanSquareNorm(dtype="mixed_bfloat16")(x))
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(layer.distance_bias.dtype) == "float32"
