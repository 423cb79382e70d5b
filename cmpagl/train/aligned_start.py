"""Where both towers are one CLIP's or SigLIP's, the heads begin as its projections: aligned."""

from __future__ import annotations

from cmpagl.config.run import TrainConfig
from cmpagl.errors import ConfigError
from cmpagl.model.pretrained_text import projections_of
from cmpagl.model.towers import CMPAGL

__all__ = ["start_aligned"]


def start_aligned(model: CMPAGL, config: TrainConfig) -> bool:
    """Give the heads what the towers' source projects with; False where they have no such source.

    Until it is trained, the model then embeds one view of a picture, and a text, as its source
    does, but for what windows change.

    Args:
        model: the towers as they came, the heads' statistics set.
        config: where the towers came from.

    Raises:
        ConfigError: the joint space is of another width than the source's.
    """
    sources = {source.removeprefix("hf:") for source in (config.vision_init, config.text_init)}
    columns = model.config.vision.projected, model.config.text.projected
    if len(sources) > 1 or columns[0] is None or columns[1] is None:
        return False
    projections = projections_of(config.text_init)
    if projections is None:
        return False
    (image, image_bias), (text, text_bias) = projections
    width = len(image)
    if width != model.config.embed_dim:
        raise ConfigError(
            f"{config.text_init} brings pictures and texts together in {width} numbers, but "
            f"embed_dim is {model.config.embed_dim}; set embed_dim to {width}."
        )
    model.image.head.start_as(image, image_bias, columns[0])
    model.text.head.start_as(text, text_bias, columns[1])
    return True
