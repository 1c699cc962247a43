"""A trained model of DDSP Inference in use: recordings to synthesis parameters.

Recordings of any length are worked through in pieces that overlap by what the network
looks back and ahead, so the result does not depend on the pieces and memory stays flat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import InputError, ModelFolderError, UsageError
from musegen.engine.threads import map_in_threads
from musegen.midi_ddsp.inference.building import INSTRUMENTS_KEY
from musegen.midi_ddsp.inference.config import (
    NUM_LOGITS,
    NetworkConfig,
    config_from_json,
)
from musegen.midi_ddsp.inference.features import (
    Stretch,
    needs_old_loudness,
    network_inputs,
)
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.parameters import (
    HOP_SAMPLES,
    NUM_HARMONICS,
    SynthesisParameters,
    from_logits,
)

if TYPE_CHECKING:
    from musegen.engine.model_folder import ModelFolder
    from musegen.engine.predictor import Predictor

KIND = "midi_ddsp_inference"
CHUNK_FRAMES = 2500  # 10 s
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InferenceModel:
    """A network ready to be asked.

    Args:
        name: As in its folder.
        digest: SHA-256 of its folder's config, which holds those of its files.
        config: Architecture.
        instruments: Names by slot; empty where the network is not told.
        predictor: From the inputs that the config names to `logits`.
    """

    name: str
    digest: str
    config: NetworkConfig
    instruments: tuple[str, ...]
    predictor: Predictor

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        *,
        device: str = "auto",
        backend: str = "onnx",
        num_threads: int | None = None,
    ) -> Self:
        """Load a model by name or folder.

        Args:
            name_or_path: A name of `musegen models list`, or a model folder.
            device: `auto`, `cpu` or `gpu`.
            backend: `onnx` (fast to start) or `keras`.
            num_threads: Of one forward pass; None lets the runtime choose. With ONNX 1
                is quickest: the other cores prepare what comes next.

        Raises:
            ModelNotFoundError: No such model.
            ModelFolderError: The folder is damaged or of another kind.
        """
        from musegen.engine.models import find_model
        from musegen.engine.predictor import load_predictor
        from musegen.midi_ddsp.inference.building import build_from_model_config

        folder = find_model(name_or_path, kind=KIND)
        config, instruments = _described(folder)
        return cls(
            name=folder.config.name,
            digest=folder.digest,
            config=config,
            instruments=instruments,
            predictor=load_predictor(
                folder,
                device=device,
                backend=backend,
                num_threads=num_threads,
                build=build_from_model_config,
            ),
        )

    @property
    def is_told_instruments(self) -> bool:
        """Whether it must be told what plays."""
        return "instrument" in self.config.inputs

    def infer(
        self,
        audio: ArrayLike,
        f0_hz: ArrayLike,
        loudness_db: ArrayLike,
        instrument: str = "",
        *,
        chunk_frames: int = CHUNK_FRAMES,
        tell: Tell | None = None,
    ) -> SynthesisParameters:
        """Return the parameters with which the synthesizer sounds like a recording.

        Args:
            audio: [N], 16 kHz, mono.
            f0_hz: [T], T = ceil(N / 64); 0 where there is no pitch. Passed through.
            loudness_db: [T], the new definition.
            instrument: What plays; a network that is not told needs none.
            chunk_frames: Frames worked on at once, at least 1.
            tell: Called with the number of frames done after each piece.

        Raises:
            InputError: The arrays do not belong together.
            UsageError: An unknown instrument, or none where one is needed.
        """
        samples = np.asarray(audio, dtype=np.float32)
        f0 = np.maximum(np.asarray(f0_hz, dtype=np.float32), 0.0)
        loudness = np.asarray(loudness_db, dtype=np.float32)
        _check_arrays(samples, f0, loudness)
        if needs_old_loudness(self.config):
            from musegen.midi_ddsp.dsp.loudness import loudness_db as measured_loudness

            loudness = measured_loudness(samples, definition="old")[: len(f0)]
        slot = self._slot(instrument)
        whole = Stretch(
            audio=samples,
            f0_hz=f0,
            loudness_db=loudness,
            instrument_id=slot,
            first_frame=0,
            num_frames=len(f0),
        )
        logits = self._logits(whole, max(chunk_frames, 1), tell)
        noise_from = 1 + NUM_HARMONICS
        return from_logits(
            f0, logits[:, :1], logits[:, 1:noise_from], logits[:, noise_from:]
        )

    def _logits(
        self, whole: Stretch, chunk_frames: int, tell: Tell | None
    ) -> NDArray[np.float32]:
        """Logits [T, 126] of a recording, a few pieces at a time."""
        total, reach = whole.num_frames, self.config.context_frames
        logits = np.empty((total, NUM_LOGITS), dtype=np.float32)

        def prepare(first: int) -> tuple[int, int, dict[str, NDArray[Any]]]:
            """A piece with the frames around it that it needs."""
            begin = max(first - reach, 0)
            end = min(first + chunk_frames + reach, total)
            stretch = replace(whole, first_frame=begin, num_frames=end - begin)
            return first, begin, network_inputs(self.config, stretch)

        for first, begin, inputs in map_in_threads(
            prepare, range(0, total, chunk_frames)
        ):
            batch = {name: array[None] for name, array in inputs.items()}
            stop = min(first + chunk_frames, total)
            outputs = self.predictor(batch)["logits"][0]
            logits[first:stop] = outputs[first - begin : stop - begin]
            if tell is not None:
                tell(stop)
        return logits

    def _slot(self, instrument: str) -> int:
        if not self.is_told_instruments:
            return 0
        if not instrument:
            raise UsageError(
                f"the model {self.name} must be told the instrument: one of "
                f"{', '.join(self.instruments)}"
            )
        name = instrument_named(instrument).name
        if name not in self.instruments:
            raise UsageError(
                f"the model {self.name} knows no {name}: it knows "
                f"{', '.join(self.instruments)}"
            )
        return self.instruments.index(name)


def _described(folder: ModelFolder) -> tuple[NetworkConfig, tuple[str, ...]]:
    architecture: Mapping[str, object] = folder.config.architecture
    fields = {key: architecture[key] for key in architecture if key != INSTRUMENTS_KEY}
    names = architecture.get(INSTRUMENTS_KEY, [])
    try:
        if not isinstance(names, list):
            raise ValueError(f"{INSTRUMENTS_KEY} is no list")
        return config_from_json(fields), tuple(str(name) for name in names)
    except (TypeError, ValueError) as error:
        raise ModelFolderError(
            f"{folder.path}/config.json describes no network of DDSP Inference "
            f"({error}): fetch the model again or name another"
        ) from error


def _check_arrays(
    audio: NDArray[np.float32],
    f0_hz: NDArray[np.float32],
    loudness_db: NDArray[np.float32],
) -> None:
    num_frames = -(-audio.size // HOP_SAMPLES)
    if audio.ndim != 1 or not num_frames:
        raise InputError(
            f"audio must be mono and not empty; received the shape {audio.shape}"
        )
    for name, array in (("f0_hz", f0_hz), ("loudness_db", loudness_db)):
        if array.shape != (num_frames,):
            raise InputError(
                f"{name} must have a frame for every {HOP_SAMPLES} samples, "
                f"{num_frames} in all; received the shape {array.shape}"
            )
        if not np.isfinite(array).all():
            raise InputError(f"{name} has values that are no numbers")
    if not np.isfinite(audio).all():
        raise InputError("the audio has samples that are no numbers")
