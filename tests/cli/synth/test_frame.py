"""`musegen synth` without options, and what frames a call: files, pipes, failures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.engine.recipe import read_recipe
from musegen.midi_ddsp.audio.reading import read_audio

# === Without options, and the frame ===


def test_a_score_becomes_a_sound_beside_its_recipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["synth", "line.mid", "--model", "none"]) == 0
    out, err = capsys.readouterr()
    assert out == "line.synth.wav\n"
    assert "seed" in err and "Tune by violin" in err
    recording = read_audio(Path("line.synth.wav"))
    assert recording.num_channels == 2
    assert recording.duration_s == pytest.approx(1.75 + 0.6, abs=0.1)  # and the room
    recipe = read_recipe(Path("line.synth.musegen.json"))
    assert recipe.command == "synth"
    assert recipe.inputs[0].name == "line.mid"
    assert recipe.model is not None and recipe.model.name == "none"
    assert recipe.outputs[0].name == "line.synth.wav"
    assert recipe.options["drums"] == "skip" and recipe.options["format"] == ["wav"]


def test_a_seed_repeats_to_the_byte_and_another_differs(
    synth: Callable[..., int],
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert synth("duet.mid", "-o", f"{name}.wav", seed=seed) == 0
    first, again, other = (Path(f"{n}.wav").read_bytes() for n in "abc")
    assert first == again != other


@pytest.mark.parametrize("threads", ["1", "3"])
def test_threads_do_not_matter(threads: str, sound: Callable[..., np.ndarray]) -> None:
    np.testing.assert_array_equal(
        sound("duet.mid"), sound("duet.mid", "--threads", threads)
    )


def test_json_says_who_plays_and_what_is_left_out(
    facts: Callable[..., dict[str, Any]],
) -> None:
    found = facts("band.mid")
    assert found["model"] == {"name": "none", "sha256": found["model"]["sha256"]}
    assert next(p["instrument"] for p in found["parts"]) == "violin"
    kit = {"name": "Kit", "part": 3, "reason": "drums", "notes": 2}
    assert found["skipped"] == [kit]
    codes = [warning["code"] for warning in found["warnings"]]
    assert {"skipped-drums", "nearest-instrument"} <= set(codes)


def test_the_skipped_are_named_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["synth", "band.mid", "--model", "none"]) == 0
    assert "part 3 'Kit' is percussion: skipped" in capsys.readouterr().err


def test_a_name_cannot_reach_the_terminal_as_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["synth", "odd.mid", "--model", "none", "--stems"]) == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert Path("odd.synth.a-31mb.wav").exists()


def test_several_scores_go_on_after_one_that_fails(
    capsys: pytest.CaptureFixture[str], synth: Callable[..., int]
) -> None:
    assert synth("line.mid", "empty.mid", "drums.mid", "duet.mid") == 3
    out, err = capsys.readouterr()
    assert out.split() == ["line.synth.wav", "duet.synth.wav"]
    assert "empty.mid" in err and "drums.mid" in err and "nothing to play" in err


@pytest.mark.parametrize("name", ["empty", "drums"])
def test_nothing_to_play_is_a_failure(name: str, synth: Callable[..., int]) -> None:
    assert synth(f"{name}.mid") == 1
    assert not list(Path().glob("*.wav"))


def test_a_model_that_is_not_there_ends_with_what_there_is(
    capsys: pytest.CaptureFixture[str], synth: Callable[..., int]
) -> None:
    assert synth("line.mid", model="nobody") == 4
    assert "there is no model 'nobody'" in capsys.readouterr().err
    assert not list(Path().glob("*.wav"))


def test_what_exists_is_kept(
    capsys: pytest.CaptureFixture[str], synth: Callable[..., int]
) -> None:
    assert synth("line.mid") == 0
    before = Path("line.synth.wav").read_bytes()
    assert synth("line.mid", seed=2) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert synth("line.mid", "--skip-existing", seed=2) == 0
    assert Path("line.synth.wav").read_bytes() == before
    assert synth("line.mid", "--overwrite", seed=2) == 0
    assert Path("line.synth.wav").read_bytes() != before


# === Pipes and interruptions ===


def test_a_pipe_gets_what_a_file_gets(
    capsysbinary: pytest.CaptureFixture[bytes], synth: Callable[..., int]
) -> None:
    assert synth("line.mid", "-o", "a.wav") == 0
    capsysbinary.readouterr()
    assert synth("line.mid", "-o", "-") == 0
    piped = capsysbinary.readouterr().out
    file = Path("a.wav").read_bytes()
    start = file.index(b"data") + 8
    assert piped[:4] == b"RIFF"
    assert piped[piped.index(b"data") + 8 :] == file[start:]


def fail_when(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    from musegen.midi_ddsp.audio.writing import AudioWriter

    write: Callable[[AudioWriter, np.ndarray], None] = AudioWriter.write

    def writes_once(self: AudioWriter, block: np.ndarray) -> None:
        if self.num_frames:
            raise error
        write(self, block)

    monkeypatch.setattr(AudioWriter, "write", writes_once)


def test_an_interruption_leaves_nothing_half_written(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    synth: Callable[..., int],
) -> None:
    fail_when(monkeypatch, KeyboardInterrupt())
    before = sorted(Path().iterdir())
    assert synth("duet.mid", "--stems", "--save-parameters", "{part}.parquet") == 130
    assert sorted(Path().iterdir()) == before
    assert capsys.readouterr().err.strip() == "musegen: interrupted"


def test_a_listener_that_goes_away_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    synth: Callable[..., int],
) -> None:
    import musegen.cli._synth_run as running

    left: list[bool] = []
    monkeypatch.setattr(running, "leave_closed_pipe", lambda: left.append(True))
    fail_when(monkeypatch, BrokenPipeError())
    assert synth("line.mid", "-o", "-") == 0
    assert left == [True]
    assert capsysbinary.readouterr().err == b""
