"""Sampling scores of any length: windows that overlap, in bounded memory.

Each window sees the end of what is already written, fixed, and some way beyond what it
will keep; the next window writes that part anew. So voices lead across seams as they do
inside a window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from musegen.coconet.control import Control
from musegen.coconet.drawing import Allowed
from musegen.coconet.predicting import (
    IsHidden,
    LogitsFunction,
    PitchIndex,
    WindowedLogits,
)
from musegen.coconet.refinement import RefinementConfig, refine
from musegen.coconet.samplers import SamplerConfig, sample


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowConfig:
    """How a long score is cut; all lengths in steps, whole beats.

    Args:
        length: What the network sees at once. Long windows cost less, as context and
            lookahead are computed twice: 64 bars take 5.3 s at 1024, 7.9 s at 256.
        context: Finished steps at the start of each window but the first.
        lookahead: Steps at the end of each window but the last that are written anew.
    """

    length: int = 1024
    context: int = 64
    lookahead: int = 32

    def __post_init__(self) -> None:
        if min(self.length, self.context, self.lookahead) < 0 or (
            self.context + self.lookahead >= self.length
        ):
            raise ValueError(
                "context and lookahead must leave room in length; received "
                f"{self.context} + {self.lookahead} in {self.length}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window: sees start..end, keeps keep_start..keep_end of what it writes."""

    start: int
    end: int
    keep_start: int
    keep_end: int

    @property
    def seen(self) -> slice:
        """The steps that the network sees."""
        return slice(self.start, self.end)

    @property
    def kept(self) -> slice:
        """The steps that it keeps, of the whole score."""
        return slice(self.keep_start, self.keep_end)

    @property
    def kept_of_seen(self) -> slice:
        """The steps that it keeps, counted from its own first step."""
        return slice(self.keep_start - self.start, self.keep_end - self.start)

    def free(self, is_free: IsHidden) -> IsHidden:
        """Return (batch, time, voice) of the window: what it may write."""
        free = is_free[:, self.seen].copy()
        free[:, : self.keep_start - self.start] = False
        return free


def windows(num_steps: int, config: WindowConfig) -> Iterator[Window]:
    """Cut a score into windows whose kept parts follow one another without gap."""
    done = 0
    while done < num_steps:
        start = max(0, done - config.context)
        end = min(num_steps, start + config.length)
        keep_end = end if end == num_steps else end - config.lookahead
        yield Window(start=start, end=end, keep_start=done, keep_end=keep_end)
        done = keep_end


def sample_windows(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: WindowedLogits,
    config: SamplerConfig,
    window_config: WindowConfig,
    generators: Sequence[np.random.Generator],
    refinement: RefinementConfig | None = None,
    allowed: Allowed | None = None,
    control: Control | None = None,
) -> PitchIndex:
    """Fill the free cells of scores of any length.

    Arguments and result as of `gibbs_sample`; with `refinement` each window is polished
    before the next begins. When stopped, each window that is left is drawn in one
    forward pass. Windows without a free cell cost nothing.
    """
    result = np.array(pitch, dtype=np.int16)
    for window in windows(pitch.shape[1], window_config):
        free = window.free(is_free)
        if not free.any():
            continue
        filled = _fill_window(
            result[:, window.seen],
            free,
            logits=logits.window(window.seen),
            config=config,
            generators=generators,
            refinement=refinement,
            allowed=None if allowed is None else allowed.window(window.seen),
            control=control,
        )
        result[:, window.kept] = filled[:, window.kept_of_seen]
    return result


def _fill_window(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: SamplerConfig,
    generators: Sequence[np.random.Generator],
    refinement: RefinementConfig | None,
    allowed: Allowed | None,
    control: Control | None,
) -> PitchIndex:
    filled = sample(
        pitch,
        is_free,
        logits=logits,
        config=config,
        generators=generators,
        allowed=allowed,
        control=control,
    )
    if refinement is None:
        return filled
    return refine(
        filled,
        is_free,
        logits=logits,
        config=refinement,
        generators=generators,
        allowed=allowed,
        control=control,
    )


def window_forwards(
    is_free: IsHidden,
    *,
    config: SamplerConfig,
    window_config: WindowConfig,
    refinement: RefinementConfig | None = None,
) -> int:
    """Return how many forward passes `sample_windows` takes.

    Args:
        is_free: (batch, time, voice).
        config: The sampler.
        window_config: How the score is cut.
        refinement: How windows are polished; None: not at all.
    """
    total = 0
    for window in windows(is_free.shape[1], window_config):
        num_free = int(window.free(is_free).sum(axis=(1, 2)).max(initial=0))
        if num_free:
            total += config.num_forwards(num_free)
            total += refinement.num_forwards if refinement is not None else 0
    return total
