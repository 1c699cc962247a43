"""Which notes are struck: after the pitches are drawn, held and repeated told apart.

A note always begins where the pitch changes or after silence. Where a voice stays on
its pitch, a network that writes onsets is asked, voice after voice from the bass up;
else a rule decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES
from musegen.coconet.control import Control
from musegen.coconet.planes import HELD, STEPS_PER_BEAT, STRUCK, UNKNOWN, Codes
from musegen.coconet.predicting import IsHidden, PitchIndex, ToldNetwork
from musegen.coconet.windows import WindowConfig, windows

OnsetMode = Literal["sampled", "likeliest", "rule"]


def check_onset_mode(mode: str) -> None:
    """Refuse an unknown way of finding onsets.

    Raises:
        ValueError: There is no such way.
    """
    if mode not in get_args(OnsetMode):
        raise ValueError(
            f"onsets must be one of {', '.join(get_args(OnsetMode))}; received {mode!r}"
        )


def certain_onsets(pitch: PitchIndex, is_free: IsHidden, told: Codes) -> Codes:
    """Return the onsets of which there is no doubt.

    Args:
        pitch: (batch, time, voice), filled.
        is_free: Same shape: which cells were filled.
        told: Same shape, what is known of the given cells, 0 = unknown.

    Returns:
        Same shape: 2 where a filled pitch changes or follows silence, 1 where a voice
        is silent, what is known of given cells (unknown ones are struck where the pitch
        changes), 0 where a filled cell stays on its pitch.
    """
    before = np.concatenate([np.full_like(pitch[:, :1], -1), pitch[:, :-1]], axis=1)
    begins = np.where((pitch >= 0) & (pitch != before), STRUCK, HELD)
    is_repeated = (pitch >= 0) & (pitch == before)
    found = np.where(is_free & is_repeated, UNKNOWN, begins)
    return np.where(~is_free & (told != UNKNOWN), told, found).astype(np.int8)


def rule_onsets(onset: Codes, is_free: IsHidden) -> Codes:
    """Strike what is open on the beat, together with the given voices.

    Args:
        onset: (batch, time, voice), as of `certain_onsets`; time begins on a beat.
        is_free: Same shape. Where no voice is given in a step, the soprano leads.

    Source:
        Measured on the 225 training chorales found in music21: on a beat, a lower voice
        that keeps its pitch strikes it again in 91 % of the cases when the soprano
        repeats a note, 74 % when it moves, 1 % when it holds. So: on the beat, with the
        melody.
    """
    is_struck = onset == STRUCK
    by_given = (is_struck & ~is_free).any(axis=2)
    leads = np.where(is_free.all(axis=2), is_struck[:, :, 0], by_given)
    is_beat = np.arange(onset.shape[1]) % STEPS_PER_BEAT == 0
    ruled = np.where((leads & is_beat)[:, :, None], STRUCK, HELD)
    return np.where(onset == UNKNOWN, ruled, onset).astype(np.int8)


def network_onsets(
    pitch: PitchIndex,
    onset: Codes,
    *,
    told: ToldNetwork,
    window_config: WindowConfig,
    generators: Sequence[np.random.Generator] | None,
    control: Control,
) -> Codes | None:
    """Ask the network what is open, one voice after another from the bass up.

    Args:
        pitch: (batch, time, voice), filled.
        onset: Same shape, as of `certain_onsets`; what is known stays.
        told: The network and what it is told.
        window_config: How a long score is cut.
        generators: One an item, to draw with; None strikes what is likelier than not.
        control: Asked between forward passes.

    Returns:
        Same shape without unknown ones; None where the network does not say, or when
        stopped.
    """
    result = onset.copy()
    for window in windows(pitch.shape[1], window_config):
        seen, kept = window.seen, window.kept
        for voice in reversed(range(NUM_VOICES)):
            is_open = result[:, kept, voice] == UNKNOWN
            if not is_open.any():
                continue
            if control.must_stop():
                return None
            odds = told.window(seen).onset_odds(pitch[:, seen], result[:, seen])
            if odds is None:
                return None
            odds = odds[:, window.kept_of_seen, voice]
            is_struck = odds > _thresholds(odds, is_open, generators)
            codes = np.where(is_struck, STRUCK, HELD)
            result[:, kept, voice] = np.where(is_open, codes, result[:, kept, voice])
    return result


def _thresholds(
    odds: NDArray[np.float32],
    is_open: NDArray[np.bool_],
    generators: Sequence[np.random.Generator] | None,
) -> NDArray[np.float64]:
    """Log odds above which a note is struck; (batch, time)."""
    if generators is None:
        return np.zeros(odds.shape)
    uniforms = np.stack(
        [
            generator.random(asked.shape) if asked.any() else np.full(asked.shape, 0.5)
            for generator, asked in zip(generators, is_open, strict=True)
        ]
    )
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(uniforms) - np.log1p(-uniforms))
