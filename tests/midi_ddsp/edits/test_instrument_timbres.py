from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from musegen.data.errors import UsageError
from musegen.midi_ddsp.edits import instrument_timbres
from musegen.midi_ddsp.edits.instrument_timbres import (
    TABLE,
    instrument_timbre,
    measure_instruments,
)
from musegen.midi_ddsp.instruments import INSTRUMENTS, instrument_named

SMALL_FONT = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"


@pytest.mark.parametrize("name", [instrument.name for instrument in INSTRUMENTS])
def test_every_instrument_has_a_colour(name: str) -> None:
    timbre = instrument_timbre(name)
    assert (np.diff(timbre.pitches) > 0).all()
    assert timbre.harmonics.shape == (len(timbre.pitches), 60)
    assert timbre.noise.shape == (len(timbre.pitches), 65)
    assert timbre.harmonics.max() <= 0.0
    assert timbre.noise.max() < 0.0


def test_clarinet_has_weak_even_harmonics_and_the_flute_a_strong_fundamental() -> None:
    at = np.array([62.0])
    clarinet, _ = instrument_timbre("clarinet").at(at)
    assert clarinet[0, 0] - clarinet[0, 1] > np.log(10)
    assert clarinet[0, 2] - clarinet[0, 1] > np.log(3)
    flute, _ = instrument_timbre("flute").at(np.array([85.0]))
    assert flute[0, 0] == flute[0].max()


def test_unknown_instrument_is_refused() -> None:
    with pytest.raises(UsageError, match="instrument"):
        instrument_timbre("kazoo")


def test_instrument_that_was_not_measured_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.loads(TABLE.read_text(encoding="utf-8"))
    del document["instruments"]["tuba"]
    shorter = tmp_path / "table.json"
    shorter.write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setattr(instrument_timbres, "TABLE", shorter)
    with pytest.raises(UsageError, match="no timbre of the tuba"):
        instrument_timbre("tuba")


def test_table_can_be_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(
        "fluidsynth", reason="libfluidsynth is not installed", exc_type=ImportError
    )
    if not SMALL_FONT.is_file():
        pytest.skip("pretty_midi came without its sound font")
    monkeypatch.setattr(instrument_timbres, "SCALE_STEP", 12)
    text = measure_instruments(SMALL_FONT, [instrument_named("trumpet")])
    table = tmp_path / "table.json"
    table.write_text(text, encoding="utf-8")
    monkeypatch.setattr(instrument_timbres, "TABLE", table)
    timbre = instrument_timbre("trumpet")
    assert len(timbre.pitches) >= 3
    assert np.isfinite(timbre.harmonics).all()
