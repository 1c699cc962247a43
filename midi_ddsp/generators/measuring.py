"""How well our generators do what they are asked to: figures for cards and benchmarks.

Every figure is taken on takes that were never trained on. Source of the protocols: Wu
et al., "MIDI-DDSP", ICLR 2022, tables 1 and 2; the controls are ours, on a scale on
which 0 and 1 are the 5 % and 95 % quantiles of the instrument's notes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.dsp.spectra import multi_scale_spectral_loss
from musegen.midi_ddsp.expression_scale import ExpressionScale
from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    CONTROL_NAMES,
    controls_of_units,
    playable,
    units_of_controls,
    untold_controls,
)
from musegen.midi_ddsp.generators.expression_model import ExpressionModel
from musegen.midi_ddsp.generators.line import Line, joined, make_line
from musegen.midi_ddsp.generators.synthesis_model import SynthesisModel
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    SynthesisParameters,
)
from musegen.midi_ddsp.takes.take import Take

PUBLISHED_SIX = (
    "volume_db",
    "volume_fluctuation_db",
    "peak_position",
    "vibrato_extent_cents",
    "mean_harmonic",
    "attack_noise_db",
)
SWEEP = tuple(np.round(np.linspace(0.0, 1.0, 11), 1).tolist())
# Vibrato needs a cycle and a half to be seen, after it has set in.
LEAST_VIBRATO_S = 0.4
_FULL_SCALE = np.float32(1.0 / 32768.0)
_FIRST_HARMONICS = 10
_SILENCE = 1e-6
_AUDIBLE_DB = -70.0
_UNSTRETCHED_S = 0.25  # before and after what is played of a take

FloatArray = NDArray[np.float64]
Play = Callable[[Line, int], SynthesisParameters]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What was asked of the notes of one instrument, and what came of it.

    Args:
        control: Name.
        instrument: Name.
        asked: [M] on the scale.
        found: [M] on the scale.
    """

    control: str
    instrument: str
    asked: FloatArray
    found: FloatArray

    @property
    def correlation(self) -> float:
        """Pearson's r; 0 where what was found does not vary, NaN without notes."""
        if not len(self.found):
            return float("nan")
        if not np.ptp(self.found):
            return 0.0
        return float(np.corrcoef(self.asked, self.found)[0, 1])


def player(model: SynthesisModel) -> Play:
    """Return a function that plays a line with the likeliest pitch, in one piece."""

    def play(line: Line, num_frames: int) -> SynthesisParameters:
        return joined_blocks(list(model.play(line, num_frames)))

    return play


def joined_blocks(blocks: Sequence[SynthesisParameters]) -> SynthesisParameters:
    """Return blocks as one."""
    return replace(
        blocks[0],
        f0_hz=np.concatenate([block.f0_hz for block in blocks]),
        amplitude=np.concatenate([block.amplitude for block in blocks]),
        harmonics=np.concatenate([block.harmonics for block in blocks]),
        noise=np.concatenate([block.noise for block in blocks]),
    )


def true_line(take: Take, *, is_told_expression: bool = True) -> Line:
    """Return a take's notes with the controls that were measured in it.

    Args:
        take: The take.
        is_told_expression: False gives every note the same controls, without vibrato,
            as a network that is told none has learned.
    """
    measured = playable(controls_of_units(take.units))
    return make_line(
        take.notes,
        measured if is_told_expression else untold_controls(len(take.notes)),
        instrument=take.instrument,
        is_slurred=joined(take.frames().spans()),
    )


def extract(parameters: SynthesisParameters, take: Take) -> FloatArray:
    """Return controls [N, 9], in units, of a take's notes in other parameters."""
    return controls_of_units(measure_notes(parameters, take.frames()))


def scaled_controls(controls: FloatArray, scale: ExpressionScale) -> FloatArray:
    """Return controls [N, 9] on the scale of an instrument."""
    pitches = np.full(len(controls), 69)
    units = scale.scale(units_of_controls(controls, pitches))
    return units[:, [UNIT_NAMES.index(name) for name in CONTROL_NAMES]]


def unscaled_controls(scaled: FloatArray, scale: ExpressionScale) -> FloatArray:
    """The inverse of `scaled_controls`."""
    units = np.zeros((len(scaled), len(UNIT_NAMES)))
    units[:, [UNIT_NAMES.index(name) for name in CONTROL_NAMES]] = scaled
    return controls_of_units(scale.unscale(units))


def round_trip(
    play: Play,
    takes: Sequence[Take],
    scale: ExpressionScale,
    *,
    controls: Sequence[str] = PUBLISHED_SIX,
) -> Iterator[Requested]:
    """Sweep one control of every note at a time over its scale, the others kept.

    Args:
        play: The model.
        takes: Of one instrument, short ones.
        scale: Of the instrument.
        controls: Which.
    """
    lines = [true_line(take) for take in takes]
    for name in controls:
        column = COLUMNS[name]
        asked, found = [], []
        for value in SWEEP:
            for take, line in zip(takes, lines, strict=True):
                scaled = scaled_controls(line.controls, scale)
                scaled[:, column] = value
                wanted = unscaled_controls(scaled, scale)
                changed = line.controls.copy()
                changed[:, column] = playable(wanted)[:, column]
                outcome = play(line.with_controls(changed), take.num_frames)
                counts = _counts(line, name)
                heard = scaled_controls(extract(outcome, take), scale)[counts, column]
                found.append(heard)
                asked.append(np.full(len(heard), value))
        yield Requested(
            control=name,
            instrument=takes[0].instrument,
            asked=np.concatenate(asked),
            found=np.concatenate(found),
        )


def _counts(line: Line, name: str) -> NDArray[np.bool_]:
    """Which notes are long enough for a control to be seen."""
    length_s = (line.spans[:, 1] - line.spans[:, 0]) / FRAME_RATE_HZ
    least_s = LEAST_VIBRATO_S if name == "vibrato_extent_cents" else 0.1
    return np.asarray(length_s >= least_s)


def reextraction_errors(
    play: Play, takes: Sequence[Take], scales: Mapping[str, ExpressionScale]
) -> FloatArray:
    """Return [notes, 9]: found less true controls on the scale, true ones asked for."""
    rows = []
    for take in takes:
        line = true_line(take)
        scale = scales[take.instrument]
        found = extract(play(line, take.num_frames), take)
        rows.append(
            scaled_controls(found, scale) - scaled_controls(line.controls, scale)
        )
    return np.concatenate(rows)


def expression_errors(
    model: ExpressionModel,
    takes: Sequence[Take],
    scales: Mapping[str, ExpressionScale],
) -> tuple[FloatArray, FloatArray]:
    """Return [notes, 9] twice: predicted less true controls, and the true ones.

    On the scale; each note is predicted knowing how those before it were played.
    """
    errors, truths = [], []
    for take in takes:
        line = true_line(take)
        scale = scales[take.instrument]
        expected = model.expected(
            take.notes, line.is_slurred, take.instrument, line.controls
        )
        truth = scaled_controls(line.controls, scale)
        errors.append(scaled_controls(playable(expected), scale) - truth)
        truths.append(truth)
    return np.concatenate(errors), np.concatenate(truths)


def root_mean_square(errors: FloatArray) -> FloatArray:
    """Return [9]: of errors [notes, 9]."""
    return np.asarray(np.sqrt(np.mean(np.square(errors), axis=0)))


def spectral_losses(
    play: Play,
    takes: Sequence[Take],
    *,
    is_told_expression: bool = True,
    seed: int = 0,
) -> FloatArray:
    """Return [takes]: multi-scale spectral loss of what is played, from true controls.

    Rendered at 16 kHz, against the recording, both whole.

    Args:
        play: The model.
        takes: Recordings.
        is_told_expression: As the model was trained.
        seed: Of the noise.
    """
    losses = []
    for take in takes:
        line = true_line(take, is_told_expression=is_told_expression)
        rendered = render(play(line, take.num_frames), seed=seed)
        recorded = take.audio.astype(np.float32) * _FULL_SCALE
        length = min(len(rendered), len(recorded))
        losses.append(
            multi_scale_spectral_loss(recorded[:length], rendered[:length]).total
        )
    return np.array(losses)


def movement_db(parameters: SynthesisParameters, take: Take) -> float:
    """Return how much levels move from frame to frame inside notes: RMS, in dB.

    Over the amplitudes of the first ten harmonics, the noise apart; what is smoother
    than any player moves too little. Frames in which a harmonic is near silence do not
    count.

    Args:
        parameters: Of the take's notes.
        take: Where the notes are.
    """
    partials = (
        parameters.amplitude[:, None] * parameters.harmonics[:, :_FIRST_HARMONICS]
    )
    levels = 20.0 * np.log10(np.maximum(partials, _SILENCE))
    steps = np.diff(levels, axis=0)
    note = take.frames().note_index[: len(levels)]
    is_inside = (note[1:] >= 0) & (note[1:] == note[:-1])
    is_loud = np.minimum(levels[1:], levels[:-1]) > _AUDIBLE_DB
    counted = steps[is_inside[:, None] & is_loud]
    return float(np.sqrt(np.mean(np.square(counted)))) if counted.size else 0.0


def cut_take(take: Take, *, longest_s: float) -> Take:
    """Return the beginning of a take, whole notes only, for figures that take time."""
    notes = [note for note in take.notes if note.offset_s < longest_s]
    notes = notes or list(take.notes[:1])
    end_s = notes[-1].offset_s + _UNSTRETCHED_S
    if len(notes) < len(take.notes):
        end_s = min(end_s, take.notes[len(notes)].onset_s)
    num_frames = min(round(end_s * FRAME_RATE_HZ), take.num_frames)
    parameters = replace(
        take.parameters,
        f0_hz=take.parameters.f0_hz[:num_frames],
        amplitude=take.parameters.amplitude[:num_frames],
        harmonics=take.parameters.harmonics[:num_frames],
        noise=take.parameters.noise[:num_frames],
    )
    return replace(
        take,
        notes=tuple(notes),
        parameters=parameters,
        units=take.units[: len(notes)],
        controls=take.controls[: len(notes)],
        audio=take.audio[: num_frames * 64],
    )
