"""How quickly one view of a picture is embedded: by PyTorch's precisions and by other runtimes.

    pip install onnx onnxscript onnxruntime openvino
    python -m benchmarks.runtimes [--only NAME ...] [--json FILE]

One core, a batch of 16 pictures of the embedded gallery, upright. Counted are seconds of a core and
not of the clock, so that other work on the machine takes little part; the least of some rounds.
Beside them stands the smallest cosine of the embeddings to those of float32. What is not installed
is passed over.
"""

from __future__ import annotations

import argparse
import copy
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.files import write_json
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.precision import in_precision

BATCH = 16
GALLERY = Path(__file__).resolve().parents[1] / "assets" / "gallery"
Run = Callable[[], Tensor]


class Pooled(nn.Module):
    """Pixels to what the head reads."""

    def __init__(self, vision: nn.Module) -> None:
        super().__init__()
        self.vision = vision

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, P)."""
        pooled: Tensor = self.vision(pixels).pooled
        return pooled


def torch_runs(tower: Pooled, pixels: Tensor) -> dict[str, Callable[[], Run]]:
    """PyTorch alone."""
    device = pixels.device

    def eager(name: str) -> Run:
        def run() -> Tensor:
            with in_precision(name, device):
                return tower(pixels).float()

        return run

    def half() -> Run:
        whole, low = copy.deepcopy(tower).bfloat16(), pixels.bfloat16()
        return lambda: whole(low).float()

    def compiled(name: str) -> Run:
        made = torch.compile(tower)

        def run() -> Tensor:
            with in_precision(name, device):
                return made(pixels).float()

        return run

    return {
        "PyTorch float32": lambda: eager("float32"),
        "PyTorch bfloat16 (autocast)": lambda: eager("bfloat16"),
        "PyTorch bfloat16 (weights, norms and softmax too)": half,
        "torch.compile float32": lambda: compiled("float32"),
        "torch.compile bfloat16": lambda: compiled("bfloat16"),
    }


def other_runs(tower: Pooled, pixels: Tensor, folder: Path) -> dict[str, Callable[[], Run]]:
    """ONNX Runtime and OpenVINO, from one export."""
    path, small = folder / "tower.onnx", folder / "tower-int8.onnx"
    given = pixels.numpy()

    def exported() -> Path:
        if not path.exists():
            torch.onnx.export(tower, (pixels,), str(path), dynamo=True, external_data=False)
        return path

    def onnx(file: Path) -> Run:
        import onnxruntime  # type: ignore[import-not-found,unused-ignore]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(file), options)
        name = session.get_inputs()[0].name
        return lambda: torch.from_numpy(session.run(None, {name: given})[0])

    def quantised() -> Run:
        from onnxruntime.quantization import (  # type: ignore[import-not-found,unused-ignore]
            quantize_dynamic,
        )

        quantize_dynamic(str(exported()), str(small), op_types_to_quantize=["MatMul", "Gemm"])
        return onnx(small)

    def openvino(precision: str) -> Run:
        import openvino  # type: ignore[import-not-found,unused-ignore]

        options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": precision}
        made = openvino.Core().compile_model(str(exported()), "CPU", options)
        return lambda: torch.from_numpy(made(given)[0])

    return {
        "ONNX Runtime float32": lambda: onnx(exported()),
        "ONNX Runtime int8 (dynamic)": quantised,
        "OpenVINO float32": lambda: openvino("f32"),
        "OpenVINO bfloat16": lambda: openvino("bf16"),
    }


def core_seconds(run: Run, rounds: int) -> float:
    """The least of some rounds, after one that is not counted."""
    run()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Measure each, print it, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--only", nargs="*", help="parts of names")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tower = open_checkpoint(args.checkpoint).image_tower().eval()
    preprocessing = tower.vision.config.preprocessing
    records = load_dataset(GALLERY).records[:: 480 // BATCH][:BATCH]
    squares = np.stack([load_pixels(r.picture, preprocessing.size) for r in records])
    pixels, pooled = to_pixel_values(squares, preprocessing), Pooled(tower.vision).eval()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name, torch.inference_mode():
        wanted = normalize(tower.head(pooled(pixels)), dim=-1)
        runs = torch_runs(pooled, pixels) | other_runs(pooled, pixels, Path(name))
        for title, make in runs.items():
            if args.only and not any(part in title for part in args.only):
                continue
            try:
                run = make()
                seconds = core_seconds(run, args.rounds)
            except ImportError as error:
                print(f"{title}: {error.name} is not installed", flush=True)
                continue
            found = normalize(tower.head(run().float()), dim=-1)
            row = {
                "runtime": title,
                "views_a_core_second": BATCH / seconds,
                "least_cosine": float((found * wanted).sum(dim=-1).min()),
            }
            rows.append(row)
            print(json.dumps(row), flush=True)
    if args.json:
        write_json(args.json, {"rows": rows, "batch": BATCH})


if __name__ == "__main__":
    main()
