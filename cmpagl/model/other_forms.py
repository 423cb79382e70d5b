"""What a folder or file holds that is no model to be opened here, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = ["PICKLES", "file_clause", "folder_clause", "weights_clause"]

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_RUNTIMES = {
    ".onnx": "ONNX",
    ".gguf": "GGUF",
    ".h5": "TensorFlow",
    ".msgpack": "Flax",
    ".tflite": "TFLite",
    ".xml": "OpenVINO",
    ".mlpackage": "Core ML",
}
"""Forms of weights that other programs run, by their endings."""
_SETTINGS = ("config.json", "open_clip_config.json")


def folder_clause(folder: Path) -> str:
    """What a folder without settings holds instead, as a clause; empty where it tells nothing."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return ""
    if "adapter_config.json" in names:
        return (
            ", but an adapter (LoRA) to another model: merge it into that one (`merge_and_unload` "
            "of peft) and save the whole with `save_pretrained`"
        )
    inner = [n for n in names if any((folder / n / one).is_file() for one in _SETTINGS)]
    if len(inner) == 1:
        return f", but a model in {inner[0]}: give {folder / inner[0]}"
    return weights_clause(names)


def weights_clause(names: Sequence[str]) -> str:
    """Which weights lie there in another form, as a clause; empty where there are none."""
    for name in names:
        ending = Path(name).suffix.lower()
        if ending in PICKLES:
            return (
                f", but {name}: of a CLIP in open_clip's form, `python -m cmpagl convert {name} "
                "OUT` makes a folder that opens"
            )
        if ending in _RUNTIMES:
            return (
                f", but {name}, which is {_RUNTIMES[ending]} and not read: take the model as "
                "safetensors"
            )
        if ending == ".safetensors":
            return f", but {name}: weights need their settings beside them"
    return ""


def file_clause(file: Path) -> str:
    """What to do about a file that was given for a model's folder."""
    if file.suffix.lower() in PICKLES:
        return f"make one of it with `python -m cmpagl convert {file.name} OUT`"
    if file.suffix.lower() in _RUNTIMES:
        kind = _RUNTIMES[file.suffix.lower()]
        return f"{kind} is not read, so take the model as safetensors with its settings"
    return f"give {file.parent}, where its settings lie"
