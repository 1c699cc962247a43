"""Values of a training run on held-out crops: fixed crops, fixed masks of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.batches import (
    EVERYTHING,
    Draw,
    draw_batch,
    is_onset_asked,
    keras_batch,
)
from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, NetworkConfig
from musegen.coconet.masks import KINDS
from musegen.coconet.planes import STRUCK, Piece
from musegen.engine.seeds import derive_seed

_NUM_BATCHES = 4


def validator(
    pieces: Sequence[Piece],
    *,
    network: NetworkConfig,
    mixture: Mapping[str, float],
    batch_size: int,
    crop_steps: int,
    seed: int,
) -> Callable[[Any], dict[str, float]]:
    """Draw crops and masks once and return the function that measures a model on them.

    Args:
        pieces: Held out, each at least `crop_steps` long.
        network: What the model takes.
        mixture: Weights of the kinds in `valid/loss`.
        batch_size: Crops of a batch; four batches a kind.
        crop_steps: Steps of each.
        seed: Of crops and masks.

    Returns:
        From a compiled Keras model to nats a hidden cell by kind of mask
        (`valid/KIND`), nothing told beside the pitches, and `valid/loss`, their mean
        over the mixture; the same mean with everything told (`valid/told`); alto, tenor
        and bass hidden at once with nothing and with everything told
        (`valid/lower_voices`, `valid/lower_voices_told`); nats an onset
        (`valid/onset`).
    """
    draws: dict[str, list[Draw]] = {}
    for kind in KINDS:
        generator = np.random.default_rng(derive_seed(seed, "valid", kind))
        draws[kind] = [
            draw_batch(
                pieces,
                batch_size=batch_size,
                crop_steps=crop_steps,
                mixture={kind: 1.0},
                max_transposition=0,
                telling=EVERYTHING,
                generator=generator,
            )
            for _ in range(_NUM_BATCHES)
        ]
    lower_voices = [_lower_voices_hidden(draw) for draw in draws["voices"]]

    def validate(model: Any) -> dict[str, float]:
        values = {
            f"valid/{kind}": _mean_loss(model, map(_untold, of_kind), network)
            for kind, of_kind in draws.items()
        }
        total = sum(mixture.values())
        values["valid/loss"] = sum(
            values[f"valid/{kind}"] * weight / total for kind, weight in mixture.items()
        )
        untold = map(_untold, lower_voices)
        values["valid/lower_voices"] = _mean_loss(model, untold, network)
        if network.planes:
            values["valid/lower_voices_told"] = _mean_loss(model, lower_voices, network)
            values["valid/told"] = sum(
                _mean_loss(model, draws[kind], network) * weight / total
                for kind, weight in mixture.items()
            )
        if network.writes_onsets:
            values["valid/onset"] = _onset_loss(model, draws["orderless"], network)
        return values

    return validate


def _lower_voices_hidden(draw: Draw) -> Draw:
    is_hidden = np.zeros(draw.pitch.shape, dtype=bool)
    is_hidden[:, :, 1:NUM_VOICES] = True
    onset = np.where(is_hidden, 0, draw.onset).astype(np.int8)
    return replace(
        draw,
        is_hidden=is_hidden,
        emphasis=np.ones(is_hidden.shape, dtype=np.float32),
        told=replace(draw.told, onset=onset),
    )


def _untold(draw: Draw) -> Draw:
    told = draw.told
    return replace(
        draw,
        told=replace(
            told,
            onset=np.zeros_like(told.onset),
            metre=np.zeros_like(told.metre),
            fermata=np.zeros_like(told.fermata),
        ),
    )


def _mean_loss(model: Any, draws: Any, network: NetworkConfig) -> float:
    """Nats a hidden cell as the loss weighs them."""
    losses = []
    for draw in draws:
        inputs, _, weights = keras_batch(draw, planes=network.planes, onset_share=None)
        logits = np.asarray(model.predict_on_batch(inputs)["logits"], dtype=np.float64)
        losses.append(float(np.mean(_cross_entropy(logits, draw) * weights["logits"])))
    return float(np.mean(losses))


def _cross_entropy(logits: NDArray[np.float64], draw: Draw) -> NDArray[np.float64]:
    """Nats a cell; silence counts where it is a class."""
    num_classes = logits.shape[-1]
    log_p = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    silence = min(NUM_PITCHES, num_classes - 1)
    index = np.where(draw.pitch < 0, silence, draw.pitch)[..., None]
    loss = -np.take_along_axis(log_p, index, axis=-1)[..., 0]
    if num_classes == NUM_PITCHES:
        loss *= draw.pitch >= 0
    return np.asarray(loss)


def _onset_loss(model: Any, draws: Sequence[Draw], network: NetworkConfig) -> float:
    """Nats an onset that is asked, nothing being shown of any."""
    total, count = 0.0, 0
    for told in draws:
        draw = _untold(told)
        inputs, _, _ = keras_batch(draw, planes=network.planes, onset_share=None)
        odds = np.asarray(
            model.predict_on_batch(inputs)["onset_odds"], dtype=np.float64
        )
        is_asked = is_onset_asked(draw)
        loss = np.logaddexp(0.0, odds) - (draw.onset == STRUCK) * odds
        total += float(loss[is_asked].sum())
        count += int(is_asked.sum())
    return total / max(1, count)
