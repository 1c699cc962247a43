"""A trained Expression Generator: notes to how each shall be played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import ModelFolderError
from musegen.engine.models import find_model
from musegen.engine.predictor import Predictor, load_predictor
from musegen.engine.seeds import generator
from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.config import ExpressionNetworkConfig
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    NUM_CONTROLS,
    from_scale,
    playable,
    to_scale,
)
from musegen.midi_ddsp.generators.described import EXPRESSION_KIND, described
from musegen.midi_ddsp.generators.note_features import Memory, memories, note_features
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.vibrato import MIN_EXTENT_CENTS

# However wide a distribution is, nothing is drawn beyond this many deviations.
_FARTHEST = 2.0
_OF_VIBRATO = (COLUMNS["vibrato_rate_hz"], COLUMNS["vibrato_delay_s"])

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExpressionModel:
    """Our Expression Generator, trained. Make one with `load`.

    Args:
        name: Of the model.
        digest: Of its files.
        config: Of its networks.
        instruments: What it has learned to play.
        scales: Between what the controls of each instrument's notes lay.
        context: The network that reads notes.
        step: The network that plays one note.
    """

    name: str
    digest: str
    config: ExpressionNetworkConfig
    instruments: tuple[str, ...]
    scales: ExpressionScales
    context: Predictor
    step: Predictor

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Load a model by name or folder; it runs on the processor, on one core.

        Raises:
            ModelNotFoundError: No such model.
            ModelFolderError: The folder is damaged or of another kind.
        """
        folder = find_model(name_or_path, kind=EXPRESSION_KIND)
        config, instruments, scales = described(folder)
        if not isinstance(config, ExpressionNetworkConfig):
            raise ModelFolderError(
                f"{folder.path}/config.json describes no Expression Generator: fetch "
                "the model again or name another"
            )
        context, step = (
            load_predictor(folder, network=network, device="cpu", num_threads=1)
            for network in ("context", "step")
        )
        return cls(
            name=folder.config.name,
            digest=folder.digest,
            config=config,
            instruments=instruments,
            scales=scales,
            context=context,
            step=step,
        )

    def predict(
        self,
        notes: Sequence[PlayedNote],
        is_slurred: NDArray[np.bool_],
        instrument: str,
        *,
        seed: int = 0,
        variety: float = 0.0,
    ) -> FloatArray:
        """Decide how to play a line.

        Args:
            notes: One voice in order of time, N at least 1.
            is_slurred: [N].
            instrument: One of `instruments`.
            seed: Of what is drawn.
            variety: How far from the mean controls are drawn, in standard deviations
                of what was learned; 0 for the mean.

        Returns:
            [N, 9], controls in units.
        """
        draws = generator(seed, "expression").standard_normal(
            (len(notes), NUM_CONTROLS)
        )
        draws = variety * np.clip(draws, -_FARTHEST, _FARTHEST)
        context = self._context(notes, is_slurred, instrument)
        state = np.zeros((1, self.config.units), np.float32)
        memory = Memory()
        scaled = np.zeros((len(notes), NUM_CONTROLS))
        for index in range(len(notes)):
            outputs = self._step(context[index], memory.recall(), state)
            state = outputs["next_state"]
            spread = np.exp(outputs["spread"][0])
            scaled[index] = to_scale(
                _sensible(from_scale(outputs["mean"][0] + draws[index] * spread))
            )
            memory.add(scaled[index])
        return from_scale(scaled)

    def expected(
        self,
        notes: Sequence[PlayedNote],
        is_slurred: NDArray[np.bool_],
        instrument: str,
        controls: NDArray[np.floating],
    ) -> FloatArray:
        """Return the mean for each note, told how those before it were really played.

        Args:
            notes: As for `predict`.
            is_slurred: [N].
            instrument: One of `instruments`.
            controls: [N, 9], in units, how they were played.

        Returns:
            [N, 9], in units.
        """
        context = self._context(notes, is_slurred, instrument)
        state = np.zeros((1, self.config.units), np.float32)
        means = np.zeros((len(notes), NUM_CONTROLS))
        for index, memory in enumerate(memories(to_scale(controls))):
            outputs = self._step(context[index], memory, state)
            state = outputs["next_state"]
            means[index] = outputs["mean"][0]
        return from_scale(means)

    def _context(
        self,
        notes: Sequence[PlayedNote],
        is_slurred: NDArray[np.bool_],
        instrument: str,
    ) -> NDArray[np.float32]:
        features = note_features(notes, is_slurred, instrument)
        outputs = self.context({"features": features[None]})
        context: NDArray[np.float32] = outputs["context"][0]
        return context

    def _step(
        self,
        context: NDArray[np.float32],
        memory: NDArray[np.float32],
        state: NDArray[np.float32],
    ) -> dict[str, NDArray[np.float32]]:
        return self.step(
            {"context": context[None], "memory": memory[None], "state": state}
        )


def _sensible(controls: FloatArray) -> FloatArray:
    """Return controls [9] that can be played; next to no vibrato is none."""
    limited = playable(controls)
    if limited[COLUMNS["vibrato_extent_cents"]] < MIN_EXTENT_CENTS:
        limited[COLUMNS["vibrato_extent_cents"]] = 0.0
        limited[list(_OF_VIBRATO)] = 0.0
    return limited
