"""Package definition: the folders at the top of the tree are the subpackages of `musegen`."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
FOLDERS = ("data", "engine", "coconet", "midi_ddsp", "sunmask", "render", "cli")
VERSION = re.search(
    r'^__version__ = "([^"]+)"$', (ROOT / "package/__init__.py").read_text(), re.MULTILINE
)
assert VERSION is not None

EXTRAS = {
    "train": [
        "tensorflow>=2.18",
        "keras>=3.10",
        "tensorboard>=2.18",
        "safetensors>=0.5",
        "onnx>=1.17",
        "tf2onnx>=1.17",
    ],
    "score": ["music21>=9.5", "verovio>=5", "cairosvg>=2.7"],
    "plot": ["matplotlib>=3.9"],
    "beam": ["apache-beam>=2.60", "pyarrow>=17"],
    "magenta": ["note-seq>=0.0.5"],
    "gpu": ["onnxruntime-gpu>=1.20", "tensorflow[and-cuda]>=2.18"],
}
DEV = [
    "deptry>=0.23",
    "hypothesis>=6.120",
    "import-linter>=2.1",
    "mypy>=1.14",
    "pre-commit>=4",
    "pyarrow>=17",
    "pytest>=8.3",
    "pytest-cov>=6",
    "pytest-timeout>=2.3",
    "pytest-xdist>=3.6",
    "ruff>=0.9",
]

setup(
    name="musegen",
    version=VERSION.group(1),
    description="Command-line toolkit for neural symbolic music",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=["musegen"]
    + [
        name
        for folder in FOLDERS
        for name in [
            f"musegen.{folder}",
            *(f"musegen.{folder}.{sub}" for sub in find_packages(str(ROOT / folder))),
        ]
    ],
    package_dir={
        "musegen": "package",
        **{f"musegen.{folder}": folder for folder in FOLDERS},
    },
    package_data={
        "musegen": ["py.typed"],
        "musegen.data": ["corpora/*.json"],
        "musegen.coconet": ["models/*/*"],
    },
    include_package_data=False,
    install_requires=[
        "click>=8.2",
        "mido>=1.3",
        "numpy>=1.26",
        "onnxruntime>=1.20",
        "platformdirs>=4",
        "pretty_midi>=0.2.10",
        "pydantic>=2.9",
        "rich>=13.9",
        "soundfile>=0.13",
        "soxr>=0.5",
        "symusic>=0.5.8",
    ],
    extras_require={
        **EXTRAS,
        "dev": sorted({*DEV, *EXTRAS["train"], *EXTRAS["plot"], "music21>=9.5"}),
    },
    entry_points={"console_scripts": ["musegen=musegen.cli.main:main"]},
)
