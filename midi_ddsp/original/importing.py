"""From the original's two checkpoints to a model folder, without TensorFlow.

The official archive has the Synthesis Generator and the Expression Generator in folders
of their own, others may have them side by side: they are recognised by their tensors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from musegen.data.errors import FileFormatError, InputError
from musegen.data.notices import Notice
from musegen.engine.archives import Archive
from musegen.engine.digests import sha256_of
from musegen.engine.model_folder import write_model_folder
from musegen.engine.model_sources import ImportedModel
from musegen.engine.safetensors_writing import safetensors_bytes
from musegen.engine.tensorflow_bundle import INDEX_SUFFIX, TensorBundle
from musegen.midi_ddsp.original.importing_card import (
    LICENCE,
    ImportFacts,
    render_import_card,
)
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.model import (
    EXPRESSION,
    KIND,
    REVERB_PATH,
    SYNTHESIS,
    OriginalModel,
)
from musegen.midi_ddsp.original.weights import TENSOR_SUFFIX, WeightReader, by_path
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, SAMPLE_RATE_HZ

VERSION = "1"
OFFICIAL_FOLDER = "midi_ddsp_model_weights_urmp_9_10"
OFFICIAL_NAME = "midi-ddsp-urmp"
_OTHER_NAME = "midi_ddsp_imported"

# A tensor that only this network has, and what its checkpoint is commonly called.
_MARKS = {
    SYNTHESIS: "midi_decoder/z_preconditioning_stack/dense_out/kernel",
    EXPRESSION: "duration_emb/kernel",
}
_WORDS = {SYNTHESIS: "Synthesis Generator", EXPRESSION: "Expression Generator"}
_NEEDED = {SYNTHESIS: ("midi_decoder/", REVERB_PATH), EXPRESSION: ("",)}
_SLOT = "/.OPTIMIZER_SLOT/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One of the two checkpoints.

    Args:
        archive: Where it lies.
        name: What its files' names begin with.
        bundle: Its tensors.
    """

    archive: Archive
    name: str
    bundle: TensorBundle

    @property
    def index_name(self) -> str:
        """The name of its index in the archive."""
        return self.name + INDEX_SUFFIX

    def tensors(self, beginnings: tuple[str, ...]) -> dict[str, Array]:
        """Return float32 arrays by path, those that begin so.

        Raises:
            FileFormatError: The file is damaged, or has numbers that are none.
            InputError: A data file is missing.
        """
        chosen = [
            name
            for name, entry in self.bundle.entries.items()
            if entry.is_readable
            and name.endswith(TENSOR_SUFFIX)
            and _SLOT not in name
            and name.startswith(beginnings)
        ]
        tensors = by_path(self.bundle.tensors(chosen))
        for name, array in tensors.items():
            if not np.isfinite(array).all():
                raise FileFormatError(
                    f"{self.archive.where(self.index_name)}: '{name}' holds values "
                    "that are no numbers; fetch the checkpoint again"
                )
        return {name: array.astype(np.float32) for name, array in tensors.items()}

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of its files."""
        names = (self.index_name, *self.bundle.data_names)
        return {name: sha256_of(self.archive.read(name)) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiDdspSource:
    """MIDI-DDSP found among the files of an archive; a `ModelSource`.

    Args:
        archive: The files.
        synthesis: The Synthesis Generator, with the rooms.
        expression: The Expression Generator.
        notices: What was noticed in choosing them.
    """

    archive: Archive
    synthesis: Checkpoint
    expression: Checkpoint
    notices: tuple[Notice, ...] = ()

    @property
    def suggested_name(self) -> str:
        """`midi-ddsp-urmp` for the official archive, else after the folder or zip."""
        path = self.archive.path.resolve()
        outer = path.stem if path.is_file() else path.name
        if OFFICIAL_FOLDER in (outer, *PurePosixPath(self.synthesis.name).parts):
            return OFFICIAL_NAME
        return re.sub(r"[^\w.-]+", "_", outer).strip("._-") or _OTHER_NAME

    def import_to(
        self, folder: Path, *, name: str, overwrite: bool = False
    ) -> ImportedModel:
        """See `musegen.engine.model_sources.ModelSource`."""
        synthesis = self.synthesis.tensors(_NEEDED[SYNTHESIS])
        expression = self.expression.tensors(_NEEDED[EXPRESSION])
        model = OriginalModel.from_weights(  # checks every name and shape
            WeightReader(
                tensors=synthesis, where=self.archive.where(self.synthesis.index_name)
            ),
            WeightReader(
                tensors=expression, where=self.archive.where(self.expression.index_name)
            ),
        )
        written = write_model_folder(
            folder,
            name=name,
            kind=KIND,
            version=VERSION,
            architecture={
                "network": "original",
                "instruments": list(model.instruments),
                "sample_rate_hz": SAMPLE_RATE_HZ,
                "frame_rate_hz": FRAME_RATE_HZ,
            },
            licence=LICENCE,
            summary=f"Imported MIDI-DDSP, {len(model.instruments)} instruments",
            weights=safetensors_bytes(
                {
                    **{f"{SYNTHESIS}/{path}": a for path, a in synthesis.items()},
                    **{f"{EXPRESSION}/{path}": a for path, a in expression.items()},
                }
            ),
            networks={},
            onnx={},
            card=render_import_card(name, self._facts(synthesis, expression, model)),
            overwrite=overwrite,
        )
        return ImportedModel(folder=written, notices=self.notices)

    def _facts(
        self,
        synthesis: dict[str, Array],
        expression: dict[str, Array],
        model: OriginalModel,
    ) -> ImportFacts:
        path = self.archive.path
        num_listed = sum(
            len(half.bundle.entries) for half in (self.synthesis, self.expression)
        )
        num_reverb = model.reverbs.size
        return ImportFacts(
            source_name=path.resolve().name,
            synthesis_name=self.synthesis.name,
            expression_name=self.expression.name,
            digests={**self.synthesis.digests(), **self.expression.digests()},
            num_synthesis=sum(a.size for a in synthesis.values()) - num_reverb,
            num_expression=sum(a.size for a in expression.values()),
            num_reverb=num_reverb,
            num_passed_over=num_listed - len(synthesis) - len(expression),
            instruments=model.instruments,
            remarks=tuple(  # a card travels: without the folders of this machine
                notice.message.replace(str(path), path.resolve().name)
                for notice in self.notices
            ),
        )


def find_midi_ddsp(archive: Archive) -> MidiDdspSource | None:
    """Return the original MIDI-DDSP in an archive, recognised by its tensors.

    Raises:
        FileFormatError: One of its checkpoints is damaged.
        InputError: Only one of the two is there, or several folders hold one.
    """
    found: dict[str, list[Checkpoint]] = {SYNTHESIS: [], EXPRESSION: []}
    damage: FileFormatError | None = None
    for name in archive.names:
        if not name.endswith(INDEX_SUFFIX):
            continue
        prefix = name.removesuffix(INDEX_SUFFIX)
        try:
            bundle = TensorBundle(archive, prefix)
        except FileFormatError as error:
            damage = damage or error
            continue
        for half, mark in _MARKS.items():
            if mark + TENSOR_SUFFIX in bundle.entries:
                found[half].append(
                    Checkpoint(archive=archive, name=prefix, bundle=bundle)
                )
    every = [checkpoint for half in found.values() for checkpoint in half]
    if not every or not _is_meant(archive, every):
        return None
    for half, other in ((SYNTHESIS, EXPRESSION), (EXPRESSION, SYNTHESIS)):
        if found[half]:
            continue
        if damage is not None:  # it may be the one that is missing
            raise damage
        raise InputError(
            f"{archive.path} holds the {_WORDS[other]} of MIDI-DDSP "
            f"({found[other][0].name}) and not its {_WORDS[half]}: give the folder or "
            f"zip that holds both, such as {OFFICIAL_FOLDER}"
        )
    synthesis, of_synthesis = _newest(archive, found[SYNTHESIS], SYNTHESIS)
    expression, of_expression = _newest(archive, found[EXPRESSION], EXPRESSION)
    return MidiDdspSource(
        archive=archive,
        synthesis=synthesis,
        expression=expression,
        notices=(*of_synthesis, *of_expression),
    )


def _is_meant(archive: Archive, checkpoints: list[Checkpoint]) -> bool:
    """Whether the user pointed at the whole, or at a file of a checkpoint."""
    focus = archive.focus
    return not focus or any(
        focus == checkpoint.name or focus.startswith(f"{checkpoint.name}.")
        for checkpoint in checkpoints
    )


def _newest(
    archive: Archive, checkpoints: list[Checkpoint], half: str
) -> tuple[Checkpoint, tuple[Notice, ...]]:
    """Return the checkpoint of the highest step, and what to say of the choice."""
    folders = sorted({str(PurePosixPath(c.name).parent) for c in checkpoints})
    if len(folders) > 1:
        raise InputError(
            f"{archive.path} holds the {_WORDS[half]} of MIDI-DDSP in "
            f"{', '.join(folders)}: give a folder that holds one"
        )
    pointed = [c for c in checkpoints if archive.focus.startswith(f"{c.name}.")]
    chosen = pointed[0] if pointed else max(checkpoints, key=_step)
    others = [PurePosixPath(c.name).name for c in checkpoints if c is not chosen]
    if not others:
        return chosen, ()
    notice = Notice(
        code="several-checkpoints",
        message=f"'{chosen.name}' was taken as the {_WORDS[half]}, not "
        f"{', '.join(others)}: to take one of these remove the others",
    )
    return chosen, (notice,)


def _step(checkpoint: Checkpoint) -> tuple[int, str]:
    """Return what puts checkpoints in order: the number their names end in."""
    number = re.search(r"(\d+)$", checkpoint.name)
    return (int(number[1]) if number else -1, checkpoint.name)
