"""From the drawing board to a photograph: reduction, haze, tone, lens, sensor and file softness."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from cmpagl.scenes.painting.canvas import SIZE
from cmpagl.scenes.painting.noise import fractal

__all__ = ["photograph"]


def photograph(board: Image.Image, rng: np.random.Generator, sky: str) -> Image.Image:
    """The finished picture.

    Args:
        board: RGB at the drawing size.
        rng: decides exposure, cast, noise and softness.
        sky: "clear" or "hazy".

    Returns:
        RGB, `SIZE` pixels square.
    """
    picture = board.resize((SIZE, SIZE), Image.Resampling.BOX)
    blur = float(rng.uniform(0.0, 0.75))
    if blur > 0.25:
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    pixels = np.asarray(picture, dtype=np.float32) / np.float32(255.0)
    # uneven ground and air keep flat fills from looking flat
    air = fractal(rng, SIZE, 3.0, 2) - 0.5
    grain = fractal(rng, SIZE, 60.0, 2, 0.8) - 0.5
    dirt = fractal(rng, SIZE, 22.0, 3, 0.7) - 0.5
    pixels *= (1.0 + 0.08 * air + 0.13 * grain + 0.07 * dirt)[..., None]
    exposure, gamma = float(rng.uniform(0.94, 1.08)), float(rng.uniform(0.92, 1.25))
    pixels = np.clip(pixels * exposure, 0.0, 1.0) ** gamma
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = grey + (pixels - grey) * float(rng.uniform(0.80, 1.04))
    pixels = 0.42 + (pixels - 0.42) * float(rng.uniform(0.96, 1.24))
    pixels *= (1.0 + rng.normal(0.0, 0.015, 3)).astype(np.float32)
    veil = float(rng.uniform(0.30, 0.45)) if sky == "hazy" else float(rng.uniform(0.0, 0.10))
    thick = np.clip(veil * (1.0 + 0.5 * air), 0.0, 0.6)[..., None]
    haze = np.array((0.70, 0.72, 0.76), np.float32)
    pixels += thick * (haze - pixels)
    noise = rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32) * float(
        rng.uniform(0.004, 0.016)
    )
    noise = noise + rng.standard_normal((SIZE, SIZE, 3), dtype=np.float32) * np.float32(0.005)
    result = Image.fromarray((np.clip(pixels + noise, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8))
    if rng.random() < 0.7:
        stored = io.BytesIO()
        result.save(stored, "JPEG", quality=int(rng.integers(72, 94)))
        result = Image.open(stored).convert("RGB")
    return result
