"""The page with two performances."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.audio.reading import read_audio
from musegen.midi_ddsp.parts.planning import plan_parts

_RATE = 16_000


@pytest.fixture(scope="module")
def page(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("beside_page")


def tone(level: float) -> NDArray[np.float32]:
    """A second of A4 on both sides."""
    wave = level * np.sin(2.0 * np.pi * 440.0 * np.arange(_RATE) / _RATE)
    return np.stack([wave, wave], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def html(page: ModuleType) -> str:
    notes = (Note(onset=0, duration=960, pitch=69),)
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes, program=40),))
    sides = [
        page.Side(
            name=name, words="<by>", mix=tone(level), figures={"level, dB": value}
        )
        for name, level, value in (("loud", 0.5, -9.0), ("soft", 0.05, float("nan")))
    ]
    text: str = page.page_html(
        "a & b", sides, plan_parts(score).parts, sample_rate=_RATE, picture_s=0.5
    )
    return text


def test_the_page_needs_nothing_else(html: str) -> None:
    links = re.findall(r'(?:src|href)="([^"]{0,30})', html)
    assert links
    assert all(link.startswith("data:") for link in links)
    assert "<script" not in html


def test_what_is_said_is_escaped(html: str) -> None:
    assert "<title>a &amp; b</title>" in html
    assert "&lt;by&gt;" in html


def test_both_sound_equally_loud_and_it_is_said(html: str) -> None:
    sounds = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', html)
    levels = [
        float(np.sqrt(np.mean(np.square(read_audio(b64decode(sound)).samples))))
        for sound in sounds
    ]
    assert levels == pytest.approx([0.05 / np.sqrt(2.0)] * 2, rel=0.1)
    assert html.count("made softer by 20.0 dB") == 1


def test_there_is_a_picture_of_each_and_a_row_for_each_figure(html: str) -> None:
    assert html.count('class="spectrogram"') >= 2
    assert "<td>level, dB</td><td>-9</td><td></td>" in html
