"""Ogg pages get one serial and stay valid."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from musegen.midi_ddsp.audio.ogg import SERIAL, OggPages

RATE = 8_000


def recording() -> bytes:
    sink = io.BytesIO()
    tone = 0.5 * np.sin(np.arange(3 * RATE) * 0.2)
    soundfile.write(sink, tone, RATE, format="OGG", subtype="VORBIS")
    return sink.getvalue()


@pytest.mark.parametrize("piece", [1, 100, 5_000, 1_000_000])
def test_pages_are_the_same_whatever_the_pieces(piece: int) -> None:
    data, pages = recording(), OggPages()
    starts = range(0, len(data), piece)
    changed = b"".join(pages.push(data[first : first + piece]) for first in starts)
    assert pages.rest() == b""
    whole = OggPages().push(data)
    assert changed == whole
    assert len(whole) == len(data)
    assert whole.count(b"OggS") == whole.count(SERIAL) > 1
    with soundfile.SoundFile(io.BytesIO(whole)) as handle:  # libogg checks the sums
        assert handle.frames == 3 * RATE


def test_two_recordings_differ_by_chance_no_more() -> None:
    first, second = recording(), recording()
    assert first != second
    assert OggPages().push(first) == OggPages().push(second)


def test_what_is_no_page_comes_back_as_it_is() -> None:
    pages = OggPages()
    assert pages.push(b"no page") == b""
    assert pages.rest() == b"no page"
    assert pages.rest() == b""
