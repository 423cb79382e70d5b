"""A training run on a dozen tiny pictures: its materials, its settings and the command."""

import json
from dataclasses import asdict, replace

from tiny import tiny_bert, tiny_dataset, tiny_model_config

from cmpagl.__main__ import main
from cmpagl.config.run import TrainConfig


def tiny_materials(folder):
    """A tiny text tower in the hub's form, and a data set of twelve pictures."""
    tiny_bert(folder / "bert")
    tiny_dataset(folder / "data", 12)
    return folder


def write_config(folder, **changes):
    config = TrainConfig(
        vision_init="random",
        text_init=str(folder / "bert"),
        model=replace(
            tiny_model_config(head_dropout=0.1),
            vision=replace(tiny_model_config().vision, pooled_blocks=(1, 2)),
            text=replace(tiny_model_config().text, pooled_layers=(0, 1)),
        ),
        views=1,
        tuned_blocks=1,
        batch_size=8,
        bag_captions=2,
        head_epochs=2,
        align_epochs=2,
        fuse_epochs=2,
        checkpoint_seconds=1e-9,
    )
    content = asdict(config) | changes
    path = folder / f"config-{len(list(folder.glob('config-*')))}.json"
    path.write_text(json.dumps(content))
    return path


def train(materials, out, config, *flags):
    arguments = ["train", "--config", str(config), "--data", str(materials / "data")]
    return main([*arguments, "--out", str(out), "--threads", "1", "--device", "cpu", *flags])
