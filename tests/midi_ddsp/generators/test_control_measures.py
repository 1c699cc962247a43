"""Controls measured in a training graph are those that are measured anywhere else."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes
from musegen.midi_ddsp.generators.control_measures import ControlMeasures
from musegen.midi_ddsp.generators.controls import MEASURED
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters

NUM_FRAMES = 400
LENGTHS = (1, 2, 3, 5, 9, 11, 20, 39, 40, 41, 100)  # of notes in frames, a rest between


def random_parameters(seed: int, *, widest_db: float) -> SynthesisParameters:
    rng = np.random.default_rng(seed)
    harmonics = rng.uniform(0, 1, (NUM_FRAMES, 60)) ** 4
    level_db = rng.uniform(-widest_db, 0.0, NUM_FRAMES) - 10.0
    noise_db = rng.uniform(-95, -40, (NUM_FRAMES, 65))
    return SynthesisParameters(
        f0_hz=np.full(NUM_FRAMES, 200.0, np.float32),
        amplitude=(10.0 ** (level_db / 20.0)).astype(np.float32),
        harmonics=(harmonics / harmonics.sum(axis=1, keepdims=True)).astype(np.float32),
        noise=(10.0 ** (noise_db / 20.0)).astype(np.float32),
    )


def some_notes() -> list[PlayedNote]:
    notes, frame = [], 4
    for length in LENGTHS:
        notes.append(
            PlayedNote(pitch=60, onset_s=frame / 250, offset_s=(frame + length) / 250)
        )
        frame += length + 3
    assert frame <= NUM_FRAMES
    return notes


def in_db(linear: np.ndarray) -> np.ndarray:
    return np.asarray(20.0 * np.log10(np.maximum(linear, 1e-10)))


def measured(
    parameters: list[SynthesisParameters], spans: np.ndarray
) -> tuple[np.ndarray, list[tf.Tensor]]:
    """Measure a batch; also the gradients of all that was measured."""
    arrays = [
        np.stack([in_db(one.amplitude[:, None]) for one in parameters]),
        np.stack([one.harmonics for one in parameters]),
        np.stack([in_db(one.noise) for one in parameters]),
    ]
    tensors = [tf.constant(array, tf.float32) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        found = ControlMeasures()(*tensors, tf.constant(spans, tf.int32))
    return found.numpy(), tape.gradient(found, tensors)


@pytest.mark.parametrize("widest_db", [2.0, 30.0, 90.0])
def test_notes_are_measured_as_by_the_units(widest_db: float) -> None:
    frames = note_frames(some_notes(), NUM_FRAMES)
    parameters = [random_parameters(seed, widest_db=widest_db) for seed in (0, 1)]
    spans = np.tile(frames.spans(), (2, 1, 1))
    found, _ = measured(parameters, spans)
    columns = [UNIT_NAMES.index(name) for name in MEASURED]
    for row, one in zip(found, parameters, strict=True):
        expected = measure_notes(one, frames)[:, columns]
        np.testing.assert_allclose(row, expected, rtol=1e-3, atol=1e-3)


def test_a_pause_and_silence_count_no_more_than_they_do_elsewhere() -> None:
    frames = note_frames(some_notes(), NUM_FRAMES)
    parameters = random_parameters(3, widest_db=5.0)
    parameters.amplitude[340:360] = 0.0  # in the middle of the longest note
    found, gradients = measured([parameters], frames.spans()[None])
    columns = [UNIT_NAMES.index(name) for name in MEASURED]
    expected = measure_notes(parameters, frames)[:, columns]
    np.testing.assert_allclose(found[0], expected, rtol=1e-3, atol=1e-3)
    assert all(np.isfinite(gradient.numpy()).all() for gradient in gradients)


def test_notes_of_no_frames_are_zeros_and_pull_nowhere() -> None:
    spans = np.array([[[50, 90], [0, 0], [70, 70]]])
    found, gradients = measured([random_parameters(0, widest_db=10.0)], spans)
    assert found[0, 0].all()
    assert not found[0, 1:].any()
    level, harmonics, noise = (gradient.numpy() for gradient in gradients)
    assert np.flatnonzero(level[0, :, 0]).tolist() == list(range(60, 80))
    assert np.flatnonzero(noise[0].any(axis=1)).tolist() == list(range(50, 60))
    assert np.flatnonzero(harmonics[0].any(axis=1)).tolist() == list(range(60, 80))
    assert all(np.isfinite(gradient.numpy()).all() for gradient in gradients)
