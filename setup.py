"""Maps the folders at the top of the tree to the subpackages of `musegen`.

What the package is and what it needs stands in pyproject.toml.
"""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
FOLDERS = ("data", "engine", "coconet", "midi_ddsp", "sunmask", "render", "cli")


def read_version() -> str:
    """The version that `package/__init__.py` states, read without importing it."""
    source = (ROOT / "package/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    if found is None:
        raise SystemExit('package/__init__.py has no line `__version__ = "..."`')
    return found.group(1)


def list_packages() -> list[str]:
    """`musegen`, its folders, and the packages inside them."""
    names = ["musegen"]
    for folder in FOLDERS:
        names.append(f"musegen.{folder}")
        names += [
            f"musegen.{folder}.{sub}" for sub in find_packages(str(ROOT / folder))
        ]
    return names


setup(
    version=read_version(),
    packages=list_packages(),
    package_dir={
        "musegen": "package",
        **{f"musegen.{folder}": folder for folder in FOLDERS},
    },
    package_data={
        "musegen": ["py.typed"],
        "musegen.data": ["corpora/*.json"],
        "musegen.coconet": ["models/*/*"],
        "musegen.midi_ddsp": ["models/*/*", "edits/*.json"],
        "musegen.sunmask": ["models/*/*"],
    },
    include_package_data=False,  # only what is named above goes into the wheel
)
