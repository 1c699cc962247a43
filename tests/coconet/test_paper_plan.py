"""The layers and sizes of the published networks, without building them."""

from __future__ import annotations

import dataclasses

import pytest

from musegen.coconet.config import BROWSER, PAPER, PaperNetworkConfig
from musegen.coconet.paper_plan import (
    count_parameters,
    layer_plan,
    paper_layers,
    weight_shapes,
)

CROP_32_BLOCK = [(1, 1), (2, 2), (4, 4), (8, 8), (16, 16), (16, 32)]


@pytest.mark.parametrize(
    ("config", "num_layers", "trainable", "total"),
    [
        (PAPER, 64, 9_087_752, 9_103_888),
        (
            PaperNetworkConfig(num_layers=28, num_filters=256),
            28,
            15_044_104,
            15_057_936,
        ),
        (PaperNetworkConfig(use_separable=True), 64, 1_250_700, 1_266_836),
        (PaperNetworkConfig(num_dilation_blocks=3), 21, 2_736_136, 2_741_264),
        (
            PaperNetworkConfig(num_dilation_blocks=5, crop_steps=32),
            33,
            4_508_680,
            4_516_880,
        ),
        (
            dataclasses.replace(BROWSER, num_pointwise_splits=1),
            33,
            557_396,
            565_596,
        ),
        (BROWSER, 33, 545_108, 553_308),
    ],
    ids=[
        "paper",
        "class_defaults",
        "separable",
        "dilated3",
        "dilated5",
        "unsplit",
        "browser",
    ],
)
def test_the_variants_have_their_published_sizes(
    config: PaperNetworkConfig,
    num_layers: int,
    trainable: int,
    total: int,
) -> None:
    """Source: the sizes of the original graphs, each instantiated once."""
    assert len(layer_plan(config)) == num_layers
    assert count_parameters(config) == (trainable, total)


def test_the_browser_network_is_the_published_one() -> None:
    layers = paper_layers(BROWSER)
    assert [layer.kernel for layer in layers] == [3] * 31 + [2] * 2
    inner = [layer.dilation for layer in layers[1:31]]
    assert inner == CROP_32_BLOCK * 5
    assert {layers[i].dilation for i in (0, 31, 32)} == {(1, 1)}
    assert all(layer.is_separable for layer in layers)
    assert {
        layer.index: layer.num_groups for layer in layers if layer.num_groups > 1
    } == {17: 4}
    shapes = weight_shapes(BROWSER)
    assert shapes["depthwise0/kernel"] == (3, 3, 8, 1)
    assert shapes["pointwise0/kernel"] == (1, 1, 8, 128)
    assert shapes["pointwise17/kernel"] == (1, 1, 32, 128)
    assert shapes["depthwise32/kernel"] == (2, 2, 128, 1)
    assert shapes["pointwise32/bias"] == (4,)
    assert BROWSER.batch_norm_epsilon == 1e-7
    assert BROWSER.mask_is_context


def test_the_released_network_has_plain_kernels() -> None:
    shapes = weight_shapes(PAPER)
    assert len(shapes) == 320
    assert shapes["conv0/kernel"] == (3, 3, 8, 128)
    assert shapes["conv61/kernel"] == (3, 3, 128, 128)
    assert shapes["conv63/kernel"] == (2, 2, 128, 4)
    assert shapes["norm63/moving_variance"] == (4,)


def test_residuals_go_from_odd_layers_to_the_next_but_not_to_the_last() -> None:
    for num_layers in (8, 9):
        layers = paper_layers(PaperNetworkConfig(num_layers=num_layers))
        stores = [layer.index for layer in layers if layer.stores_input]
        adds = [layer.index for layer in layers if layer.adds_stored]
        assert stores == [1, 3, 5, 7]
        assert adds == [2, 4, 6]
        assert [layer.is_last for layer in layers] == [False] * (num_layers - 1) + [
            True
        ]


def test_padding_keeps_the_size_and_is_lopsided_for_2x2() -> None:
    layers = paper_layers(BROWSER)
    assert layers[6].padding == ((16, 16), (32, 32))
    assert layers[31].padding == ((0, 1), (0, 1))


def test_regular_layers_come_before_separable_ones() -> None:
    layers = paper_layers(PaperNetworkConfig(use_separable=True, num_regular_layers=3))
    assert [layer.is_separable for layer in layers[:5]] == [False] * 3 + [True] * 2
    assert "conv2/kernel" in weight_shapes(
        PaperNetworkConfig(use_separable=True, num_regular_layers=3)
    )


def test_filters_that_cannot_be_split_are_refused() -> None:
    config = dataclasses.replace(BROWSER, num_filters=130)
    with pytest.raises(ValueError, match="multiple of num_pointwise_splits"):
        paper_layers(config)


def test_the_straight_network_has_3x3_layers_and_two_of_2x2() -> None:
    plan = layer_plan(PaperNetworkConfig())
    assert plan == [(3, (1, 1))] * 62 + [(2, (1, 1))] * 2


def test_the_dilated_network_repeats_its_levels() -> None:
    plan = layer_plan(PaperNetworkConfig(num_dilation_blocks=5, crop_steps=32))
    assert len(plan) == 33
    assert plan[0] == (3, (1, 1))
    assert plan[1:31] == [(3, dilation) for dilation in CROP_32_BLOCK] * 5
    assert plan[31:] == [(2, (1, 1))] * 2


@pytest.mark.parametrize(
    ("crop_steps", "last"), [(32, (16, 32)), (64, (32, 32)), (128, (64, 32))]
)
def test_dilation_in_time_ends_at_half_the_crop(
    crop_steps: int, last: tuple[int, int]
) -> None:
    config = PaperNetworkConfig(num_dilation_blocks=1, crop_steps=crop_steps)
    assert layer_plan(config)[-3] == (3, last)


def test_pitch_may_be_left_undilated_and_the_last_level_repeated() -> None:
    config = PaperNetworkConfig(
        num_dilation_blocks=1,
        crop_steps=32,
        dilate_time_only=True,
        repeat_last_dilation_level=True,
    )
    dilations = [dilation for _, dilation in layer_plan(config)[1:-2]]
    assert dilations == [(time, 1) for time in (1, 2, 4, 8, 16, 16, 16)]
