"""The exp-sigmoid against recorded values."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.dsp.nonlinearity import exp_sigmoid

TABLE = {
    -20: 1.000e-7,
    -10: 1.0020e-7,
    -5: 1.97931e-5,
    -2: 0.0149315,
    -1: 0.0972229,
    0: 0.405399,
    1: 0.972229,
    2: 1.493145,
    5: 1.969313,
    10: 1.999791,
}


@pytest.mark.parametrize("logit", list(TABLE))
def test_values_of_the_original(logit: int) -> None:
    assert float(exp_sigmoid(logit)) == pytest.approx(TABLE[logit], rel=1e-5)


def test_no_logit_is_too_large() -> None:
    values = exp_sigmoid([-np.inf, -1e30, 1e30, np.inf])
    np.testing.assert_allclose(values, [1e-7, 1e-7, 2.0, 2.0], rtol=1e-6)


def test_shape_is_kept_in_float32() -> None:
    values = exp_sigmoid(np.zeros((2, 3)))
    assert values.shape == (2, 3)
    assert values.dtype == np.float32
