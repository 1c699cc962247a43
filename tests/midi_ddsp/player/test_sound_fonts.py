"""Finding a sound font and knowing its licence."""

from __future__ import annotations

from pathlib import Path

import pytest

from musegen.data.errors import FileFormatError, InputError
from musegen.midi_ddsp.player import sound_fonts
from musegen.midi_ddsp.player.sound_fonts import (
    ENVIRONMENT_VARIABLE,
    bundled_sound_font,
    find_sound_font,
)


def make_font(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(b"RIFF\x00\x00\x00\x00sfbkLIST")
    return path


@pytest.mark.parametrize(
    ("name", "licence", "codes"),
    [
        ("FluidR3_GM.sf2", "MIT", []),
        ("TimGM6mb.sf2", "GPL-2", ["test-sound-font"]),
        ("mine.sf2", "unknown", ["unknown-licence"]),
    ],
)
def test_the_licence_is_told_by_the_name(
    tmp_path: Path, name: str, licence: str, codes: list[str]
) -> None:
    font = find_sound_font(make_font(tmp_path, name))
    assert font.licence.startswith(licence)
    assert [notice.code for notice in font.notices] == codes


def test_the_environment_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_font(tmp_path, "mine.sf2")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(path))
    assert find_sound_font().path == path


def test_what_is_given_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "absent.sf2"))
    path = make_font(tmp_path, "given.sf2")
    assert find_sound_font(path).path == path


def test_a_missing_file_is_answered_by_how_to_install_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.sf2.*apt-get install"):
        find_sound_font(tmp_path / "absent.sf2")


def test_no_sound_font_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(sound_fonts, "_FOLDERS", ())
    monkeypatch.setattr(sound_fonts, "bundled_sound_font", lambda: None)
    with pytest.raises(InputError, match="no sound font"):
        find_sound_font()


def test_another_file_is_not_taken_for_a_sound_font(tmp_path: Path) -> None:
    path = tmp_path / "a.sf2"
    path.write_bytes(b"not a sound font")
    with pytest.raises(FileFormatError, match="is not a sound font"):
        find_sound_font(path)


def test_the_bundled_one_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    if bundled_sound_font() is None:
        pytest.skip("pretty_midi is not installed")
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(sound_fonts, "_FOLDERS", ())
    assert find_sound_font().notices[0].code == "test-sound-font"
