"""Optimizers for two networks that train against each other in one step.

The same as two optimizers, since Adam treats each weight by itself; and one checkpoint
holds both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from musegen.engine.muon import Muon


@keras.saving.register_keras_serializable(package="musegen")
class AdversarialAdam(keras.optimizers.Adam):
    """Adam with a rate of its own for the discriminator, which is not clipped.

    Args:
        rival: Part of the paths of the discriminator's weights.
        rival_rate: Their learning rate, constant.
        clip_norm: Largest norm of the gradient of all other weights together.
        **kwargs: Of `keras.optimizers.Adam`, for the others.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and its program: 1e-4, no clip.
    """

    def __init__(
        self,
        *,
        rival: str = "discriminator",
        rival_rate: float = 1e-4,
        clip_norm: float = 2.5,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rival = rival
        self.rival_rate = rival_rate
        self.clip_norm = clip_norm

    def apply(
        self,
        grads: Sequence[Any],
        trainable_variables: Sequence[Any] | None = None,
    ) -> None:
        """Clip what is to be clipped, and update all weights."""
        variables = (
            self._trainable_variables
            if trainable_variables is None
            else trainable_variables
        )
        is_clipped = [
            gradient is not None and self.rival not in variable.path
            for gradient, variable in zip(grads, variables, strict=True)
        ]
        own = [gradient for gradient, yes in zip(grads, is_clipped, strict=True) if yes]
        if own:
            squares = [ops.sum(ops.square(gradient)) for gradient in own]
            norm = ops.sqrt(sum(squares))
            factor = self.clip_norm / ops.maximum(norm, self.clip_norm)
            grads = [
                gradient * factor if yes else gradient
                for gradient, yes in zip(grads, is_clipped, strict=True)
            ]
        super().apply(grads, trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one weight at the rate of its network."""
        # TensorFlow hands over its own variable, which has no path.
        known = self._trainable_variables[self._get_variable_index(variable)]
        rate = self.rival_rate if self.rival in known.path else learning_rate
        super().update_step(gradient, variable, rate)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of."""
        return {
            **super().get_config(),
            "rival": self.rival,
            "rival_rate": self.rival_rate,
            "clip_norm": self.clip_norm,
        }


@keras.saving.register_keras_serializable(package="musegen")
class AdversarialMuon(AdversarialAdam, Muon):
    """Muon for the generator and AdamW for its rival, each at its rate.

    Args:
        excluded: Of `Muon`; the rival's weights are always among them.
        **kwargs: Of `AdversarialAdam` and `Muon`.
    """

    def __init__(self, *, excluded: Sequence[str] = (), **kwargs: Any) -> None:
        rival = kwargs.get("rival", "discriminator")
        super().__init__(excluded=tuple(dict.fromkeys((*excluded, rival))), **kwargs)
