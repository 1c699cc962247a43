from __future__ import annotations

import csv
import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from musegen.cli._analysis_files import AnalysisFiles
from musegen.data.files import read_score
from musegen.midi_ddsp.analysis.analysing import Analysis
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.tables.note_table_files import read_note_table

AUDIO = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32)


def analysis() -> Analysis:
    f0_hz = np.full(250, 440, dtype=np.float32)
    return Analysis(
        duration_s=1.0,
        f0_hz=f0_hz,
        confidence=np.ones_like(f0_hz),
        voiced=f0_hz > 0,
        loudness_db=np.zeros_like(f0_hz),
        notes=(PlayedNote(pitch=69, onset_s=0.1, offset_s=0.9),),
        parameters=SynthesisParameters(
            f0_hz=f0_hz,
            amplitude=np.ones(250, dtype=np.float32),
            harmonics=np.ones((250, 1), dtype=np.float32),
            noise=np.zeros((250, 65), dtype=np.float32),
        ),
        instrument=None,
        estimator="spectra",
    )


def files(**changes: object) -> AnalysisFiles:
    changed = replace(analysis(), **changes)  # type: ignore[arg-type]
    return AnalysisFiles(analysis=changed, audio=AUDIO, title="A tone")


def test_notes_are_midi_of_the_instrument() -> None:
    plain = read_score(files().content("midi")).score.parts[0]
    assert [note.pitch for note in plain.notes] == [69]
    assert (plain.name, plain.program) == ("A tone", 0)
    oboe = read_score(files(instrument=instrument_named("oboe")).content("midi"))
    assert oboe.score.parts[0].program == 68


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_expression_is_a_note_table(format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow", reason="the extra 'beam'")
    table = read_note_table(files().content(format))
    assert table["pitch"].tolist() == [69]
    assert table["volume_db"][0] == pytest.approx(0, abs=0.1)


def test_frames_are_a_table_of_every_frame() -> None:
    rows = list(csv.DictReader(io.StringIO(files().content("frames-csv").decode())))
    assert len(rows) == 250
    assert files().content("frames-csv") != files(f0_hz=np.zeros(250)).content(
        "frames-csv"
    )


def test_picture_is_laid_out_once_for_both_kinds() -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    made = files()
    root = ElementTree.fromstring(made.content("svg"))
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "A tone"
    layout = made._layout
    assert made.content("png").startswith(b"\x89PNG")
    assert made._layout is layout


def test_nothing_heard_can_be_written() -> None:
    silent = np.zeros(250, dtype=np.float32)
    made = files(notes=(), f0_hz=silent, voiced=silent > 0)
    for format in ("midi", "csv", "frames-csv", "svg"):
        assert made.content(format)
    assert read_note_table(made.content("csv")).num_notes == 0
