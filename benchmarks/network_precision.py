"""The shipped network in 8 bits and in bfloat16, beside itself: milliseconds and nats.

    python benchmarks/network_precision.py --data Jsb16thSeparated.npz

Products of matrices are nearly all the network does. They are taken as they are
(float32, from weights stored as float16), of 8-bit numbers (the model's other file, see
`musegen.engine.eight_bits`), and in bfloat16. Speed is of one pass, all variants in
turn; the loss is over the first windows of the validation pieces: alto, tenor and bass
hidden at once, and half of all cells hidden at random, the same for each variant.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from network_speed import show, time_in_turn
from onnx import TensorProto, helper

from musegen.coconet.config import MIN_PITCH, NUM_VOICES
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import (
    KIND,
    Network,
    log_probabilities,
    predictor_network,
)
from musegen.data.corpora.chorales import load_chorales
from musegen.data.corpora.jsb_arrays import load_jsb_arrays
from musegen.data.errors import ModelFolderError
from musegen.engine.eight_bits import with_plain_products
from musegen.engine.models import find_model
from musegen.engine.onnx_predictor import OnnxPredictor

DEFAULT_MODEL = "coconet_jsb_base"
WINDOW_STEPS = 128


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--data", type=Path, help="Jsb16thSeparated.npz")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--pieces", type=int, help="of the validation, at most")
    parser.add_argument("--repeats", type=int, default=15, help="passes timed")
    parser.add_argument("--threads", type=int, help="of a pass (default: all)")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args(arguments)

    folder = find_model(options.model, kind=KIND)
    file = folder.config.networks["network"]
    content = folder.read(file.file)
    files = {"float32": content, "bfloat16": brain_floats(content)}
    if file.eight_bits is not None:
        files["int8"] = folder.read(file.eight_bits)
    networks: dict[str, Network] = {}
    report: dict[str, object] = {"onnxruntime": onnxruntime.__version__}
    for name, network in files.items():
        try:
            predictor = OnnxPredictor(
                network, device="cpu", num_threads=options.threads, where=name
            )
        except ModelFolderError as error:  # what the runtime lacks is a result
            report[f"{name} refused"] = str(error)
            print(error)
            continue
        networks[name] = predictor_network(predictor)
        print(f"{name}: {len(network) / 1e6:.1f} MB")
    report["losses"] = losses(networks, windows(options.data, options.pieces))
    report["passes"] = [
        row
        for batch in options.batches
        for row in show(
            time_in_turn(
                networks,
                num_steps=WINDOW_STEPS,
                batch=batch,
                repeats=options.repeats,
                seconds=60.0,
            ),
            steps=WINDOW_STEPS,
            batch=batch,
        )
    ]
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


def brain_floats(content: bytes) -> bytes:
    """Return a network with products of bfloat16 numbers."""
    model = with_plain_products(content)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type != "MatMul":
            nodes.append(node)
            continue
        (output,) = node.output
        factors = [f"{output}_factor_{index}" for index in range(2)]
        nodes += [
            helper.make_node("Cast", [source], [factor], to=TensorProto.BFLOAT16)
            for source, factor in zip(node.input, factors, strict=True)
        ]
        product = f"{output}_brain"
        nodes.append(helper.make_node("MatMul", factors, [product]))
        nodes.append(
            helper.make_node("Cast", [product], [output], to=TensorProto.FLOAT)
        )
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return bytes(model.SerializeToString())


def windows(path: Path | None, num_pieces: int | None) -> np.ndarray:
    """Return the first window of each validation piece, (pieces, time, voice)."""
    if path is None:
        grids = [chorale.pitch for chorale in load_chorales("valid")]
    else:
        grids = list(load_jsb_arrays(path)["valid"])
    long = [grid[:WINDOW_STEPS] for grid in grids if len(grid) >= WINDOW_STEPS]
    return np.stack(long[:num_pieces]).astype(np.int16)


def losses(
    networks: Mapping[str, Network], grids: np.ndarray
) -> dict[str, dict[str, float]]:
    """Print and return nats a hidden cell, and how far probabilities are off.

    The latter is the total variation from the first network's, a mean over cells.
    """
    pitch = np.where(grids >= 0, grids - MIN_PITCH, -1).astype(np.int16)
    rng = np.random.default_rng(0)
    masks = {
        "lower voices": np.broadcast_to(np.arange(NUM_VOICES) > 0, pitch.shape),
        "half of all": rng.random(pitch.shape) < 0.5,
    }
    planes = Planes.unknown(WINDOW_STEPS)
    found: dict[str, dict[str, float]] = {name: {} for name in networks}
    for mask_name, is_hidden in masks.items():
        chosen = is_hidden & (pitch >= 0)
        first: np.ndarray | None = None
        for name, network in networks.items():
            logs = log_probabilities(network(pitch, is_hidden, planes).logits)
            law = np.exp(logs)
            first = law if first is None else first
            of_truth = np.take_along_axis(logs, pitch[..., None].clip(0), axis=-1)
            nats = float(-of_truth[..., 0][chosen].mean())
            apart = float(np.abs(law - first).sum(axis=-1)[chosen].mean() / 2)
            found[name] |= {mask_name: nats, f"{mask_name}, apart": apart}
            print(
                f"{mask_name}, {name}: {nats:.4f} nats, probabilities {apart:.4f} off"
            )
    return found


if __name__ == "__main__":
    sys.exit(main())
