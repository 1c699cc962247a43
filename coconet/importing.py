"""From Magenta's Coconet, for TensorFlow or for the browser, to a model folder.

Needs neither TensorFlow nor Keras. Which files hold the model is found here; what they
mean is in `importing_config` and `importing_weights`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from numpy.typing import NDArray

from musegen.coconet.config import BROWSER, config_to_json
from musegen.coconet.importing_card import (
    LICENCE,
    ImportFacts,
    describe_network,
    render_import_card,
)
from musegen.coconet.importing_config import ImportedConfig, read_magenta_config
from musegen.coconet.importing_weights import is_coconet, is_weight, network_weights
from musegen.coconet.paper_onnx import INPUTS, OUTPUTS, paper_onnx_bytes
from musegen.coconet.predicting import KIND
from musegen.data.errors import FileFormatError, InputError
from musegen.data.notices import Notice
from musegen.engine.archives import Archive
from musegen.engine.browser_weights import (
    WeightGroup,
    manifest_names,
    read_browser_weights,
    read_manifest,
)
from musegen.engine.digests import sha256_of
from musegen.engine.model_folder import NetworkFile, write_model_folder
from musegen.engine.model_sources import ImportedModel
from musegen.engine.safetensors_writing import safetensors_bytes
from musegen.engine.tensorflow_bundle import (
    INDEX_SUFFIX,
    TensorBundle,
    bundle_prefixes,
)

VERSION = "1"
BEST = "best_model.ckpt"  # the one that holds the weights in official archives
POINTER_FILE = "checkpoint"
CONFIG_NAMES = ("config", "config.yaml", "config.yml")
_ROLE, _FILE = "network", "network.onnx"
_POINTER = re.compile(r'^model_checkpoint_path:\s*"(?:.*[/\\])?([^"/\\]+)"', re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoconetSource:
    """A Coconet network found among the files of an archive; a `ModelSource`.

    Args:
        archive: The files.
        weights_name: Prefix of a checkpoint, or name of a manifest.
        bundle: The checkpoint; None for a manifest.
        notices: What was noticed in choosing it.
    """

    archive: Archive
    weights_name: str
    bundle: TensorBundle | None
    notices: tuple[Notice, ...] = ()

    @property
    def weights_format(self) -> str:
        """What the weights are, in words."""
        return (
            "Weights for TensorFlow.js"
            if self.bundle is None
            else "TensorFlow checkpoint"
        )

    @property
    def suggested_name(self) -> str:
        """A name for the model, after the folder or zip that it lies in."""
        folder = PurePosixPath(self.weights_name).parent.name
        path = self.archive.path.resolve()
        outer = path.stem if path.is_file() else path.name
        name = re.sub(r"[^\w.-]+", "_", folder or outer).strip("._-")
        return name or "coconet_imported"

    def import_to(
        self, folder: Path, *, name: str, overwrite: bool = False
    ) -> ImportedModel:
        """See `musegen.engine.model_sources.ModelSource`."""
        config, config_name = _read_config(self)
        arrays = _read_arrays(self)
        weights = network_weights(
            arrays,
            config.network,
            has_batch_norm=config.has_batch_norm,
            where=self.archive.where(self.weights_name),
        )
        notices = (*self.notices, *config.notices)
        card = render_import_card(
            name,
            ImportFacts(
                network=config.network,
                source_name=self.archive.path.resolve().name,
                weights_name=self.weights_name,
                weights_format=self.weights_format,
                digests=_digests(self, config_name),
                num_passed_over=_num_variables(self) - len(arrays),
                remarks=tuple(self._without_path(n.message) for n in notices),
            ),
        )
        written = write_model_folder(
            folder,
            name=name,
            kind=KIND,
            version=VERSION,
            architecture=config_to_json(config.network),
            licence=LICENCE,
            summary=f"Imported Coconet, {describe_network(config.network)}",
            weights=safetensors_bytes(weights),
            networks={_ROLE: NetworkFile(file=_FILE, inputs=INPUTS, outputs=OUTPUTS)},
            onnx={_FILE: paper_onnx_bytes(config.network, weights)},
            card=card,
            overwrite=overwrite,
        )
        return ImportedModel(folder=written, notices=notices)

    def _without_path(self, text: str) -> str:
        """Return a sentence that may travel: without the folders of this machine."""
        path = self.archive.path
        return text.replace(str(path), path.resolve().name)


def find_coconet(archive: Archive) -> CoconetSource | None:
    """Return the Coconet network in an archive, recognised by its variables.

    A checkpoint is preferred to a manifest, `best_model.ckpt` to other checkpoints,
    and what the user pointed at to everything.

    Raises:
        FileFormatError: What was found is damaged.
        InputError: Several folders hold networks.
    """
    prefixes = _focused(bundle_prefixes(archive), archive.focus)
    if prefixes:
        prefix, notices = _choose_prefix(archive, prefixes)
        bundle = TensorBundle(archive, prefix)
        if is_coconet(bundle.entries):
            return CoconetSource(
                archive=archive, weights_name=prefix, bundle=bundle, notices=notices
            )
    manifests = _manifests_of_coconet(archive)
    if not manifests:
        return None
    _refuse_several(archive, manifests)
    return CoconetSource(archive=archive, weights_name=manifests[0], bundle=None)


def _focused(names: tuple[str, ...], focus: str) -> tuple[str, ...]:
    """Return those names that the user's file belongs to, or all."""
    if not focus or focus in (POINTER_FILE, *CONFIG_NAMES):
        return names
    return tuple(n for n in names if focus == n or focus.startswith(f"{n}."))


def _choose_prefix(
    archive: Archive, prefixes: tuple[str, ...]
) -> tuple[str, tuple[Notice, ...]]:
    """Return the checkpoint to take, and what to say of the choice."""
    _refuse_several(archive, prefixes)
    folder = PurePosixPath(prefixes[0]).parent
    by_name = {PurePosixPath(prefix).name: prefix for prefix in prefixes}
    pointed = _pointed_at(archive, str(folder / POINTER_FILE))
    chosen = next(
        (name for name in (BEST, pointed) if name in by_name), max(by_name, key=_age)
    )
    notices = []
    if pointed and pointed not in by_name and not archive.focus:
        notices.append(
            Notice(
                code="wrong-checkpoint-pointer",
                message=f"{archive.where(str(folder / POINTER_FILE))} names "
                f"'{pointed}', which is not there; '{chosen}' was taken",
            )
        )
    if others := sorted(by_name.keys() - {chosen}):
        notices.append(
            Notice(
                code="several-checkpoints",
                message=f"'{chosen}' was taken, not {', '.join(others)}: to take "
                "another give its .index file",
            )
        )
    return by_name[chosen], tuple(notices)


def _age(name: str) -> tuple[int, str]:
    """Return what puts checkpoints in order: the number of the step, `model-2000`."""
    step = re.search(r"-(\d+)$", name)
    return (int(step[1]) if step else -1, name)


def _pointed_at(archive: Archive, pointer: str) -> str:
    """Return the checkpoint that TensorFlow's pointer file names, or nothing."""
    if pointer not in archive.names:
        return ""
    found = _POINTER.search(archive.read(pointer).decode("utf-8", errors="replace"))
    return found[1] if found else ""


def _refuse_several(archive: Archive, names: tuple[str, ...] | list[str]) -> None:
    folders = sorted({str(PurePosixPath(name).parent) for name in names})
    if len(folders) > 1:
        raise InputError(
            f"{archive.path} holds networks in {', '.join(folders)}: give one of these "
            "folders"
        )


def _manifests_of_coconet(archive: Archive) -> list[str]:
    """Return the manifests that list a Coconet.

    Files of a manifest's name that are none are passed over where another one is good.

    Raises:
        FileFormatError: None is good, and one is none or damaged.
    """
    found, faults = [], []
    for name in _focused(manifest_names(archive), archive.focus):
        try:
            groups = read_manifest(archive.read(name), where=archive.where(name))
        except FileFormatError as error:
            faults.append(error)
            continue
        if is_coconet(tensor.name for group in groups for tensor in group.tensors):
            found.append(name)
    if faults and not found:
        raise faults[0]
    return found


def _read_config(source: CoconetSource) -> tuple[ImportedConfig, str]:
    """Return the config beside the weights and its name.

    The browser's network comes without one; its weights must then fit `BROWSER`.
    """
    folder = PurePosixPath(source.weights_name).parent
    for name in (str(folder / name) for name in CONFIG_NAMES):
        if name in source.archive.names:
            content = source.archive.read(name)
            return read_magenta_config(content, where=source.archive.where(name)), name
    if source.bundle is None:
        notice = Notice(
            code="browser-network-assumed",
            message="there is no config beside the weights: the network of magenta.js "
            "is assumed",
        )
        return ImportedConfig(network=BROWSER, notices=(notice,)), ""
    raise InputError(
        f"{source.archive.where(str(folder / CONFIG_NAMES[0]))} is missing: it came "
        "with the weights and says how the network is built; put it beside them"
    )


def _read_arrays(source: CoconetSource) -> dict[str, NDArray[Any]]:
    """Return the variables of the network, without those of its training."""
    if source.bundle is None:
        arrays = read_browser_weights(source.archive, source.weights_name)
        return {name: array for name, array in arrays.items() if is_weight(name)}
    entries = source.bundle.entries.items()
    return source.bundle.tensors(
        name for name, entry in entries if entry.is_readable and is_weight(name)
    )


def _num_variables(source: CoconetSource) -> int:
    if source.bundle is not None:
        return len(source.bundle.entries)
    return sum(len(group.tensors) for group in _groups(source))


def _groups(source: CoconetSource) -> tuple[WeightGroup, ...]:
    """Return what a manifest lists."""
    archive, name = source.archive, source.weights_name
    return read_manifest(archive.read(name), where=archive.where(name))


def _digests(source: CoconetSource, config_name: str) -> dict[str, str]:
    """Return the SHA-256 of the files that were read."""
    archive, name = source.archive, source.weights_name
    if source.bundle is not None:
        names = [name + INDEX_SUFFIX, *source.bundle.data_names]
    else:
        folder = PurePosixPath(name).parent
        shards = [
            str(folder / path) for group in _groups(source) for path in group.paths
        ]
        names = [name, *shards]
    files = [*names, config_name] if config_name else names
    return {file: sha256_of(archive.read(file)) for file in files}
