"""Where both towers are one CLIP's or SigLIP's, the heads begin as its projections: aligned."""

from __future__ import annotations

from cmpagl.config.model import ModelConfig
from cmpagl.config.run import TrainConfig
from cmpagl.errors import ConfigError
from cmpagl.model.pretrained_text import Projection, projections_of
from cmpagl.model.towers import CMPAGL

__all__ = ["aligned_projections", "start_aligned"]

Projections = tuple[Projection, Projection]


def aligned_projections(model: ModelConfig, config: TrainConfig) -> Projections | None:
    """What the towers' one source projects with; None where they have no such source.

    Args:
        model: the model that is trained.
        config: where its towers come from.

    Raises:
        ConfigError: the joint space is of another width than the source's.
    """
    sources = {source.removeprefix("hf:") for source in (config.vision_init, config.text_init)}
    if len(sources) > 1 or model.vision.projected is None or model.text.projected is None:
        return None
    projections = projections_of(config.text_init)
    if projections is None:
        return None
    width = len(projections[0][0])
    if width != model.embed_dim:
        raise ConfigError(
            f"{config.text_init} brings pictures and texts together in {width} numbers, but "
            f"embed_dim is {model.embed_dim}; set embed_dim to {width}."
        )
    return projections


def start_aligned(model: CMPAGL, image: Projection, text: Projection) -> None:
    """Give the heads what the towers' source projects with, see `aligned_projections`.

    Until it is trained, the model then embeds one view of a picture, and a text, as its source
    does, but for what windows change.

    Args:
        model: the towers as they came, the heads' statistics set.
        image: of pictures.
        text: of texts.
    """
    for tower, own, projection in (
        (model.image, model.config.vision, image),
        (model.text, model.config.text, text),
    ):
        assert own.projected is not None
        tower.head.start_as(*projection, own.projected)
