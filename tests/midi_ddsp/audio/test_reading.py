from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.data.midi import midi_bytes
from musegen.data.score import Score
from musegen.midi_ddsp.audio.reading import Recording, open_audio, read_audio

RATE = 48_000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)


def encoded(
    samples: NDArray[np.float64],
    *,
    rate: int = RATE,
    container: str = "WAV",
    subtype: str = "PCM_16",
) -> bytes:
    sink = io.BytesIO()
    soundfile.write(sink, samples, rate, format=container, subtype=subtype)
    return sink.getvalue()


def codes(recording: Recording) -> list[str]:
    return [notice.code for notice in recording.notices]


def frequency_hz(recording: Recording) -> float:
    """The strongest frequency, to 1 Hz for a second of sound."""
    spectrum = np.abs(
        np.fft.rfft(recording.samples * np.hanning(len(recording.samples)))
    )
    return float(spectrum.argmax() / recording.duration_s)


@pytest.mark.parametrize(
    ("rate", "subtype"),
    [
        (8_000, "PCM_U8"),
        (11_025, "PCM_16"),
        (16_000, "PCM_16"),
        (44_100, "PCM_24"),
        (48_000, "FLOAT"),
        (96_000, "DOUBLE"),
        (192_000, "PCM_32"),
    ],
)
def test_any_rate_and_depth_gives_the_same_tone(rate: int, subtype: str) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    recording = read_audio(encoded(tone, rate=rate, subtype=subtype))
    assert (recording.sample_rate, recording.original_sample_rate) == (16_000, rate)
    assert recording.samples.dtype == np.float32
    assert recording.duration_s == pytest.approx(1.0, abs=1e-3)
    assert frequency_hz(recording) == pytest.approx(440.0, abs=1.0)
    middle = recording.samples[2000:14_000]
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.01)
    assert codes(recording) == (["band-limited"] if rate < 16_000 else [])


@pytest.mark.parametrize("container", ["FLAC", "OGG", "MP3", "AIFF"])
def test_other_formats_are_known_by_content(container: str, tmp_path: Path) -> None:
    subtype = soundfile.default_subtype(container)
    path = tmp_path / "tone.dat"
    path.write_bytes(encoded(TONE, container=container, subtype=subtype))
    assert frequency_hz(read_audio(path)) == pytest.approx(440.0, abs=1.0)


def test_the_asked_rate_may_be_higher() -> None:
    recording = read_audio(encoded(TONE), sample_rate=96_000)
    assert len(recording.samples) == 96_000
    assert codes(recording) == ["band-limited"]
    assert "above 24000 Hz" in recording.notices[0].message


def test_sixteen_bits_come_back_exactly() -> None:
    values = np.array([0, 1, -1, 32767, -32768, 12345], np.int16)
    sink = io.BytesIO()
    soundfile.write(sink, values, 16_000, format="WAV", subtype="PCM_16")
    samples = read_audio(sink.getvalue()).samples
    assert (samples * 32768.0 == values).all()


def test_stereo_is_mixed_to_its_mean() -> None:
    stereo = np.stack([TONE, 0.5 * TONE], axis=1)
    recording = read_audio(encoded(stereo), sample_rate=RATE)
    assert codes(recording) == ["mixed-to-mono"]
    assert recording.num_channels == 2
    assert recording.samples == pytest.approx(0.75 * TONE, abs=1e-4)


def test_channels_that_cancel_are_said() -> None:
    recording = read_audio(encoded(np.stack([TONE, -TONE], axis=1)))
    assert codes(recording) == ["channels-cancel"]


def test_a_few_samples_that_are_not_numbers_become_zero() -> None:
    tone = TONE.copy()
    tone[24_000:24_010] = np.nan
    tone[30_000] = np.inf
    recording = read_audio(encoded(tone, subtype="FLOAT"), sample_rate=RATE)
    assert codes(recording) == ["samples-not-numbers"]
    assert "11 samples" in recording.notices[0].message
    assert "first at 0.500 s" in recording.notices[0].message
    assert (recording.samples[24_000:24_010] == 0.0).all()
    assert np.isfinite(recording.samples).all()


def test_many_samples_that_are_not_numbers_are_refused() -> None:
    tone = TONE.copy()
    tone[480:1440] = np.nan
    with pytest.raises(FileFormatError, match=r"2\.0% .* first at 0\.010 s"):
        read_audio(encoded(tone, subtype="FLOAT"))


def test_silence_is_said() -> None:
    recording = read_audio(encoded(0.0 * TONE))
    assert codes(recording) == ["silent"]
    assert not recording.samples.any()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_clipping_is_told_from_a_loud_tone(subtype: str) -> None:
    clipped = np.clip(3.0 * TONE, -1.0, 1.0)
    clipped[:12_000] = 0.1 * TONE[:12_000]
    remarks = read_audio(encoded(clipped, subtype=subtype)).notices
    assert [notice.code for notice in remarks] == ["clipped"]
    assert "first at 0.25" in remarks[0].message
    share = float(remarks[0].message.partition("%")[0])
    assert 25.0 < share < 50.0
    assert codes(read_audio(encoded(2.0 * TONE, subtype=subtype))) == []


def test_samples_beyond_full_scale_are_kept_and_said() -> None:
    recording = read_audio(encoded(4.0 * TONE, subtype="FLOAT"), sample_rate=RATE)
    assert codes(recording) == ["beyond-full-scale"]
    assert recording.samples == pytest.approx(4.0 * TONE, abs=1e-6)


def test_dc_offset_is_said() -> None:
    recording = read_audio(encoded(TONE - 0.1))
    assert codes(recording) == ["dc-offset"]
    assert "-0.100" in recording.notices[0].message


@pytest.mark.parametrize("extra", [0, 4096])
def test_a_file_cut_short_is_said(extra: int) -> None:
    whole = encoded(TONE)
    if extra:  # a chunk before the samples
        chunk = b"LIST" + extra.to_bytes(4, "little") + bytes(extra)
        whole = whole[:36] + chunk + whole[36:]
    recording = read_audio(whole[: 44 + (8 + extra if extra else 0) + RATE])
    assert codes(recording) == ["cut-short"]
    assert "says 1.00 s, but only 0.50 s" in recording.notices[0].message


def test_a_cut_flac_gives_what_is_left_of_it() -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 5 * RATE)
    whole = encoded(noise, container="FLAC")
    recording = read_audio(whole[: len(whole) // 2])
    assert codes(recording) == ["cut-short"]
    assert 1.0 <= recording.duration_s <= 2.5


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"the file is empty \(0 bytes\)"),
        (b"this is a text,\nnot a recording\n" * 4, "this is a text file"),
        ("Caf\u00e9 au lait, s'il vous pla\u00eet\n".encode("latin-1"), "text file"),
        (midi_bytes(Score(ticks_per_quarter=480)), "this is a MIDI file"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (bytes(range(128, 256)) * 2, "no sound file that is known"),
        (encoded(TONE)[:30], "the file is damaged"),
        (encoded(TONE)[:44], "not one sample in it"),
        (encoded(TONE[:0]), "not one sample in it"),
        (encoded(TONE[:1]), "less than one at 16000 Hz"),
        (encoded(TONE, container="FLAC")[:100], "the file is damaged"),
    ],
    ids=[
        "empty",
        "text",
        "latin-1",
        "midi",
        "html",
        "bytes",
        "half-a-header",
        "header-alone",
        "no-samples",
        "one-sample",
        "flac-header",
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(
    data: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match=sentence) as caught:
        read_audio(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_audio(tmp_path / "gone.wav")
    with pytest.raises(InputError, match="a folder"):
        read_audio(tmp_path)


def test_a_rate_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="got 0"):
        read_audio(encoded(TONE), sample_rate=0)


def test_a_name_with_accents_and_of_a_raw_file(tmp_path: Path) -> None:
    path = tmp_path / "\u00fcbung \u266b.raw"
    path.write_bytes(encoded(TONE))
    assert read_audio(path).original_sample_rate == RATE


@pytest.mark.parametrize("block_s", [0.01, 0.37, 10.0])
def test_samples_do_not_depend_on_the_blocks(block_s: float) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 30_000)
    data = encoded(noise, rate=44_100)
    with open_audio(data, block_s=block_s) as stream:
        blocks = list(stream)
        assert stream.notices() == ()
    whole = read_audio(data).samples
    assert np.concatenate(blocks) == pytest.approx(whole, abs=1e-6)
    assert all(block.size for block in blocks)
