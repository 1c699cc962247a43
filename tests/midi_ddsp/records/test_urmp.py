from __future__ import annotations

from pathlib import Path

import pytest

from musegen.midi_ddsp.records.urmp import is_urmp_mix, urmp_part


def test_a_name_says_part_instrument_and_piece() -> None:
    audio = Path("44_K515_vn_vn_va_va_vc/AuSep_3_va_44_K515.wav")
    part = urmp_part(audio)
    assert part is not None
    assert (part.part, part.key, part.piece) == (3, "va", "44_K515")
    assert part.notes_file(audio) == audio.with_name("Notes_3_va_44_K515.txt")
    assert part.score_file(audio) == audio.with_name("Sco_44_K515.mid")


@pytest.mark.parametrize("name", ["tune.wav", "AuSep_vn_01.wav", "AuMix_01_J_vn.wav"])
def test_other_names_are_no_parts(name: str) -> None:
    assert urmp_part(Path(name)) is None


def test_mixes_are_told() -> None:
    assert is_urmp_mix(Path("AuMix_01_Jupiter_vn_vc.wav"))
    assert not is_urmp_mix(Path("AuSep_1_vn_01_Jupiter.wav"))
