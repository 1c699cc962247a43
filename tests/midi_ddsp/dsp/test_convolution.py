"""Convolution of a stream: no delay, whatever the pieces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.dsp.convolution import StreamingConvolution


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 500), max_size=8),
    st.sampled_from([16, 64, 100, 700]),
    st.integers(1, 300),
)
def test_pieces_of_any_length_give_the_convolution(
    cuts: list[int], block_samples: int, num_taps: int
) -> None:
    generator = np.random.default_rng(0)
    signal = generator.normal(size=500).astype(np.float32)
    taps = generator.normal(size=num_taps).astype(np.float32)
    stream = StreamingConvolution(taps, block_samples=block_samples)
    edges = [0, *sorted(cuts), 500]
    pieces = [stream.process(signal[first:last]) for first, last in pairwise(edges)]
    sizes = [last - first for first, last in pairwise(edges)]
    assert [len(piece) for piece in pieces] == sizes
    whole = np.concatenate([*pieces, stream.finish()])
    np.testing.assert_allclose(whole, np.convolve(signal, taps), atol=1e-4)


@pytest.mark.parametrize("num_samples", [0, 5])
def test_without_taps_there_is_silence(num_samples: int) -> None:
    stream = StreamingConvolution(np.zeros(0, np.float32), block_samples=8)
    assert (
        stream.process(np.ones(num_samples, np.float32)).tolist() == [0] * num_samples
    )
    assert len(stream.finish()) == 0
