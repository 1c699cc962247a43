from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.coconet.config import BROWSER, PAPER, PaperNetworkConfig
from musegen.coconet.importing_config import ImportedConfig, read_magenta_config
from musegen.data.errors import FileFormatError, InputError

PARITY = Path(__file__).parents[2] / "../shared/parity/coconet"
RELEASED = """\
architecture: straight
batch_norm: true
batch_norm_variance_epsilon: 1.0e-07
crop_piece_len: 64
mask_indicates_context: true
num_filters: 128
num_layers: 64
quantization_level: 0.125
"""


def read(text: str) -> ImportedConfig:
    return read_magenta_config(text.encode(), where="config")


def test_the_released_config_is_our_paper_network() -> None:
    found = read(RELEASED)
    assert found.network == PAPER
    assert found.has_batch_norm
    assert found.notices == ()


def test_the_browser_network_can_be_said() -> None:
    text = """\
architecture: dilated
crop_piece_len: 32
interleave_split_every_n_layers: 16
mask_indicates_context: true
num_dilation_blocks: 5
num_filters: 128
num_initial_regular_conv_layers: 0
num_pointwise_splits: 4
use_sep_conv: true
"""
    assert read(text).network == BROWSER


def test_missing_keys_take_the_defaults_of_the_class() -> None:
    found = read("num_layers: 10\n")
    assert found.network == PaperNetworkConfig(
        num_layers=10, num_filters=256, mask_is_context=False
    )
    (notice,) = found.notices
    assert notice.code == "mask-meaning-assumed"


def test_a_straight_network_has_no_dilation_blocks_whatever_the_config_says() -> None:
    assert read(RELEASED + "num_dilation_blocks: 3\n").network == PAPER


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("num_layers: 12", "num_layers", 12),
        ("num_filters: 7", "num_filters", 7),
        ("crop_piece_len: 128", "crop_steps", 128),
        ("dilate_time_only: yes", "dilate_time_only", True),
        ("repeat_last_dilation_level: True", "repeat_last_dilation_level", True),
        ("use_sep_conv: on", "use_separable", True),
        ("num_initial_regular_conv_layers: 5", "num_regular_layers", 5),
        ("num_pointwise_splits: 2", "num_pointwise_splits", 2),
        ("interleave_split_every_n_layers: 9", "split_interleave", 9),
        ("mask_indicates_context: false", "mask_is_context", False),
        ("batch_norm_variance_epsilon: 0.001", "batch_norm_epsilon", 1e-3),
    ],
)
def test_every_key_acts(line: str, field: str, value: object) -> None:
    network = read(RELEASED + line + "\n").network
    assert getattr(network, field) == value
    assert getattr(PAPER, field) != value


def test_dilation_blocks_act_in_a_dilated_network() -> None:
    text = "architecture: dilated\nnum_dilation_blocks: 2\n"
    assert read(text).network.num_dilation_blocks == 2


def test_batch_norm_may_be_absent() -> None:
    assert not read(
        RELEASED.replace("batch_norm: true", "batch_norm: false")
    ).has_batch_norm


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object:lib_hparams.Hyperparameters\n" + RELEASED,
        "---\n# a remark\n" + RELEASED.replace("64\n", "64  # sixty-four\n"),
        RELEASED.replace("architecture:", "!!python/unicode 'architecture':").replace(
            "straight", "!!python/unicode 'straight'"
        ),
        RELEASED.replace("\n", "\r\n"),
        "dictitems:\n" + "".join(f"  {line}\n" for line in RELEASED.splitlines()),
        '"num_layers": "64"\n' + RELEASED.replace("num_layers: 64\n", ""),
        RELEASED + "run_dir: null\nrun_id: ''\nmaskout_method: orderless\n",
        RELEASED + "num_pitches: 46\npitch_ranges: [36, 81]\n",
        RELEASED + "pitch_ranges:\n- 36\n- 81\nnum_epochs: 0\n",
        RELEASED + "num_pointwise_splits: null\nuse_residual: ~\n",
    ],
    ids=[
        "tag",
        "remarks",
        "unicode",
        "crlf",
        "nested",
        "quotes",
        "bookkeeping",
        "legacy",
        "list",
        "null",
    ],
)
def test_the_same_config_in_other_words(text: str) -> None:
    found = read(text)
    assert found.network == PAPER
    assert {notice.code for notice in found.notices} <= {"unknown-config-keys"}
    assert bool(found.notices) == text.startswith("dictitems")


def test_unknown_keys_are_told() -> None:
    (notice,) = read(RELEASED + "colour: red\nshape: round\n").notices
    assert notice.code == "unknown-config-keys"
    assert "colour, shape" in notice.message


def test_another_raster_is_told() -> None:
    (notice,) = read(RELEASED.replace("0.125", "0.25")).notices
    assert notice.code == "other-raster"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("architecture: rnn", "architecture must be straight or dilated"),
        ("min_pitch: 30", "min_pitch is 30, and only networks with min_pitch 36"),
        ("max_pitch: 96", "max_pitch is 96"),
        ("num_instruments: 3", "num_instruments is 3"),
        ("separate_instruments: false", "separate_instruments is false"),
        ("sep_conv_depth_multiplier: 2", "sep_conv_depth_multiplier is 2"),
        ("use_residual: false", "use_residual is false"),
        ("num_pitches: 54", "num_pitches is 54"),
        ("pitch_ranges: [30, 81]", "pitch_ranges is 30 81"),
        ("num_layers: 3", "num_layers must be at least 4"),
        ("num_filters: 0", "num_filters must be at least 1"),
        ("architecture: dilated\nnum_dilation_blocks: 0", "at least 1; received 0"),
        (
            "architecture: dilated\nuse_sep_conv: true\nnum_pointwise_splits: 3",
            "multiple of num_pointwise_splits; received 128 and 3",
        ),
        ("num_layers: 1001", "1001 layers, and at most 1000 are built"),
        (
            "architecture: dilated\nuse_sep_conv: true\nnum_dilation_blocks: 9999",
            "59997 layers, and at most 1000 are built",
        ),
    ],
)
def test_a_network_that_is_not_built_here_is_refused(line: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as raised:
        read(RELEASED + line + "\n")
    assert "config" in str(raised.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("num_layers: many", "config: num_layers must be an integer .* 'many'"),
        ("num_layers: 64.5", "must be an integer .* '64.5'"),
        ("num_filters: -1", "must be an integer from 0"),
        ("num_filters: 99999999999", "must be an integer from 0 to 10000"),
        ("batch_norm_variance_epsilon: nan", "must be a number from 0 to 1"),
        ("use_sep_conv: 3", "use_sep_conv must be true or false; received '3'"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(line: str, words: str) -> None:
    with pytest.raises(FileFormatError, match=words):
        read(RELEASED + line + "\n")


@pytest.mark.parametrize("content", [b"", b"hello: world\n", b"\xff\xfe\x00\x01"])
def test_what_is_no_config_is_one_sentence(content: bytes) -> None:
    with pytest.raises(FileFormatError, match=r"config .*: give the"):
        read_magenta_config(content, where="config")


@settings(max_examples=30)
@given(st.text(max_size=40), st.integers(0, 8))
def test_any_text_is_a_config_or_one_sentence(text: str, place: int) -> None:
    lines = RELEASED.splitlines()
    lines.insert(place, text)
    try:
        assert isinstance(read("\n".join(lines)), ImportedConfig)
    except InputError as error:
        assert str(error)


@pytest.mark.parametrize("name", ["straight_8x16", "dilated_8", "dilated_separable_8"])
def test_recorded_configs_are_read_as_a_yaml_package_reads_them(name: str) -> None:
    if not PARITY.exists():
        pytest.skip("the recorded checkpoints are not beside the repository")
    yaml = pytest.importorskip("yaml", reason="a second opinion")
    content = (PARITY / name / "config").read_bytes()
    values = yaml.safe_load(content)
    found = read_magenta_config(content, where=name)
    assert found.notices == ()
    network = found.network
    assert network.num_filters == values["num_filters"]
    assert network.crop_steps == values["crop_piece_len"]
    assert network.use_separable == values["use_sep_conv"]
    assert network.mask_is_context == values["mask_indicates_context"]
    assert network.batch_norm_epsilon == values["batch_norm_variance_epsilon"]
    is_dilated = values["architecture"] == "dilated"
    assert network.num_dilation_blocks == is_dilated * values["num_dilation_blocks"]
    if not is_dilated:
        assert network.num_layers == values["num_layers"]
