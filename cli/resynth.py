"""`musegen resynth`: recordings to parameters, edited, and back to sound."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musegen.cli._edit_options import Wishes, edit_options
from musegen.cli._formats import SOUND_FORMATS
from musegen.cli._inputs import Source, expand_inputs
from musegen.cli._options import (
    command_with_examples,
    format_option,
    machine_options,
    output_options,
    seed_option,
)
from musegen.cli._output import Item, Output
from musegen.cli._output_folders import check_folder
from musegen.cli._paths import Destination, Naming, Plan, plan_outputs, write_file
from musegen.cli._recipe_inputs import recorded_inputs
from musegen.cli._recording_files import RECORDING_SUFFIXES, check_formats
from musegen.cli._recording_options import Hearing, hearing_options
from musegen.cli._recording_run import (
    Made,
    RecordingCommand,
    read_recording,
    write_results,
)
from musegen.data.errors import MissingPackageError, OutputExistsError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from musegen.midi_ddsp.analysis.harmonic_analysis import ParameterEstimator
    from musegen.midi_ddsp.edits.parameter_edits import Edits
    from musegen.midi_ddsp.edits.resynthesis import Resynthesis
    from musegen.midi_ddsp.edits.timbre import Timbre
    from musegen.midi_ddsp.parameters import SynthesisParameters

FORMATS = tuple(SOUND_FORMATS)
NAMING = Naming(label="resynth", formats=FORMATS, default_formats=("wav",))


@command_with_examples(
    "resynth",
    examples=[
        "musegen resynth violin.wav --transpose -12 --vibrato 1.5",
        "musegen resynth flute.wav --timbre clarinet --dry 0.7 -o clarinet.flac",
        "musegen resynth voice.wav --tune 1 --save-parameters voice.parquet",
        "musegen resynth --parameters voice.parquet --sample-rate 48000",
        "musegen resynth violin.wav --brightness 1.5 -o - | aplay",
    ],
)
@click.argument("recordings", nargs=-1, metavar="RECORDING...")
@edit_options
@click.option(
    "--parameters",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    show_default="found in the recording",
    help="Synthesise these parameters, a row a frame, instead of a recording's.",
)
@click.option(
    "--save-parameters",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    show_default="not saved",
    help="Write the edited parameters to a Parquet file.",
)
@click.option(
    "--sample-rate",
    type=click.IntRange(8000, 192_000),
    default=16_000,
    metavar="HZ",
    help="Of the sound that is written.",
)
@hearing_options
@seed_option
@format_option(FORMATS, default="wav")
@output_options
@machine_options
def command(
    recordings: tuple[str, ...],
    wishes: Wishes,
    parameters: Path | None,
    save_parameters: Path | None,
    sample_rate: int,
    hearing: Hearing,
    seed: int,
    formats: tuple[str, ...] | None,
    destination: Destination,
    output: Output,
) -> None:
    """Resynthesise recordings of one voice, changed on the way.

    The sound is taken apart into pitch, harmonics and noise every 4 ms; what the
    options ask for is changed, and the rest is put together again.
    """
    sources = _sources(recordings, parameters, hearing, wishes, output)
    hearing.check(num_inputs=len(sources))
    hearing.settings()
    wishes.edits()
    plans = plan_outputs(
        sources,
        destination=destination,
        naming=NAMING,
        formats=formats,
        has_side_files=save_parameters is not None,
    )
    check_formats(plans, FORMATS, command="resynth")
    _check_saving(save_parameters, plans, destination)
    run = _Run(
        call=RecordingCommand(
            name="resynth",
            options={
                **wishes.recipe(),
                "parameters": None if parameters is None else str(parameters),
                "sample_rate": sample_rate,
                **hearing.recipe(),
            },
            seed=seed,
            output=output,
        ),
        seed=seed,
        wishes=wishes,
        hearing=hearing,
        sample_rate=sample_rate,
        is_given=parameters is not None,
        save_parameters=save_parameters,
    )
    run.prepare()
    output.expect(len(plans))
    for plan in plans:
        with output.item(plan.source.name) as item:
            if plan.is_skipped:
                item.skip("its outputs exist")
                continue
            run.resynthesize(plan, item)


def _sources(
    recordings: tuple[str, ...],
    parameters: Path | None,
    hearing: Hearing,
    wishes: Wishes,
    output: Output,
) -> tuple[Source, ...]:
    """Return what is synthesised, and refuse options that cannot act."""
    if parameters is None:
        if not recordings:
            raise UsageError("name a recording, or parameters with --parameters")
        return expand_inputs(
            recordings,
            suffixes=RECORDING_SUFFIXES,
            own_label=NAMING.label,
            tell=output.notice,
        )
    if recordings:
        raise UsageError(
            f"--parameters {parameters} takes the place of a recording: leave "
            f"{recordings[0]} out"
        )
    hears_timbre = wishes.timbre_file() is not None
    for name, value in hearing.recipe().items():
        if value and not (name == "model" and hears_timbre):
            option = "--" + name.replace("_", "-")
            raise UsageError(
                f"{option} does nothing with --parameters, where nothing is heard: "
                "leave it out"
            )
    return expand_inputs([str(parameters)])


def _check_saving(
    path: Path | None, plans: tuple[Plan, ...], destination: Destination
) -> None:
    """Refuse what one parameter file cannot hold, and what would be lost."""
    if path is None:
        return
    if importlib.util.find_spec("pyarrow") is None:
        purpose = "a file of parameters"
        raise MissingPackageError("pyarrow", extra="beam", purpose=purpose)
    if len(plans) > 1:
        raise UsageError(
            f"--save-parameters {path} names one file, but there are {len(plans)} "
            "inputs: run them apart"
        )
    taken = {written.resolve() for plan in plans for written in plan.paths}
    taken |= {plan.source.path.resolve() for plan in plans if plan.source.path}
    if path.resolve() in taken:
        raise UsageError(f"--save-parameters {path} is used already: name another file")
    if path.exists() and not (destination.overwrite or destination.skip_existing):
        raise OutputExistsError(
            f"{path} exists: add --overwrite to replace it, or name another file"
        )
    check_folder(path.parent, may_create=True)


@dataclass(slots=True, kw_only=True)
class _Run:
    """What all inputs of one call share."""

    call: RecordingCommand
    seed: int
    wishes: Wishes
    hearing: Hearing
    sample_rate: int
    is_given: bool
    save_parameters: Path | None
    _estimator: ParameterEstimator | None = field(default=None, init=False)
    _timbre: Timbre | None = field(default=None, init=False)

    def prepare(self) -> None:
        """Load what all inputs need, so that it fails before the first."""
        timbre_file = self.wishes.timbre_file()
        if not self.is_given or timbre_file is not None:
            self._estimator = self.hearing.estimator()
        if timbre_file is not None:
            self._timbre = self._measured_timbre(timbre_file)
        elif self.wishes.timbre is not None:
            from musegen.midi_ddsp.edits.instrument_timbres import instrument_timbre

            self._timbre = instrument_timbre(self.wishes.timbre)

    def resynthesize(self, plan: Plan, item: Item) -> None:
        """Read, hear, edit, render and write one input."""
        started = time.monotonic()
        parameters, note_index, content = self._heard(plan, item)
        result = self._rendered(plan, parameters, note_index)
        for notice in result.notices:
            item.notice(notice)
        made: Made = [
            (target, self._encoded(result, target.format, item), {})
            for target in plan.targets
        ]
        item.set(
            duration_s=round(len(result.audio) / result.sample_rate, 3),
            sample_rate=result.sample_rate,
            edits=list(self._edits().changed),
            estimator=None if self._estimator is None else self._estimator.name,
            seconds=round(time.monotonic() - started, 2),
        )
        others = [*self.hearing.files()]
        timbre_file = self.wishes.timbre_file()
        write_results(
            self.call,
            plan,
            item,
            made=made,
            inputs=recorded_inputs(
                plan, content, [*others, *([timbre_file] if timbre_file else [])]
            ),
            estimator=self._estimator,
        )
        self._save(result, item)

    def _edits(self) -> Edits:
        return self.wishes.edits(self._timbre)

    def _heard(
        self, plan: Plan, item: Item
    ) -> tuple[SynthesisParameters, NDArray[np.integer[Any]] | None, bytes]:
        """Return parameters, the note of each frame where known, and the input."""
        if self.is_given:
            from musegen.midi_ddsp.note_frames import index_of_spans
            from musegen.midi_ddsp.tables.parameter_files import (
                read_header,
                read_parameters,
            )

            path = plan.source.path
            assert path is not None, "`--parameters` is a path"
            spans = read_header(path).note_spans
            given = read_parameters(path)
            known = None if spans is None else index_of_spans(spans, given.num_frames)
            return given, known, path.read_bytes()
        from musegen.midi_ddsp.analysis.analysing import analyse

        notes, notices = self.hearing.read_notes()
        for notice in notices:
            item.notice(notice)
        recording, content = read_recording(plan.source, item)
        with self.call.output.progress(f"Analysing {item.name}", 100) as advance:
            analysis = analyse(
                recording.samples,
                settings=self.hearing.settings(),
                notes=notes,
                estimator=self._estimator,
                advance=advance,
            )
        for notice in analysis.notices:
            item.notice(notice)
        return analysis.parameters, analysis.note_frames().note_index, content

    def _rendered(
        self,
        plan: Plan,
        parameters: SynthesisParameters,
        note_index: NDArray[np.integer[Any]] | None,
    ) -> Resynthesis:
        from musegen.midi_ddsp.edits.resynthesis import resynthesize

        total = max(1, round(parameters.num_frames * self.wishes.stretch))
        with self.call.output.progress(
            f"Rendering {plan.source.name}", total
        ) as advance:
            return resynthesize(
                parameters,
                self._edits(),
                seed=self.seed,
                note_index=note_index,
                sample_rate=self.sample_rate,
                advance=advance,
            )

    def _encoded(self, result: Resynthesis, format: str, item: Item) -> bytes:
        from musegen.midi_ddsp.audio.encoding import encode_audio

        encoded = encode_audio(
            result.audio, result.sample_rate, format=format, beyond="scale"
        )
        for notice in encoded.notices:
            if notice not in item.notices:
                item.notice(notice)
        return encoded.data

    def _measured_timbre(self, path: Path) -> Timbre:
        """Return the colour of a recording.

        Raises:
            InputError: It cannot be read, or has too little pitched sound.
        """
        from musegen.midi_ddsp.analysis.analysing import analyse
        from musegen.midi_ddsp.audio.reading import read_audio
        from musegen.midi_ddsp.edits.timbre import measure_timbre

        recording = read_audio(path)
        with self.call.output.progress(f"Analysing {path}", 100) as advance:
            found = analyse(
                recording.samples, estimator=self._estimator, advance=advance
            )
        return measure_timbre(found.parameters)

    def _save(self, result: Resynthesis, item: Item) -> None:
        if self.save_parameters is None:
            return
        path = self.save_parameters
        write_file(path, _parquet(result), overwrite=True)
        item.output(path, format="parameters")


def _parquet(result: Resynthesis) -> bytes:
    """Return the parameter file's content: a library that is given a path writes it."""
    import tempfile

    from musegen.midi_ddsp.note_frames import spans_of_index
    from musegen.midi_ddsp.tables.parameter_files import ParameterWriter

    known = result.note_index
    spans = None if known is None else spans_of_index(known)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parameters.parquet"
        with ParameterWriter(path, note_spans=spans) as writer:
            writer.write(result.parameters)
        return path.read_bytes()
