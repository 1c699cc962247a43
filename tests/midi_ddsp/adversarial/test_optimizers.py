"""One optimizer for two networks does what two would."""

from __future__ import annotations

import keras
import numpy as np

from musegen.engine.muon import Muon
from musegen.midi_ddsp.adversarial.optimizers import AdversarialAdam, AdversarialMuon


def variable(name: str) -> keras.Variable:
    with keras.name_scope(name):
        return keras.Variable(np.array([1.0, -2.0], np.float32), name="weight")


def test_the_rival_has_its_rate_and_is_not_clipped() -> None:
    own, rival = variable("generator"), variable("discriminator.block")
    alone, rival_alone = variable("alone"), variable("alone")
    both = AdversarialAdam(learning_rate=0.1, rival_rate=0.01, clip_norm=1.0)
    one = keras.optimizers.Adam(0.1, global_clipnorm=1.0)
    other = keras.optimizers.Adam(0.01)
    both.build([own, rival])
    one.build([alone])
    other.build([rival_alone])
    for step in range(3):
        gradient = np.array([30.0, 1.0 + step], np.float32)
        of_rival = np.array([0.01 * step - 0.02, 50.0], np.float32)
        both.apply([gradient, of_rival])
        one.apply([gradient])
        other.apply([of_rival])
    for found, expected in ((own, alone), (rival, rival_alone)):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6)


def test_a_small_gradient_is_left_alone() -> None:
    own, alone = variable("generator"), variable("alone")
    both = AdversarialAdam(learning_rate=0.1, clip_norm=10.0)
    one = keras.optimizers.Adam(0.1)
    both.build([own])
    one.build([alone])
    gradient = np.array([0.3, -0.1], np.float32)
    both.apply([gradient])
    one.apply([gradient])
    np.testing.assert_allclose(own.numpy(), alone.numpy(), rtol=1e-6)


def test_a_config_gives_it_back() -> None:
    optimizer = AdversarialAdam(rival="judge", rival_rate=0.5, clip_norm=3.0)
    copied = AdversarialAdam.from_config(optimizer.get_config())
    assert (copied.rival, copied.rival_rate, copied.clip_norm) == ("judge", 0.5, 3.0)


def test_muon_moves_the_generator_and_adam_its_rival() -> None:
    own, rival = (
        keras.Variable(np.eye(3, dtype=np.float32), name=name)
        for name in ("kernel", "discriminator_kernel")
    )
    alone, rival_alone = (
        keras.Variable(np.eye(3, dtype=np.float32), name=name)
        for name in ("alone", "rival_alone")
    )
    both = AdversarialMuon(
        learning_rate=0.1, rival_rate=0.01, clip_norm=1.0, weight_decay=0.01
    )
    one = Muon(learning_rate=0.1, global_clipnorm=1.0, weight_decay=0.01)
    other = keras.optimizers.Adam(0.01)
    both.build([own, rival])
    one.build([alone])
    other.build([rival_alone])
    assert both.is_matrix == (True, False)
    gradient = np.arange(9, dtype=np.float32).reshape(3, 3)
    for _ in range(3):
        both.apply([gradient, gradient])
        one.apply([gradient])
        other.apply([gradient])
    np.testing.assert_allclose(own.numpy(), alone.numpy(), rtol=1e-5, atol=1e-7)
    # The decay is of the shared rate: 3 steps of 0.1 * 0.01.
    np.testing.assert_allclose(rival.numpy(), rival_alone.numpy(), atol=0.004)
