"""What tests of commands share: a network without a network, and a working folder."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musegen.coconet import predicting
from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    BeatNetworkConfig,
)
from musegen.coconet.planes import FERMATA, Planes
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Network,
    PitchIndex,
    Prediction,
)
from musegen.data.midi import midi_bytes
from musegen.data.score import KeySignature, Note, Part, Score, Tempo

TICKS = 480
CENTRES = (72, 66, 58, 50)  # MIDI pitches around which the voices lie
CONSONANT = (0, 3, 4, 7, 8, 9)  # semitones below the soprano, octaves aside


HEARING = BeatNetworkConfig()  # hears of all planes, writes rests and onsets
DEAF = BeatNetworkConfig(planes=(), writes_rests=False, writes_onsets=False)


def chordal_network(name: str, *, hears: bool = True) -> Network:
    """A cheap network: consonances with the soprano, each voice in its register.

    Deterministic, item by item; another name gives other numbers. It moves a little
    with the metre and under fermatas, rests on some weak beats, and strikes some notes
    anew; one that does not hear knows of none of these.
    """
    pitches = MIN_PITCH + np.arange(NUM_PITCHES)
    register = -((pitches - np.array(CENTRES)[:, None]) ** 2) / 18.0
    register += np.sin(pitches * (1 + zlib.crc32(name.encode()) % 97))
    interval = (pitches[:, None] - pitches) % 12
    under_soprano = register + 2.0 * np.isin(interval, CONSONANT)[:, None, :]
    under_silence = register[None]  # the last row, which index -1 means
    table = np.concatenate([under_soprano, under_silence]).astype(np.float32)
    wave = np.sin(pitches).astype(np.float32)

    def network(pitch: PitchIndex, is_hidden: IsHidden, planes: Planes) -> Prediction:
        logits = np.array(table[pitch[:, :, 0]])
        if not hears:
            return Prediction(logits=logits)
        told = planes.spread(len(pitch))
        moved = 3.0 * (told.fermata == FERMATA) + np.sin(told.metre)
        logits += (moved[..., None] * wave).astype(np.float32)[:, :, None]
        rest = logits.max(axis=-1, keepdims=True) + np.cos(told.metre)[..., None, None]
        odds = 3.0 * np.sin(pitch + told.metre[..., None])
        return Prediction(
            logits=np.concatenate([logits, rest.astype(np.float32)], axis=-1),
            onset_odds=odds.astype(np.float32),
        )

    return network


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Makes every model the cheap one; gives the (name, device) asked for.

    A model called `deaf` hears of nothing and writes neither rests nor onsets.
    """
    asked: list[tuple[str, str]] = []

    def load(
        name_or_path: str | Path,
        *,
        device: str = "auto",
        backend: str = "onnx",
        precision: str = "float32",
        num_threads: int | None = None,
    ) -> CoconetModel:
        name = str(name_or_path)
        asked.append((name, device))
        return CoconetModel(
            name=name,
            digest=f"{zlib.crc32(name.encode()):064x}",
            config=DEAF if name == "deaf" else HEARING,
            network=chordal_network(name, hears=name != "deaf"),
        )

    monkeypatch.setattr(predicting, "load_coconet", load)
    return asked


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def line(pitches: tuple[int, ...], length: int) -> tuple[Note, ...]:
    return tuple(
        Note(onset=i * length, duration=length, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )


def song_of_three_parts() -> Score:
    """A melody, a second one below it, and a bass."""
    tune = (67, 69, 71, 72, 74, 72, 71, 69, 67, 67, 69, 71, 72, 71, 69, 67)
    return Score(
        ticks_per_quarter=TICKS,
        title="Song",
        tempos=(Tempo(tick=0, qpm=90),),
        key_signatures=(KeySignature(tick=0, sharps=1),),
        parts=(
            Part(name="Melody", channel=0, program=73, notes=line(tune, TICKS)),
            Part(
                name="Second",
                channel=1,
                notes=line(tuple(pitch - 3 for pitch in tune), TICKS),
            ),
            Part(name="Bass", channel=2, notes=line((43, 48, 50, 43), 4 * TICKS)),
        ),
    )


@pytest.fixture
def song(workplace: Path) -> Score:
    """The song, in the working folder as song.mid and its melody as solo.mid."""
    score = song_of_three_parts()
    solo = replace(score, parts=score.parts[:1])
    for name, content in {"song": score, "solo": solo}.items():
        (workplace / f"{name}.mid").write_bytes(midi_bytes(content))
    return score
