"""How close DDSP Inference comes to recordings: spectral loss on the test split.

    python benchmarks/inference_quality.py
    python benchmarks/inference_quality.py clips.parquet ours=MODEL baseline=MODEL

Without clips the virtual player plays some (FluidSynth and a sound font are needed):
pieces are split by their names, so that what is `test` here was `test` in training.
Without models it is the one we ship.

Each clip of the split goes through each model and the synthesizer; `measured` is our
closed-form estimate without any network. The loss is the multi-scale spectral loss with
logarithms clamped at 1e-5, of the mean over clips with its standard error; the last
column compares with the first model named `baseline`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.estimating import DEFAULT_MODEL
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.dsp.spectra import multi_scale_spectral_loss
from musegen.midi_ddsp.inference.batches import TrainingClip
from musegen.midi_ddsp.inference.features import measured_logits
from musegen.midi_ddsp.inference.measuring import measure
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.inference.record_clips import read_training_clips
from musegen.midi_ddsp.parameters import (
    HOP_SAMPLES,
    NUM_HARMONICS,
    SynthesisParameters,
    from_logits,
)

MEASURED = "measured"
BASELINE = "baseline"
_Infer = Callable[[TrainingClip], SynthesisParameters]


def played(folder: Path) -> Path:
    """Let the virtual player play an hour for four instruments; returns the clips."""
    path = folder / "clips.parquet"
    words = ["data", "prepare", "midi-ddsp", "--from-player", "all", "--seed", "1"]
    for name in ("violin", "cello", "flute", "trumpet"):
        words += ["--instrument", name]
    words += ["--minutes", "60", "-o", str(path), "--quiet"]
    subprocess.run([sys.executable, "-m", "musegen", *words], check=True)
    return path


def measured_parameters(clip: TrainingClip) -> SynthesisParameters:
    """Return what the closed formulas say."""
    f0_hz = np.maximum(clip.f0_hz, 0.0)
    logits = measured_logits(measure(clip.audio, f0_hz), f0_hz)
    noise_from = 1 + NUM_HARMONICS
    return from_logits(
        f0_hz, logits[:, :1], logits[:, 1:noise_from], logits[:, noise_from:]
    )


def model_parameters(model: InferenceModel) -> _Infer:
    """Return the function from a clip to what a model says."""

    def infer(clip: TrainingClip) -> SynthesisParameters:
        return model.infer(clip.audio, clip.f0_hz, clip.loudness_db, clip.instrument)

    return infer


def losses(clips: list[TrainingClip], infer: _Infer) -> NDArray[np.float64]:
    """Return the loss of every clip; the noise of clip i is drawn from seed i."""
    values = []
    for index, clip in enumerate(clips):
        sound = render(infer(clip), seed=index)[: len(clip.audio)]
        values.append(multi_scale_spectral_loss(clip.audio, sound).total)
    return np.array(values)


def described(values: NDArray[np.float64]) -> str:
    """Return the mean and its standard error."""
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{values.mean():.3f} ± {error:.3f}"


def cut(clip: TrainingClip) -> TrainingClip:
    """Return the clip with as much sound as it has whole frames, and no more."""
    num_frames = clip.num_frames
    return TrainingClip(
        audio=clip.audio[: num_frames * HOP_SAMPLES],
        f0_hz=clip.f0_hz[:num_frames],
        loudness_db=clip.loudness_db[:num_frames],
        instrument_id=clip.instrument_id,
        instrument=clip.instrument,
        piece=clip.piece,
    )


def main() -> None:
    """Print the losses as a table, a row an instrument."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="?")
    parser.add_argument("models", nargs="*", metavar="NAME=MODEL")
    parser.add_argument("--split", default="test")
    parser.add_argument("--max-clips", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.clips or played(Path(folder))
        clips = [cut(clip) for clip in read_training_clips(path, options.split)]
    step = max(-(-len(clips) // options.max_clips), 1)
    clips = [clip for clip in clips[::step] if np.abs(clip.audio).max() > 0]
    ways: dict[str, _Infer] = {MEASURED: measured_parameters}
    for item in options.models or [f"ours={DEFAULT_MODEL}"]:
        name, _, model = item.partition("=")
        ways[name] = model_parameters(InferenceModel.load(model))
    found = {name: losses(clips, infer) for name, infer in ways.items()}
    instruments = np.array([clip.instrument for clip in clips])
    print(f"{len(clips)} clips of the split '{options.split}'\n")
    print("| instrument | clips | " + " | ".join(found) + " |")
    print("| --- " * (2 + len(found)) + "|")
    for instrument in ("all", *sorted(set(instruments.tolist()))):
        chosen = (instruments == instrument) | (instrument == "all")
        cells = [described(values[chosen]) for values in found.values()]
        print(f"| {instrument} | {chosen.sum()} | " + " | ".join(cells) + " |")
    for name, values in found.items():
        if BASELINE in found and name != BASELINE:
            ratio = values.mean() / found[BASELINE].mean()
            print(f"\n{name}: {100 * (1 - ratio):.1f} % below the baseline")


if __name__ == "__main__":
    main()
