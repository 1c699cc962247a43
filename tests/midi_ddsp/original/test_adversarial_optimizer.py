"""One optimizer for two networks does what two would."""

from __future__ import annotations

import keras
import numpy as np

from musegen.midi_ddsp.original.adversarial_optimizer import AdversarialAdam


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
