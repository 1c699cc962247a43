"""What `musegen doctor` looks at: packages, models, folders, machine.

Each check returns what it found and, where something is missing, the line that helps.
It imports neither TensorFlow nor anything else of the extras; their presence is read
from the installed packages' metadata.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from musegen import __version__
from musegen.cli._errors import describe

ESSENTIAL_PACKAGES = ("numpy", "onnxruntime", "soundfile", "soxr")
"""Compiled packages: imported, because a broken build shows only then."""

PURE_PACKAGES = ("click", "platformdirs", "pretty_midi", "rich", "swift-f0")
PROVIDED_TOO = {"onnxruntime": ("onnxruntime-gpu",)}  # the same module, other names
GPU_PROVIDERS = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
)
BYTES_PER_GIBIBYTE = 1 << 30
MIN_MEMORY_BYTES = 1 * BYTES_PER_GIBIBYTE  # harmonising a long melody peaks below 0.7
REINSTALL = "pip install --force-reinstall --no-deps musegen"


class Status(Enum):
    """How a check ended; only `FAILED` makes the doctor fail."""

    OK = "ok"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Args:
        group: Heading: `packages`, `extras`, `models`, `machine`.
        name: What was looked at.
        status: How it ended.
        detail: What was found.
        remedy: What to do, empty where nothing needs to be done.
    """

    group: str
    name: str
    status: Status
    detail: str
    remedy: str = ""


def examine() -> Iterator[Check]:
    """Yield every check, in the order in which they are shown."""
    yield _python()
    yield Check(group="packages", name="musegen", status=Status.OK, detail=__version__)
    yield from map(_compiled_package, ESSENTIAL_PACKAGES)
    yield from map(_pure_package, PURE_PACKAGES)
    yield from _extras()
    yield from _models()
    yield _gpu()
    yield _folder("cache", cache_folder())
    yield _folder("working folder", Path.cwd())
    yield _cores()
    yield _memory()


def installed_version(package: str) -> str | None:
    """Return the version of a package without importing it, None where it is absent."""
    for name in (package, *PROVIDED_TOO.get(package, ())):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def packages_of_extras() -> dict[str, tuple[str, ...]]:
    """Return the packages that each extra of musegen brings, from its metadata."""
    extras: dict[str, list[str]] = {}
    for requirement in importlib.metadata.requires("musegen") or ():
        specification, _, marker = requirement.partition(";")
        extra = re.search(r"""extra\s*==\s*["']([^"']+)["']""", marker)
        if extra is None or re.search(r"python_version\s*>=", marker):
            continue  # of the core, or a package that only some versions of Python need
        name = re.match(r"[A-Za-z0-9._-]+", specification.strip())
        if name is not None and name.group() != "musegen":
            extras.setdefault(extra.group(1), []).append(name.group())
    return {extra: tuple(sorted(names)) for extra, names in extras.items()}


def cache_folder() -> Path:
    """Return the folder for what is fetched: `MUSEGEN_HOME` or the system's choice."""
    home = os.environ.get("MUSEGEN_HOME")
    if home:
        return Path(home)
    import platformdirs

    return platformdirs.user_cache_path("musegen")


def memory_bytes() -> int | None:
    """Return the machine's memory in bytes, None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


def _python() -> Check:
    is_supported = sys.version_info >= (3, 11)
    return Check(
        group="packages",
        name="python",
        status=Status.OK if is_supported else Status.FAILED,
        detail=f"{platform.python_version()} on {platform.system()} "
        f"{platform.machine()}",
        remedy="" if is_supported else "install Python 3.11 or newer",
    )


def _compiled_package(package: str) -> Check:
    """Import a package that musegen cannot do without."""
    version = installed_version(package)
    remedy = f"pip install --force-reinstall {package}"
    try:
        importlib.import_module(package)
    except Exception as error:  # a broken build may raise anything
        detail = f"cannot be imported ({' '.join(str(error).split())})"
        return Check(
            group="packages",
            name=package,
            status=Status.FAILED,
            detail=detail if version else "not installed",
            remedy=remedy,
        )
    return Check(
        group="packages", name=package, status=Status.OK, detail=version or "unknown"
    )


def _pure_package(package: str) -> Check:
    version = installed_version(package)
    return Check(
        group="packages",
        name=package,
        status=Status.OK if version else Status.FAILED,
        detail=version or "not installed",
        remedy="" if version else f"pip install {package}",
    )


def _extras() -> Iterator[Check]:
    for extra, packages in packages_of_extras().items():
        if extra == "dev":
            continue
        versions = {package: installed_version(package) for package in packages}
        missing = [package for package, version in versions.items() if version is None]
        present = [f"{p} {v}" for p, v in versions.items() if v is not None]
        parts = [", ".join(present), f"not installed: {', '.join(missing)}"]
        yield Check(
            group="extras",
            name=extra,
            status=Status.ABSENT if missing else Status.OK,
            detail="; ".join(part for part in parts[: 2 if missing else 1] if part),
            remedy=f'pip install "musegen[{extra}]"' if missing else "",
        )


def _gpu() -> Check:
    """Say which providers ONNX Runtime has; a CPU is enough."""
    try:
        import onnxruntime
    except Exception:  # told by the check of the package
        return Check(
            group="machine", name="gpu", status=Status.ABSENT, detail="unknown"
        )
    providers: list[str] = onnxruntime.get_available_providers()
    has_gpu = any(provider in GPU_PROVIDERS for provider in providers)
    return Check(
        group="machine",
        name="gpu",
        status=Status.OK if has_gpu else Status.ABSENT,
        detail=f"providers: {', '.join(providers)}",
        remedy="" if has_gpu else 'for an NVIDIA GPU: pip install "musegen[gpu]"',
    )


def _models() -> Iterator[Check]:
    """Load the folder of every shipped model, which checks its files' digests."""
    try:
        from musegen.engine.models import find_model, list_models

        shipped = [model for model in list_models() if model.is_shipped]
    except Exception as error:  # told as any other fault
        yield _broken_model("shipped models", error)
        return
    if not shipped:
        yield Check(
            group="models",
            name="shipped models",
            status=Status.FAILED,
            detail="none is installed",
            remedy=REINSTALL,
        )
    for model in shipped:
        try:
            find_model(model.name)
        except Exception as error:
            yield _broken_model(model.name, error)
        else:
            detail = f"{model.version}, digests right"
            yield Check(
                group="models", name=model.name, status=Status.OK, detail=detail
            )


def _broken_model(name: str, error: Exception) -> Check:
    return Check(
        group="models",
        name=name,
        status=Status.FAILED,
        detail=describe(error).message,
        remedy=REINSTALL,
    )


def _folder(name: str, folder: Path) -> Check:
    """Try to write where musegen writes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"musegen")
    except OSError as error:
        return Check(
            group="machine",
            name=name,
            status=Status.FAILED,
            detail=describe(error).message,
            remedy="set MUSEGEN_HOME to a folder that can be written to"
            if name == "cache"
            else "change to a folder that can be written to, or use -d",
        )
    return Check(group="machine", name=name, status=Status.OK, detail=str(folder))


def _cores() -> Check:
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count()
    return Check(
        group="machine", name="cores", status=Status.OK, detail=str(cores or "unknown")
    )


def _memory() -> Check:
    memory = memory_bytes()
    if memory is None:
        return Check(group="machine", name="memory", status=Status.OK, detail="unknown")
    is_small = memory < MIN_MEMORY_BYTES
    return Check(
        group="machine",
        name="memory",
        status=Status.FAILED if is_small else Status.OK,
        detail=f"{memory / BYTES_PER_GIBIBYTE:.1f} GiB",
        remedy="harmonising needs about 0.7 GiB: use a larger machine"
        if is_small
        else "",
    )
