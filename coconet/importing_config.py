"""The `config` beside Magenta's Coconet weights, read into our own.

A flat YAML of hyper-parameters, at times with Python's tags, read here without a YAML
package: a key and a value on a line. Weights are `musegen.coconet.importing_weights`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    NUM_VOICES,
    PaperNetworkConfig,
)
from musegen.coconet.paper_plan import layer_plan, paper_layers
from musegen.data.errors import FileFormatError, InputError
from musegen.data.notices import Notice

Value = bool | int | float | str

# Guards against nonsense; the released networks have 64 and 33 layers.
MAX_COUNT = 10_000  # of anything that a config counts
MAX_LAYERS = 1000

# Keys that decide what the network computes, with the defaults of Magenta's class.
# Source: `lib_hparams.py` of Magenta's Coconet.
_DEFAULTS: Mapping[str, Value] = {
    "architecture": "straight",
    "batch_norm": True,
    "batch_norm_variance_epsilon": 1e-7,
    "crop_piece_len": 64,
    "dilate_time_only": False,
    "interleave_split_every_n_layers": 1,
    "mask_indicates_context": False,
    "max_pitch": MIN_PITCH + NUM_PITCHES - 1,
    "min_pitch": MIN_PITCH,
    "num_dilation_blocks": 3,
    "num_filters": 256,
    "num_initial_regular_conv_layers": 2,
    "num_instruments": NUM_VOICES,
    "num_layers": 28,
    "num_pointwise_splits": 1,
    "quantization_level": 0.125,
    "repeat_last_dilation_level": False,
    "separate_instruments": True,
    "sep_conv_depth_multiplier": 1,
    "use_residual": True,
    "use_sep_conv": False,
}
_TRAINING_KEYS = frozenset(
    {
        "batch_size",
        "checkpoint_name",
        "corrupt_ratio",
        "dataset",
        "eval_freq",
        "init_scale",
        "learning_rate",
        "log_process",
        "maskout_method",
        "num_epochs",
        "optimize_mask_only",
        "patience",
        "qpm",
        "rescale_loss",
        "run_dir",
        "run_id",
        "save_model_secs",
        "shortest_duration",
    }
)
_LEGACY_KEYS = frozenset({"num_pitches", "pitch_ranges"})  # derived from the others
# What our network cannot be otherwise.
_FIXED = (
    "max_pitch",
    "min_pitch",
    "num_instruments",
    "separate_instruments",
    "sep_conv_depth_multiplier",
    "use_residual",
)
_LINE = re.compile(r"\s*(?P<key>(?:!\S+ +)?[\w'\"]+)\s*:(?:\s+(?P<value>.*))?$")
_ITEM = re.compile(r"\s*- *(?P<value>[^:]*)$")
_TAG = re.compile(r"!\S*\s*")
_NOTHING = frozenset({"null", "~", "None"})
_WORDS: Mapping[str, Value] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConfig:
    """What a `config` says.

    Args:
        network: The architecture.
        has_batch_norm: Whether the layers have batch norm, or else a bias.
        notices: What was passed over, and what differs from our raster.
    """

    network: PaperNetworkConfig
    has_batch_norm: bool = True
    notices: tuple[Notice, ...] = ()


def read_magenta_config(content: bytes, *, where: str) -> ImportedConfig:
    """Read a `config`; keys that are missing take the defaults of Magenta's class.

    Args:
        content: The file.
        where: What messages call it.

    Raises:
        FileFormatError: It is no such config, or a value is of the wrong type.
        InputError: The network it describes cannot be built here.
    """
    found = _lines(content, where=where)
    if not found.keys() & _DEFAULTS.keys():
        raise FileFormatError(
            f"{where} has none of the keys of a Coconet config (num_layers, "
            "num_filters, ...): give the file that came with the weights"
        )
    values = {
        key: _typed(found[key][0], default, f"{where}: {key}")
        if found.get(key) and found[key][0] not in _NOTHING
        else default
        for key, default in _DEFAULTS.items()
    }
    _refuse_others(values, where=where)
    _check_legacy(found, where=where)
    try:
        network = _network_config(values)
        if (num_layers := len(layer_plan(network))) > MAX_LAYERS:
            raise ValueError(f"{num_layers} layers, and at most {MAX_LAYERS} are built")
        paper_layers(network)
    except ValueError as error:
        raise InputError(f"{where} describes no network ({error})") from error
    return ImportedConfig(
        network=network,
        has_batch_norm=bool(values["batch_norm"]),
        notices=tuple(_notices(found, values, where=where)),
    )


def _lines(content: bytes, *, where: str) -> dict[str, list[str]]:
    """Return the words given for each key, several where a list follows."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{where} is no text (byte {error.start}): give the config of the weights"
        ) from error
    found: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        plain = re.sub(r"(^|\s)#.*", "", line)
        if match := _LINE.match(plain):
            key = _word(match["key"])
            words = (match["value"] or "").strip()
            is_list = words.startswith("[") and words.endswith("]")
            parts = words[1:-1].split(",") if is_list else [words]
            found[key] = [word for word in map(_word, parts) if word]
        elif key and (match := _ITEM.match(plain)):
            found[key].append(_word(match["value"]))
    return found


def _word(text: str) -> str:
    """Return a scalar without its tag and quotes."""
    word = _TAG.sub("", text.strip(), count=1) if text.strip()[:1] == "!" else text
    return word.strip().strip("'\"")


def _typed(word: str, default: Value, where: str) -> Value:
    """Return a word as a value of the type of its default."""
    if isinstance(default, str):
        return word
    if isinstance(default, bool):
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        raise FileFormatError(f"{where} must be true or false; received '{word}'")
    is_count = isinstance(default, int)
    try:
        value: int | float = int(word) if is_count else float(word)
    except ValueError:
        value = -1
    if not 0 <= value <= (MAX_COUNT if is_count else 1):
        what = (
            f"an integer from 0 to {MAX_COUNT}" if is_count else "a number from 0 to 1"
        )
        raise FileFormatError(f"{where} must be {what}; received '{word}'")
    return value


def _refuse_others(values: Mapping[str, Value], *, where: str) -> None:
    """Refuse networks of a kind that is not built here."""
    if values["architecture"] not in ("straight", "dilated"):
        raise InputError(
            f"{where}: architecture must be straight or dilated; received "
            f"'{values['architecture']}'"
        )
    for key in _FIXED:
        if values[key] != _DEFAULTS[key]:
            raise InputError(
                f"{where}: {key} is {_shown(values[key])}, and only networks with "
                f"{key} {_shown(_DEFAULTS[key])} can be imported"
            )
    if values["architecture"] == "dilated" and values["num_dilation_blocks"] == 0:
        raise InputError(f"{where}: num_dilation_blocks must be at least 1; received 0")


def _check_legacy(found: Mapping[str, list[str]], *, where: str) -> None:
    """Compare keys of old configs with the pitches that they were derived from."""
    wanted = {
        "num_pitches": [str(NUM_PITCHES)],
        "pitch_ranges": [str(MIN_PITCH), str(MIN_PITCH + NUM_PITCHES - 1)],
    }
    for key, words in wanted.items():
        given = found.get(key, [])
        if given and all(word.isdecimal() for word in given) and given != words:
            raise InputError(
                f"{where}: {key} is {' '.join(given)}, and only networks with {key} "
                f"{' '.join(words)} can be imported"
            )


def _network_config(values: Mapping[str, Value]) -> PaperNetworkConfig:
    is_dilated = values["architecture"] == "dilated"
    return PaperNetworkConfig(
        **({} if is_dilated else {"num_layers": int(values["num_layers"])}),
        num_filters=int(values["num_filters"]),
        num_dilation_blocks=int(values["num_dilation_blocks"]) if is_dilated else 0,
        crop_steps=int(values["crop_piece_len"]),
        dilate_time_only=bool(values["dilate_time_only"]),
        repeat_last_dilation_level=bool(values["repeat_last_dilation_level"]),
        use_separable=bool(values["use_sep_conv"]),
        num_regular_layers=int(values["num_initial_regular_conv_layers"]),
        num_pointwise_splits=int(values["num_pointwise_splits"]),
        split_interleave=int(values["interleave_split_every_n_layers"]),
        mask_is_context=bool(values["mask_indicates_context"]),
        batch_norm_epsilon=float(values["batch_norm_variance_epsilon"]),
    )


def _notices(
    found: Mapping[str, list[str]], values: Mapping[str, Value], *, where: str
) -> list[Notice]:
    notices = []
    unknown = sorted(found.keys() - _DEFAULTS.keys() - _TRAINING_KEYS - _LEGACY_KEYS)
    if unknown:
        notices.append(
            Notice(
                code="unknown-config-keys",
                message=f"{where}: the keys {', '.join(unknown)} are not known and "
                "were passed over",
            )
        )
    if "mask_indicates_context" not in found:
        notices.append(
            Notice(
                code="mask-meaning-assumed",
                message=f"{where} does not say mask_indicates_context: false is "
                "assumed, as Magenta does",
            )
        )
    if values["quantization_level"] != _DEFAULTS["quantization_level"]:
        notices.append(
            Notice(
                code="other-raster",
                message=f"{where}: the network was trained on steps of "
                f"{values['quantization_level']}, not on sixteenths (0.125): what it "
                "writes will move at another pace",
            )
        )
    return notices


def _shown(value: Value) -> str:
    return str(value).lower()
