"""Medians are those of NumPy, without what NumPy imports for them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from musegen.midi_ddsp.medians import medians


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (8,), (7, 5), (3, 4)])
def test_they_are_those_of_numpy(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(len(shape)).normal(size=shape)
    np.testing.assert_array_equal(medians(values), np.median(values, axis=-1))


def test_they_import_no_masked_arrays() -> None:
    script = (
        "import sys\n"
        "import numpy as np\n"
        "from musegen.midi_ddsp.medians import medians\n"
        "medians(np.arange(4.0))\n"
        "sys.exit('numpy.ma' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
