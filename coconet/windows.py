"""Sampling scores of any length: windows that overlap, in bounded memory.

Each window sees the end of what is already written, fixed, and some way beyond what it
will keep; the next window writes that part anew. So voices lead across seams as they do
inside a window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from musegen.coconet.predicting import IsHidden, LogitsFunction, PitchIndex
from musegen.coconet.refinement import RefinementConfig, refine
from musegen.coconet.sampling import GibbsConfig, gibbs_sample


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowConfig:
    """How a long score is cut; all lengths in steps, whole beats.

    Args:
        length: What the network sees at once.
        context: Finished steps at the start of each window but the first.
        lookahead: Steps at the end of each window but the last that are written anew.
    """

    length: int = 256
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
    logits: LogitsFunction,
    config: GibbsConfig,
    window_config: WindowConfig,
    generators: Sequence[np.random.Generator],
    refinement: RefinementConfig | None = None,
    advance: Callable[[int], None] | None = None,
) -> PitchIndex:
    """Fill the free cells of scores of any length.

    Arguments and result as of `gibbs_sample`; with `refinement` each window is polished
    before the next begins. `advance` is called once a forward pass.
    """
    result = np.array(pitch, dtype=np.int16)
    for window in windows(pitch.shape[1], window_config):
        seen = slice(window.start, window.end)
        kept = slice(window.keep_start, window.keep_end)
        free = is_free[:, seen].copy()
        free[:, : window.keep_start - window.start] = False
        filled = gibbs_sample(
            result[:, seen],
            free,
            logits=logits,
            config=config,
            generators=generators,
            advance=advance,
        )
        if refinement is not None:
            filled = refine(
                filled,
                free,
                logits=logits,
                config=refinement,
                generators=generators,
                advance=advance,
            )
        result[:, kept] = filled[
            :, window.keep_start - window.start : window.keep_end - window.start
        ]
    return result
