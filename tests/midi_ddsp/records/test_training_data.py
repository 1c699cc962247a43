"""A clip file tells what may be said of a model that learned from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from musegen.engine.digests import sha256_of_file
from musegen.engine.run_inputs import TrainingData
from musegen.midi_ddsp.player.sound_fonts import FLUID_LICENCE
from musegen.midi_ddsp.player.tunes import LICENCES
from musegen.midi_ddsp.records.clip_writing import ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout
from musegen.midi_ddsp.records.training_data import VIRTUAL_PLAYER, describe_clips

LAYOUT = ClipLayout(clip_frames=50, hop_frames=50)
OURS = f"{FLUID_LICENCE}; {LICENCES['oneills1850']}"
Make = Callable[..., AnalysedRecording]
Describe = Callable[..., TrainingData]


@pytest.fixture
def described(make_analysed: Make, tmp_path: Path) -> Describe:
    def describe(*licences: str, notes_from: str) -> TrainingData:
        path = tmp_path / "clips.parquet"
        with ClipWriter(path, layout=LAYOUT, overwrite=True) as writer:
            for index, licence in enumerate(licences):
                recording = make_analysed(str(index), instrument="violin")
                marked = replace(recording, licence=licence, notes_from=notes_from)
                for clip in cut_clips(marked, split="train", layout=LAYOUT):
                    writer.add(clip)
            writer.finish(source="tests", versions={})
        return describe_clips(path)

    return describe


def test_the_player_s_own_tunes_and_sounds_give_weights_a_licence(
    described: Describe, tmp_path: Path
) -> None:
    data = described(OURS, notes_from="player")
    assert (data.collection, data.weights_licence) == (VIRTUAL_PLAYER, "Apache-2.0")
    assert f"as the file states them: {OURS}." in data.licence
    assert data.path == tmp_path / "clips.parquet"
    assert data.options == ("--data", "clips.parquet")
    assert data.sha256 == sha256_of_file(tmp_path / "clips.parquet")


@pytest.mark.parametrize(
    "licences",
    [(f"{FLUID_LICENCE}; tune given by the user",), ("GPL-2; x",), (OURS, "unknown")],
)
def test_other_tunes_and_sounds_of_the_player_do_not(
    described: Describe, licences: tuple[str, ...]
) -> None:
    data = described(*licences, notes_from="player")
    assert (data.collection, data.weights_licence) == (VIRTUAL_PLAYER, "")


def test_recordings_state_their_own_licence_or_none(described: Describe) -> None:
    data = described("CC BY 4.0", "not stated", notes_from="midi")
    assert (data.collection, data.weights_licence) == ("", "")
    assert data.licence.endswith("as the file states them: CC BY 4.0; not stated.")
    assert described("not stated", notes_from="midi").licence == ""
    assert described(OURS, notes_from="midi").weights_licence == ""
