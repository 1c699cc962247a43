from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.engine.recipe import read_recipe
from musegen.midi_ddsp.analysis.pitch_tracking import track_pitch
from musegen.midi_ddsp.audio.reading import read_audio, write_audio
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi

RATE = 16_000
NOTE_S = 1.0


def performance(decay: float = 3.0) -> np.ndarray:
    """A slightly sharp A4 with vibrato and a swell, breath, and a tail."""
    time_s = np.arange(round(1.6 * RATE)) / RATE
    pitch = 69.25 + 0.3 * np.sin(2 * np.pi * 5.5 * time_s)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE
    wave = sum(np.exp(-k / decay) * np.sin(k * phase) for k in range(1, 12))
    level_db = np.where(
        time_s < NOTE_S, -26 + 12 * time_s, -14 - 60 * (time_s - NOTE_S)
    )
    fade = np.minimum(1, time_s / 0.03)
    breath = 0.02 * np.random.default_rng(0).normal(size=len(time_s))
    gain = 10 ** (level_db / 20) * fade
    return np.asarray(gain * (wave + breath), dtype=np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_audio(Path("tune.wav"), performance(), RATE)
    return tmp_path


def resynth(*arguments: str) -> int:
    return run(["resynth", *arguments, "--seed", "1"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an output sounds like, measured on its samples alone."""

    duration_s: float
    pitch: float
    extent: float
    level_db: float
    swell_db: float
    tail_db: float
    centroid_hz: float
    noise_db: float


def listen(path: Path) -> Heard:
    samples = read_audio(path).samples.astype(np.float64)
    length = len(samples)
    track = track_pitch(samples, RATE)
    end = round(len(track.f0_hz) * 0.6)
    pitch = hz_to_midi(track.f0_hz[end // 5 : end])
    body = samples[length // 8 : length // 2]
    spectrum = np.abs(np.fft.rfft(body * np.hanning(len(body)))) ** 2
    frequency = np.fft.rfftfreq(len(body), 1 / RATE)
    high = spectrum[(frequency > 6500) & (frequency < 7500)]

    def rms_db(first: float, last: float) -> float:
        part = samples[round(first * length) : round(last * length)]
        return float(10 * np.log10(np.mean(part**2) + 1e-12))

    return Heard(
        duration_s=length / RATE,
        pitch=float(np.median(pitch)),
        extent=float(np.percentile(pitch, 95) - np.percentile(pitch, 5)),
        level_db=rms_db(0.1, 0.6),
        swell_db=rms_db(0.5, 0.6) - rms_db(0.1, 0.2),
        tail_db=rms_db(0.9, 1.0) - rms_db(0.5, 0.6),
        centroid_hz=float((spectrum @ frequency) / spectrum.sum()),
        noise_db=float(10 * np.log10(high.mean() + 1e-20)),
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """The recording put together again with nothing changed."""
    folder = tmp_path_factory.mktemp("plain")
    write_audio(folder / "tune.wav", performance(), RATE)
    assert resynth(str(folder / "tune.wav"), "-d", str(folder)) == 0
    return listen(folder / "tune.resynth.wav")


def changed(*words: str) -> Heard:
    assert resynth("tune.wav", *words) == 0
    return listen(Path("tune.resynth.wav"))


def test_nothing_changed_sounds_like_the_recording(plain: Heard) -> None:
    original = listen(Path("tune.wav"))
    assert plain.duration_s == pytest.approx(original.duration_s, abs=0.005)
    assert plain.pitch == pytest.approx(original.pitch, abs=0.02)
    assert plain.extent == pytest.approx(original.extent, rel=0.1)
    assert plain.level_db == pytest.approx(original.level_db, abs=0.7)
    assert plain.swell_db == pytest.approx(original.swell_db, abs=1)
    assert plain.tail_db == pytest.approx(original.tail_db, abs=2)
    assert plain.centroid_hz == pytest.approx(original.centroid_hz, rel=0.05)


def test_transposition(plain: Heard) -> None:
    heard = changed("--transpose", "-5")
    assert heard.pitch == pytest.approx(plain.pitch - 5, abs=0.05)
    assert heard.duration_s == plain.duration_s


def test_formants_follow_or_stay(plain: Heard) -> None:
    kept = changed("--transpose", "7")
    following = changed("--transpose", "7", "--formants", "follow", "--overwrite")
    ratio = 2 ** (7 / 12)
    assert following.centroid_hz == pytest.approx(ratio * plain.centroid_hz, rel=0.05)
    assert kept.centroid_hz < 0.93 * following.centroid_hz


@pytest.mark.parametrize("factor", ["0", "2"])
def test_vibrato(factor: str, plain: Heard) -> None:
    heard = changed("--vibrato", factor)
    assert heard.extent == pytest.approx(float(factor) * plain.extent, abs=0.08)
    assert heard.pitch == pytest.approx(plain.pitch, abs=0.1)


def test_tuning(plain: Heard) -> None:
    assert plain.pitch > 69.15
    assert changed("--tune", "1").pitch == pytest.approx(69.0, abs=0.06)


def test_volume(plain: Heard) -> None:
    heard = changed("--volume", "-9")
    assert heard.level_db == pytest.approx(plain.level_db - 9, abs=0.1)


def test_dynamics(plain: Heard) -> None:
    heard = changed("--dynamics", "0.3")
    assert heard.swell_db == pytest.approx(0.3 * plain.swell_db, abs=0.8)


def test_brightness(plain: Heard) -> None:
    assert changed("--brightness", "1.6").centroid_hz > 1.3 * plain.centroid_hz
    dark = changed("--brightness", "0.6", "--overwrite")
    assert dark.centroid_hz < 0.85 * plain.centroid_hz


def test_noise(plain: Heard) -> None:
    heard = changed("--noise", "4")
    assert heard.noise_db == pytest.approx(plain.noise_db + 12, abs=3)
    assert heard.level_db == pytest.approx(plain.level_db, abs=0.5)


def test_dryness(plain: Heard) -> None:
    heard = changed("--dry", "1")
    assert heard.tail_db < plain.tail_db - 12
    assert heard.level_db == pytest.approx(plain.level_db, abs=0.3)


def test_stretching(plain: Heard) -> None:
    heard = changed("--stretch", "1.5")
    assert heard.duration_s == pytest.approx(1.5 * plain.duration_s, abs=0.01)
    assert heard.pitch == pytest.approx(plain.pitch, abs=0.05)


def test_timbre_of_an_instrument_and_of_a_recording(plain: Heard) -> None:
    write_audio(Path("bright.wav"), performance(decay=8.0), RATE)
    bright = listen(Path("bright.wav"))
    assert bright.centroid_hz > 1.4 * plain.centroid_hz
    like = changed("--timbre", "bright.wav")
    assert like.centroid_hz == pytest.approx(bright.centroid_hz, rel=0.1)
    assert like.pitch == pytest.approx(plain.pitch, abs=0.05)
    names = [f.name for f in read_recipe(Path("tune.resynth.musegen.json")).inputs]
    assert names == ["tune.wav", "bright.wav"]
    assert resynth("tune.wav", "--timbre", "clarinet", "-o", "c.wav") == 0
    samples = read_audio(Path("c.wav")).samples[RATE // 4 : RATE]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    hertz = len(samples) / RATE

    def partial(number: int) -> float:
        centre = number * 446.0
        return float(
            spectrum[int((centre - 40) * hertz) : int((centre + 40) * hertz)].max()
        )

    assert partial(2) < 0.4 * partial(1)
    assert partial(2) < 0.7 * partial(3)


def test_sample_rate_and_formats(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--sample-rate", "44100", "-f", "wav,flac,ogg,mp3", "--json"]
    assert resynth("tune.wav", *words) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sample_rate"] == 44_100
    for suffix in ("wav", "flac", "ogg", "mp3"):
        recording = read_audio(Path(f"tune.resynth.{suffix}"))
        assert recording.original_sample_rate == 44_100
        assert recording.duration_s == pytest.approx(1.6, abs=0.1)


def test_parameters_go_out_and_come_in_again(plain: Heard) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'beam'")
    words = ["--transpose", "2", "--save-parameters", "tune.parquet"]
    assert resynth("tune.wav", *words) == 0
    saved = SynthesisParameters.load(Path("tune.parquet"))
    assert np.median(hz_to_midi(saved.f0_hz[80:200])) == pytest.approx(
        plain.pitch + 2, abs=0.05
    )
    assert resynth("--parameters", "tune.parquet", "-o", "again.wav") == 0
    first, again = Path("tune.resynth.wav"), Path("again.wav")
    assert first.read_bytes() == again.read_bytes()
    more = ["--transpose", "-2", "--formants", "follow", "-o", "back.wav"]
    assert resynth("--parameters", "tune.parquet", *more) == 0
    assert listen(Path("back.wav")).pitch == pytest.approx(plain.pitch, abs=0.05)


def legato(*pitches: float) -> np.ndarray:
    """Half seconds of each pitch in one unbroken tone."""
    pitch = np.repeat(pitches, RATE // 2)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE
    return np.asarray(
        0.1 * sum(np.sin(k * phase) / k for k in range(1, 8)), dtype=np.float32
    )


def test_notes_go_out_and_in_with_the_parameters() -> None:
    pytest.importorskip("pyarrow", reason="the extra 'beam'")
    from musegen.midi_ddsp.tables.parameter_files import read_header

    write_audio(Path("line.wav"), legato(60.2, 62.0, 63.8), RATE)
    words = ["line.wav", "--stretch", "2", "--save-parameters", "line.parquet"]
    assert resynth(*words) == 0
    spans = np.array(read_header(Path("line.parquet")).note_spans)
    assert spans[:, 0] == pytest.approx([0, 250, 500], abs=20)
    tuned = ["--tune", "1", "--save-parameters", "tuned.parquet", "-o", "tuned.wav"]
    assert resynth("--parameters", "line.parquet", *tuned) == 0
    pitch = hz_to_midi(SynthesisParameters.load(Path("tuned.parquet")).f0_hz)
    assert pitch[[120, 370, 620]] == pytest.approx([60, 62, 64], abs=0.03)


def test_model_acts_on_the_timbre_beside_parameters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'beam'")
    assert resynth("tune.wav", "--save-parameters", "p.parquet") == 0
    words = ["--parameters", "p.parquet", "--model", "none"]
    assert resynth(*words, "--timbre", "clarinet", "-o", "a.wav") == 2
    assert "--model does nothing with --parameters" in capsys.readouterr().err
    timbre = ["--timbre", "tune.wav", "-o", "a.wav", "--json"]
    assert resynth(*words, *timbre) == 0
    assert json.loads(capsys.readouterr().out)["estimator"] == "spectra"


def test_parameters_without_a_frame_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'beam'")
    empty = SynthesisParameters(
        f0_hz=np.zeros(0, np.float32),
        amplitude=np.zeros(0, np.float32),
        harmonics=np.zeros((0, 2), np.float32),
        noise=np.zeros((0, 65), np.float32),
    )
    empty.save(Path("empty.parquet"))
    assert resynth("--parameters", "empty.parquet", "-o", "a.wav") == 1
    assert "there are no frames in it" in capsys.readouterr().err
    assert not Path("a.wav").exists()


def test_same_seed_gives_the_same_bytes_and_another_other_noise() -> None:
    for seed, name in (("3", "a.wav"), ("3", "b.wav"), ("4", "c.wav")):
        assert run(["resynth", "tune.wav", "--seed", seed, "-o", name]) == 0
    first, same, other = (
        Path(name).read_bytes() for name in ("a.wav", "b.wav", "c.wav")
    )
    assert first == same
    assert first != other


def test_sound_goes_into_a_pipe(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert resynth("tune.wav", "-o", "-") == 0
    data = capsysbinary.readouterr().out
    assert data.startswith(b"RIFF")
    assert read_audio(data).duration_s == pytest.approx(1.6, abs=0.01)
    assert [path.name for path in Path().iterdir()] == ["tune.wav"]


def test_a_pipe_with_parameters_beside_it_can_be_repeated(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'beam'")
    Path("p.parquet").touch()
    words = ["tune.wav", "--save-parameters", "p.parquet", "-o", "-"]
    assert resynth(*words) == 2
    assert resynth(*words, "--overwrite") == 0
    assert SynthesisParameters.load(Path("p.parquet")).num_frames > 0
    assert resynth("tune.wav", "-o", "-", "--overwrite") == 2
    assert capsysbinary.readouterr().out.startswith(b"RIFF")


def test_too_loud_a_sound_is_made_softer_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert resynth("tune.wav", "--volume", "40") == 0
    assert "beyond full scale" in capsys.readouterr().err
    samples = read_audio(Path("tune.resynth.wav")).samples
    assert np.abs(samples).max() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name a recording"),
        (["tune.wav", "--formants", "follow"], "--formants does nothing"),
        (["tune.wav", "--dry", "3"], "dry is 0 to 1"),
        (["tune.wav", "--timbre", "kazoo"], "kazoo"),
        (["tune.wav", "--timbre", "no.wav"], "no.wav"),
        (["tune.wav", "--parameters", "tune.wav"], "takes the place of a recording"),
        (["--parameters", "tune.wav", "--instrument", "cello"], "--instrument does"),
        (["--parameters", "tune.wav", "--no-align"], "--no-align does nothing"),
        (["tune.wav", "--save-parameters", "tune.wav"], "is used already"),
        (["tune.wav", "-f", "midi"], "is no format"),
        (["tune.wav", "-o", "a.svg"], "resynth writes"),
        (["tune.wav", "--sample-rate", "100"], "--sample-rate"),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else None,
)
def test_what_cannot_act_is_refused_before_any_work(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resynth(*words) in (1, 2)
    assert message in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["tune.wav"]


def test_parameters_that_are_none_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'beam'")
    assert resynth("--parameters", "tune.wav", "-o", "a.wav") == 1
    assert "this is no Parquet file" in capsys.readouterr().err
